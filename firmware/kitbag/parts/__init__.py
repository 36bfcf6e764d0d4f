"""One small driver per physical part; the only modules that touch pins."""
