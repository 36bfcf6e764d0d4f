"""A look at the bladder: `watch` reads it, `figures` measure, `judge` decides, `words` tell."""
