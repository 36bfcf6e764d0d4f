"""Whether anyone is with the object, and what the bladder has lost when they have gone.

Picked up with the first touch, placed after the last: a barometer cannot see a hand that lifts it
without pressing, for 12 Pa a metre is no more than what a room does by itself. So this tells of
touches and of their absence, not of places.

At rest a leak shows nothing, for nothing drives the air out. A hold does, and what is gone is
missing afterwards. That is looked at a minute after the last touch: by then the air has the warmth
back that being squeezed took from it (up to 29 % of the pressure, adiabatic against isothermal),
and cloth that gave way under an arm has come back too.
"""

from micropython import const

_PLACED_AFTER_MS = const(60_000)
_LOST_PA = const(100)  # a floor is 40 Pa, a minute's weather 7
_UNSURE_PA_PER_K = const(100)  # of the tautness, and of a sensor that lags the air
_RIGID_PA_PER_K = const(340)
_LEAKS = const(2)  # handlings in a row: somebody may have carried it upstairs


class Handling:
    """Pure: `sample` with every sample. `lasted_ms` is how long the state before had lasted when
    `on` changed. `lost_pa`: what the last handling cost; `leaky`: it was the one that makes a leak
    certain.
    """

    def __init__(self):
        self.on = False
        self.lasted_ms = 0
        self.lost_pa = 0
        self.leaky = False
        self._leaks = 0
        self._from_ms = self._touched_ms = 0
        self._before_pa = self._before_c = 0

    def sample(self, now_ms, touching, rest_pa, bladder_c, tautness_pa_per_k):
        """True when `on` changes. `touching`: something presses it; `rest_pa`: what would be there
        without; `tautness_pa_per_k`: None while unknown.
        """
        if touching:
            self._touched_ms = now_ms
            if not self.on:
                self._before_pa, self._before_c = rest_pa, bladder_c
                return self._turn(now_ms)
        elif self.on and now_ms - self._touched_ms >= _PLACED_AFTER_MS:
            self._weigh(rest_pa, bladder_c - self._before_c, tautness_pa_per_k)
            return self._turn(self._touched_ms)
        return False

    def _turn(self, at_ms):
        self.on = not self.on
        self.lasted_ms = at_ms - self._from_ms
        self._from_ms = at_ms
        return True

    def _weigh(self, rest_pa, warmed_k, taut):
        if taut is None:  # in doubt it is the air that cooled
            taut = _RIGID_PA_PER_K if warmed_k < 0 else 0
        self.lost_pa = self._before_pa + taut * warmed_k - rest_pa
        lost = self.lost_pa > _LOST_PA + _UNSURE_PA_PER_K * abs(warmed_k)
        self._leaks = self._leaks + 1 if lost else 0
        self.leaky = self._leaks == _LEAKS
