"""SF13 and SF6: what heat has to prove before it may flow, and again whenever it is doubted.

Loaded when warmth is first wanted. `Proof` opens both switches in turn; `Probe` gives a pulse of
heat and a pause, and asks both thermistors what they felt of it. Both are stepped once a cycle:
`step` returns the duty (per mille) for the next one, or None when they are done; `closes` says
whether the second switch is to be renewed, `function` and `reaction` what was found.
"""

from micropython import const

from .. import limits
from . import guard

_BODY_MC = const(28_500)  # no room that it is used in warms a face so far
_TRIES = const(3)  # cycles in which a switch must have shown what it does
_MEAN_OF = const(12)  # readings a mean is made of
_LAG_MS = const(4_000)  # from the end of the pulse to the height of its effect
_PULSE_MAX_MS = const(45_000)
_DRIFT_ON_PERCENT = const(70)  # of what was under way goes on over a pulse
_CALM_MS = const(12_000)  # no heat, before an early question about the sides
_STILL_MC = const(100)
_NOTHING_MC = const(120)
_EMBRACE_MC = const(300)  # the face turns downwards by as much only where a body leaves or arrives
_EMBRACE_MS_PER_MC = const(15)  # and moves quicker only then: a degree in 15 s
_FALLS_ON_PERCENT = const(60)  # of what a bare face fell over the pulse it falls over the pause
_FALLS_ON_MC = const(100)


class Proof:
    """SF13: either switch alone stops the current, and both together will let it flow."""

    def __init__(self, board, one, rested_ms):
        self._low_mv = board.PAD_SUPPLY_LOW_MV
        self._high_mv = board.PAD_SUPPLY_HIGH_MV
        self._guard = one
        self._rested_ms = rested_ms
        self._stage = 0
        self._tries = 0
        self.closes = False
        self.function = self.reaction = 0

    def step(self, r):
        if self._stage == 0:  # both open
            if r.edge_ms <= limits.SWITCH_OPENS_MS:
                return 0
            if self._guard.apart or self._apart(r):
                self._guard.apart = False  # once acknowledged it has to be seen anew
                return self._failed(13, guard.LATCH)
            shown = self._low_mv <= r.supply_mv <= self._high_mv
            return self._next(shown, 1000, False, 11, guard.LOCK)
        if r.current_ma > limits.CURRENT_OFF_MA:
            return self._failed(3 if self._stage > 1 else 11, guard.LOCK)
        if self._stage == 1:  # only the first is closed: the pad pulls the node to ground
            return self._next(0 <= r.supply_mv < self._low_mv, 0, True, 4, guard.LATCH)
        # Only the second is closed: the battery is on the node
        return self._next(r.supply_mv > self._high_mv, None, True, 11, guard.LOCK)

    # After a rest the pad is nowhere warmer than the face; a body may have warmed the face more
    def _apart(self, r):
        rested = self._rested_ms >= limits.REST_AGREE_AFTER_MS
        if not rested or abs(self._guard.drift(r)) >= _STILL_MC:
            return False
        most = limits.REST_AGREE_MC
        if r.face_mc > _BODY_MC:
            most *= 3
        return not -limits.REST_AGREE_MC <= r.face_mc - r.pad_mc <= most

    def _next(self, shown, duty, closes, function, reaction):
        if not shown:
            self._tries += 1
            if self._tries >= _TRIES:
                return self._failed(function, reaction)
            return 1000 if self._stage == 1 else 0
        self._stage += 1
        self._tries = 0
        self.closes = closes
        return duty

    def _failed(self, function, reaction):
        self.function, self.reaction = function, reaction


class Probe:
    """SF6: a thermistor that is on the pad feels a pulse of heat, and the pause after it.

    A rise beyond what was under way shows the coupling at the height of the pulse's effect. Where
    the pad was cooling only the pause tells: rise over the pulse less change over as long again,
    so that whatever drifts steadily drops out. `fresh`: heat has only just begun. With `sides_mc`
    it is asked which side felt it more: the pad, by so much, for there the heater is (SF7). The
    pulse also measures what this pad draws, so that SF3 and SF4 can be strict.

    `blame` says how much a failure counts; CONDEMNS is enough. A body that comes or goes in the
    middle of a probe can look like a failure, so one is not; less so where the face moved as only
    a body moves it. A pad that was still and stayed so was moved by nobody else either.
    """

    CONDEMNS = 4

    def __init__(self, one, r, sides_mc, fresh):
        self._guard = one
        self.sides_mc = sides_mc
        self.fresh = fresh
        drift = one.drift(r)
        self._under_way_mc = max(0, drift) * _DRIFT_ON_PERCENT // 100
        self._still = abs(drift) < _STILL_MC
        self._face_fell = one.response.doubt == 7
        # Where little flowed before and nothing cools, the rise tells; else only the pause
        little = 3 * one.mean_mw < one.pad.full_mw(r.battery_mv)
        self._cold = fresh and little and drift > -_STILL_MC
        self._coupled = False
        self._held = r.held
        self._embraced = False  # or let go, in the middle of it
        self.blame = 0
        self.lost_face = False
        self._given_mj = 0
        self._ms = 0
        self._off_ms = 0  # when the pulse ended
        self._drawn = self._expected = 0
        self._sums = [0] * 6  # pad and face: before, at the height, after as long again
        self._taken = bytearray(3)
        self.closes = True
        self.function = self.reaction = 0

    def again(self, r):
        """The same question once more."""
        return Probe(self._guard, r, self.sides_mc, self.fresh)

    def step(self, r):
        ms = self._pass(r)
        if self._taken[0] < _MEAN_OF:
            self._take(0, r)
        if not self._off_ms:
            return self._pulse(r)
        height_ms = self._off_ms + _LAG_MS
        if ms > height_ms and self._taken[1] < _MEAN_OF:
            self._take(1, r)
            if self._taken[1] == _MEAN_OF and self._height():
                return None
        elif ms > 2 * height_ms:
            self._take(2, r)
            if self._taken[2] == _MEAN_OF:
                self._again()
                return None
        return 0

    def _pass(self, r):
        self._ms += r.dt_ms
        if r.held != self._held:
            self._embraced = True
        return self._ms

    # As many readings for each mean, however long the cycles were
    def _take(self, stage, r):
        self._taken[stage] += 1
        self._sums[2 * stage] += r.pad_mc
        self._sums[2 * stage + 1] += r.face_mc

    def _pulse(self, r):
        if r.battery_mv > 0 and self._ms > 2 * limits.CYCLE_MS:
            self._given_mj += r.current_ma * r.battery_mv // 1000 * r.dt_ms // 1000
            if r.duty == 1000:  # at less, what the cell sags by between the pulses is in it too
                self._drawn += r.current_ma
                self._expected += self._guard.pad.full_mw(r.battery_mv) * 1000 // r.battery_mv
        if self._given_mj < limits.PROBE_MJ and self._ms < _PULSE_MAX_MS:
            return 1000
        self._off_ms = self._ms
        if self._expected and not self._guard.pad.measured(self._drawn * 1000 // self._expected):
            self._fail(4, self.CONDEMNS)
            return None
        return 0

    # At the height of the pulse's effect. Returns True when there is nothing more to wait for
    def _height(self):
        if not self._cold:
            return False
        rise = (self._sums[2] - self._sums[0]) // _MEAN_OF - self._under_way_mc
        self._coupled = rise >= limits.PROBE_RISE_MC
        left = (self._sums[3] - self._sums[1]) // _MEAN_OF < -_EMBRACE_MC
        if rise < _NOTHING_MC and not left:
            self._fail(6, self.CONDEMNS if self._still else self.CONDEMNS // 2)
            return True
        return self._coupled and self.sides_mc is None

    def _again(self):
        sums = self._sums
        pad = (2 * sums[2] - sums[0] - sums[4]) // _MEAN_OF
        face = (2 * sums[3] - sums[1] - sums[5]) // _MEAN_OF
        moved = abs(sums[5] - sums[1]) // _MEAN_OF
        if self._embraced or face < -_EMBRACE_MC or moved * _EMBRACE_MS_PER_MC > self._ms:
            blame = self.CONDEMNS // 4
        elif self._still and abs(pad) < _NOTHING_MC and face < _EMBRACE_MC:
            blame = self.CONDEMNS
        else:
            blame = self.CONDEMNS // 2
        if not self._coupled and pad < limits.PROBE_PAUSE_MC:
            self._fail(6, blame)
        elif self.sides_mc is not None and pad - face < self.sides_mc:
            self._fail(7, blame)
        elif self._face_fell and not self._embraced and self._face_rests():
            self.lost_face = True
            self._fail(7, self.CONDEMNS // 2)

    def _face_rests(self):
        _, first, _, second, _, third = self._sums
        fell_on = second - third
        most = max(_FALLS_ON_PERCENT * (first - second) // 100, _FALLS_ON_MC * _MEAN_OF)
        return -_FALLS_ON_MC * _MEAN_OF < fell_on < most

    def _fail(self, function, blame):
        self.function, self.reaction, self.blame = function, guard.LATCH, blame


class EarlyProbe(Probe):
    """SF7 where a strong pad cannot wait until an embrace has warmed the face: a pause, the pulse.

    Asked is which side the pulse sped up. An embrace that goes on slows down at the face, and so
    does one that ends; only one that begins could be taken for the pulse, and the bladder tells.
    """

    def __init__(self, one, r):
        Probe.__init__(self, one, r, limits.PROBE_SIDES_EARLY_MC, False)
        self._ms = -_CALM_MS

    def again(self, r):
        return EarlyProbe(self._guard, r)

    def step(self, r):
        ms = self._pass(r)
        if self._taken[0] < _MEAN_OF:
            self._take(0, r)
        elif self._taken[1] < _MEAN_OF and ms > -_MEAN_OF * limits.CYCLE_MS:
            self._take(1, r)
        if ms < 0:
            return 0
        if not self._off_ms:
            return self._pulse(r)
        if ms > self._off_ms + _LAG_MS:
            self._take(2, r)
            if self._taken[2] == _MEAN_OF:
                self._sped_up()
                return None
        return 0

    def _sped_up(self):
        sums = self._sums
        pad = (sums[0] - 2 * sums[2] + sums[4]) // _MEAN_OF
        face = (sums[1] - 2 * sums[3] + sums[5]) // _MEAN_OF
        if pad - face < self.sides_mc:
            self._fail(7, self.CONDEMNS // 4 if self._embraced else self.CONDEMNS)
