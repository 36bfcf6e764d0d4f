"""The simulated object: scenarios checked on the host, played on the real MicroPython VM."""
