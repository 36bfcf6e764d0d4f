"""The one simulated board of this process, for the modules that the firmware imports by name.

`run` fills it before the firmware starts.
"""

clock = None
world = None
flash = None
settings = None
pins = None
watchdog = None
life = None
air = None  # where there is one


def pad_w():
    """Pad power at full duty and nominal voltage: the scenario's [world] pad_w."""
    return world.settings["pad_w"] if world is not None else 3.0
