"""A recording that plays into the world: knots (seconds, value) read from a file as time passes.

The file holds pairs of little-endian doubles with times that increase; between two knots the value
is on the straight line, before the first and after the last it stays. The object's heap holds one
piece of it.
"""

import struct

_KNOT = 16
_PIECE = 64 * _KNOT


class Trace:
    """`at(t)` may be asked for times that never go back."""

    def __init__(self, path):
        self._file = open(path, "rb")
        self._piece = b""
        self._place = 0
        first = self._next()
        self._t0, self._v0 = first
        self._until = self._t0
        self._slope = 0.0

    def close(self):
        self._file.close()

    def at(self, t):
        while t > self._until:
            self._advance()
        if t < self._t0:  # before the first knot
            return self._v0
        return self._v0 + (t - self._t0) * self._slope

    # The line from `_t0` holds up to `_until`
    def _advance(self):
        value = self._v0 + (self._until - self._t0) * self._slope if self._slope else self._v0
        self._t0 = self._until
        self._v0 = value
        knot = self._next()
        if knot is None:
            self._until = 1e300
            self._slope = 0.0
            return
        t, target = knot
        self._slope = (target - value) / (t - self._t0)
        self._until = t

    def _next(self):
        if self._place >= len(self._piece):
            self._piece = self._file.read(_PIECE)
            self._place = 0
            if len(self._piece) < _KNOT:
                return None
        knot = struct.unpack_from("<dd", self._piece, self._place)
        self._place += _KNOT
        return knot
