"""Heat dose in whole numbers: cumulative equivalent minutes at 43 °C (CEM43).

CEM43 = sum of minutes x R^(43 - T), R = 0.5 from 43 °C up and 0.25 below (Sapareto & Dewey 1984;
budget: van Rhoon 2013). Kept in millionths of a minute, with the rest of every cycle carried on.
"""

from micropython import const

from .. import limits

_FROM_MC = const(32_000)  # a whole day below this adds 0.0004 of a CEM43 minute
_STEP_MC = const(250)
_TO_MC = const(46_000)  # the guard has long tripped

# Millionths of a CEM43 minute per minute at each step from 32 to 46 °C
_RATES = tuple(
    int(1_000_000 * (0.5 if t >= 43_000 else 0.25) ** ((43_000 - t) / 1000)) + 1
    for t in range(_FROM_MC, _TO_MC + _STEP_MC, _STEP_MC)
)


def rate(temperature_mc):
    """CEM43 minutes per minute, in millionths.

    Straight lines between the steps, rounded up: never too little, at most 2 % (and 2) too much.
    """
    above = temperature_mc - _FROM_MC
    if above < 0:
        return 0
    at = above // _STEP_MC
    if at >= len(_RATES) - 1:
        return _RATES[-1]
    low = _RATES[at]
    return low + ((_RATES[at + 1] - low) * (above % _STEP_MC) + _STEP_MC - 1) // _STEP_MC


class Dose:
    """Adds up the dose of the hotter sensor plus `DOSE_MARGIN_MC` into a rolling 24 h `budget`.

    The budget counts in millionths of a CEM43 minute.
    """

    def __init__(self, budget):
        self._budget = budget
        self._rest = 0  # not yet a millionth of a minute: millionths x ms

    def add(self, hotter_mc, dt_ms):
        self._budget.pass_time(dt_ms)
        self._rest += rate(hotter_mc + limits.DOSE_MARGIN_MC) * dt_ms
        if self._rest >= 60_000:
            self._budget.add(self._rest // 60_000)
            self._rest %= 60_000

    @property
    def umin(self):
        """Dose of the last 24 h of powered time, in millionths of a CEM43 minute."""
        return self._budget.total

    def keep(self):
        self._budget.keep()
