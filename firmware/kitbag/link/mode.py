"""Link mode: a start of the object for its radio alone. Nothing that warms, moves or scents is
loaded, every output stays as boot.py left it, and a reset ends it.
"""

import bluetooth


def run(board, uptime_ms):
    """One link window. Returns when it is over, or raises; main.py then resets.

    `uptime_ms` is how long the boot that this start goes on with had lasted.
    """
    radio = bluetooth.BLE()
    # Before anything large is loaded: the radio takes its memory from where the heap grows, and
    # a stack that finds none resets the chip
    radio.active(True)
    from . import window

    try:
        window.run(board, radio, uptime_ms)
    finally:
        radio.active(False)
