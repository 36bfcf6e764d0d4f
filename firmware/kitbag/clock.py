"""Time on the object: the boot's id and milliseconds since it began. Nothing else.

Wall time is never kept here: a host stores anchors ("your uptime was this UTC") in the log and
works out the rest.
"""

import time

from micropython import const

_WRAP_MASK = const((1 << 30) - 1)  # ESP32's ticks_ms period


class Clock:
    """Uptime that goes on where ticks_ms wraps (every 12.4 days)."""

    def __init__(self, boot, uptime_ms=0):
        self.boot = boot
        self._last = time.ticks_ms()
        self._uptime_ms = uptime_ms

    def uptime_ms(self):
        """Milliseconds since the app started. Call it at least once in six days."""
        now = time.ticks_ms()
        self._uptime_ms += time.ticks_diff(now, self._last) & _WRAP_MASK
        self._last = now
        return self._uptime_ms
