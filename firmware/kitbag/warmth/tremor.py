"""SF6 while a pad is held at its level: a tremor of the heat, too small to be felt.

A pulse would lift the pad; but heat that is a little more and a little less in turn leaves a trace
in the reading of a thermistor that is on the pad, and only there. Found or not, it moves the pad
by a few hundredths of a degree. Where it is not found a probe has to tell.
"""

from micropython import const

from .. import limits

_HALF_MS = const(15_000)
_HALVES = const(48)  # 12 min
_SETTLE_MS = const(30_000)  # until the trace has its own lag behind it


class Tremor:
    """`mw` is to be added to what control asks for. After `step` has returned True, `found`
    tells whether the reading trembled along.
    """

    def __init__(self):
        self.found = False
        self.begin()

    def begin(self):
        """Forget what was, and begin anew with the next step."""
        self.mw = 0
        self._ms = -_SETTLE_MS
        self._in = 0  # reading in step with the heat, and a quarter behind it
        self._behind = 0

    def step(self, r):
        """One cycle; True when it is over."""
        at = (self._ms + 4 * _HALF_MS) % (2 * _HALF_MS)
        more = at < _HALF_MS
        self.mw = limits.TREMOR_MW if more else -limits.TREMOR_MW
        ms = self._ms
        self._ms = ms + r.dt_ms
        if ms < 0:
            return False
        # The first and the last quarter count half, so that a steady drift leaves nothing
        late = _HALF_MS // 2 <= at < _HALF_MS + _HALF_MS // 2
        reading = (r.pad_mc - r.target_mc) * r.dt_ms // limits.CYCLE_MS
        self._in += reading if more else -reading
        self._behind += reading if late else -reading
        if self._ms < _HALVES * _HALF_MS:
            return False
        readings = _HALVES * _HALF_MS // limits.CYCLE_MS
        self.found = abs(self._in) + abs(self._behind) >= limits.TREMOR_UC * readings // 1000
        return True
