"""SF6 while a pad is held at its level: a tremor of the heat, too small to be felt.

A pulse would lift the pad; but heat that is a little more and a little less in turn leaves a trace
in the reading of a thermistor that is on the pad, and only there. Found or not, it moves the pad
by a few hundredths of a degree. Where it is not found a probe has to tell.
"""

from micropython import const

from .. import limits

_HALF_MS = const(15_000)
_HALVES = const(49)  # 12 min
# A pad and its thermistor answer almost half a turn late: 160 degrees, whatever they are made of
_AGAINST = const(94)
_BEHIND = const(34)
_MISSES = const(2)  # in a row: noise alone hides one trace in a hundred
_SETTLE_MS = const(30_000)  # until the trace has its own lag behind it


class Tremor:
    """`mw` is to be added to what control asks for. `lost`: the reading did not tremble along."""

    def __init__(self):
        self.lost = False
        self._missed = 0
        self.begin()

    def begin(self):
        """Forget what was, and begin anew with the next step."""
        self.mw = 0
        self._ms = -_SETTLE_MS
        self._in = 0  # reading in step with the heat, and a quarter behind it
        self._behind = 0

    def step(self, r):
        """One cycle; True when a trace was looked for."""
        at = (self._ms + 4 * _HALF_MS) % (2 * _HALF_MS)
        more = at < _HALF_MS
        self.mw = limits.TREMOR_MW if more else -limits.TREMOR_MW
        ms = self._ms
        self._ms = ms + r.dt_ms
        if ms < 0:
            return False
        reading = (r.pad_mc - r.target_mc) * r.dt_ms // limits.CYCLE_MS
        # An odd number of halves, the first and the last counting half: a steady drift and what
        # the pad is off by leave nothing
        ends = ms < _HALF_MS or ms >= (_HALVES - 1) * _HALF_MS
        self._in += (reading if more else -reading) * (1 if ends else 2)
        late = _HALF_MS // 2 <= at < _HALF_MS + _HALF_MS // 2
        self._behind += 2 * (reading if late else -reading)
        if self._ms < _HALVES * _HALF_MS:
            return False
        readings = 2 * _HALVES * _HALF_MS // limits.CYCLE_MS
        trace = (_BEHIND * self._behind - _AGAINST * self._in) // 100
        self._missed = 0 if trace >= limits.TREMOR_UC * readings // 1000 else self._missed + 1
        self.lost = self._missed >= _MISSES
        self.begin()
        return True
