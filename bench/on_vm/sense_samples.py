# Runs on CPython and on the MicroPython VM: what a sense is fed while its cost is counted.

COUNTED = 250
_ROOM_PA = 101_325.0
_HELD_PA = 1_500.0
_TOUCHED_AT = 50  # samples: enough to be at rest before
_SETTLED = 250  # a hold is told after 2 s


class Nobody:
    """Listens to a sense and does nothing about it."""

    def on_touch(self, now_ms):
        pass

    def on_hold(self, start_ms, noticed_ms, peak_pa, tautness_pa_per_k):
        pass

    def on_squeeze(self, count, now_ms):
        pass

    def on_gesture(self, gesture):
        pass


def samples(what):
    """[(ms, Pa, °C)] of "rest" or "held": the last COUNTED are what is to be counted."""
    every_ms = 40 if what == "held" else 100
    found = []
    for n in range(_SETTLED + COUNTED):
        # A few tenths of a pascal to and fro, as of the sensor's noise
        pressure_pa = _ROOM_PA + (n * 7 % 11 - 5) * 0.2
        if what == "held" and n >= _TOUCHED_AT:
            pressure_pa += _HELD_PA
        found.append((1_000 + n * every_ms, pressure_pa, 22.0))
    return found
