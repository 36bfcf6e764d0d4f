"""Sums over the last 24 hours of powered time, kept across resets.

Hours of powered time are counted in buckets; time switched off counts as none, so a budget can
never be refilled by pulling the plug.
"""

import struct

from micropython import const

from . import limits

_HOUR_MS = const(3_600_000)
_BUCKETS = limits.BUDGET_HOURS + 1  # and the hour that is filling: a little longer, never shorter


class Rolling:
    """A sum of whole numbers (dose in µCEM43-min, pulses, seconds) over 24 h of powered time."""

    def __init__(self, memory, key):
        self._memory = memory
        self._key = key
        self._buckets = [0] * _BUCKETS
        self._into_ms = 0
        self.total = 0
        data = memory.blob(key, 4 * (_BUCKETS + 1))
        if data is not None and len(data) == 4 * (_BUCKETS + 1):
            kept = struct.unpack("<%dI" % (_BUCKETS + 1), data)
            self._into_ms = kept[0]
            self._buckets = list(kept[1:])
            self.total = sum(self._buckets)

    def pass_time(self, ms):
        """`ms` of powered time went by."""
        self._into_ms += ms
        while self._into_ms >= _HOUR_MS:
            self._into_ms -= _HOUR_MS
            self.total -= self._buckets.pop()
            self._buckets.insert(0, 0)

    def add(self, amount):
        self._buckets[0] += amount
        self.total += amount

    @property
    def recent(self):
        """What was added in this hour of powered time and the one before."""
        return self._buckets[0] + self._buckets[1]

    def keep(self):
        """Store it where it outlives a reset."""
        data = struct.pack("<%dI" % (_BUCKETS + 1), self._into_ms, *self._buckets)
        self._memory.keep_blob(self._key, data)
