"""What pad and face answer to the heat: the guard's functions that only make sense while it flows.

Loaded when warmth is first wanted; made anew for every session. Rules as in `guard`: raw readings,
whole numbers, nothing allocated, nothing known of the controller.
"""

from micropython import const

from .. import limits
from .guard import DOUBT, LATCH, OFF
from .pad import power_mw

_LAG_MC = const(300)  # SF5 looks only while the pad is this far below its target
_COLD_ROOM_MC = const(10_000)
_SETTLED_MC = const(500)
_SETTLED_MS = const(30_000)
_MOVING_MW = const(300)  # SF7: "while heating"
_SLOW_MS = const(20_000)  # that guard.Guard.drift looks back
_NEAR_MC = const(1_000)  # SF5: so near its target, and for so long, a pad has settled
_NEAR_MS = const(60_000)
_USUAL_MS = const(240_000)
_MORE_MW = const(100)  # that the controller's own noise may ask for
_FOLLOW_MS = const(54_000)  # SF7: the face is given so long to follow
_STILL_MC = const(40)
_FORGET_MS = const(40_000)  # SF5: a fall that takes longer has another cause
_PAD_J_PER_K = const(23)  # no lighter pad: the quickest that its heat can leave it
_FINE = const(64)  # fractions of a m°C, so that rounding hides no small difference


class Response:
    """`doubt`: the function that has come to doubt a thermistor, or 0. Whether it is where it
    should be only a probe can tell; `trust` is its good answer.
    """

    def __init__(self, guard):
        self._guard = guard
        self.doubt = 0
        # SF4
        self._low = 0
        self._gaps = 0
        self._gap_ms = 0
        # SF5, SF7
        self._mark_mc = 0
        self._mark_mj = 0
        self._near_ms = 0
        self._usual = 0
        self._more_mj = 0
        self._high = None
        self._high_over = self._face_high = self._face_over = 0
        self._heated_mj = 0
        self._face_hotter_ms = self._face_colder_ms = 0
        self._first = self._rested = True
        self._pad_low_mc = None
        self._face_low_mc = self._face_high_mc = self._face_fell_mc = self._follow_ms = 0
        # SF8
        self._last_target_mc = 0
        self._settled_ms = 0
        self._over = 0
        # SF10
        self._on_ms = 0
        self._alone_ms = 0

    def current_low(self, r):
        """SF4: less current than the battery drives through this pad, for good or now and then."""
        expected = self._guard.pad.expected_ma(r)
        low = (
            r.current_ma < expected * limits.CURRENT_UNDER_PERCENT // 100
            and expected > 2 * limits.CURRENT_OFF_MA
        )
        self._gap_ms += r.dt_ms
        if self._gap_ms >= limits.CURRENT_GAPS_MS:
            self._gap_ms = limits.CURRENT_GAPS_MS
            self._gaps = 0
        if low and not self._low:
            if not self._gaps:
                self._gap_ms = 0
            self._gaps += 1
        self._low = self._low + 1 if low else 0
        return self._low >= limits.CURRENT_LOW_SAMPLES or self._gaps >= limits.CURRENT_GAPS_MAX

    def no_response(self, r):
        """SF5: heat stayed in the pad and the pad, below its target, did not get warmer.

        What flows on through cover and back is taken off first. It may be a pad that has come to
        rest in a room too cold for it, or one that somebody cold has just embraced: this raises a
        doubt, and the probe decides.
        """
        if r.pad_mc <= r.target_mc - _LAG_MC:
            self._mark_mj += max(0, power_mw(r) - _flow_mw(r)) * r.dt_ms // 1000
            if r.pad_mc < self._mark_mc + limits.NO_RESPONSE_RISE_MC:
                if self._mark_mj >= limits.NO_RESPONSE_MJ:
                    self.doubt = 5
                return False
        self._mark_mc = r.pad_mc
        self._mark_mj = 0
        return False

    def more_heat(self, r):
        """SF5: a settled pad is given more than before and does not feel it: a doubt."""
        power = power_mw(r)
        near = abs(r.pad_mc - r.target_mc) <= _NEAR_MC and r.target_mc == self._last_target_mc
        self._near_ms = min(_NEAR_MS, self._near_ms + r.dt_ms) if near else 0
        if self._near_ms < _NEAR_MS:
            self._usual = _FINE * self._guard.mean_mw
            self._more_mj = 0
            return False
        self._usual += (_FINE * power - self._usual) * r.dt_ms // _USUAL_MS
        more_mw = power - self._usual // _FINE - _MORE_MW
        self._more_mj = max(0, self._more_mj + more_mw * r.dt_ms // 1000)
        if self._more_mj >= limits.MORE_HEAT_MJ:
            self.doubt = 5
        return False

    def fall(self, r):
        """SF5: the pad's reading fell, and neither less heat nor a colder face can have done it.

        A fall that is neither is a thermistor that lost its pad; a small one is a doubt.
        """
        if self._guard.unsettled:
            return False
        pad = _FINE * r.pad_mc
        face = _FINE * r.face_mc
        if self._high is None:
            self._rebase(pad, face)
        less_mw = max(0, self._guard.mean_mw - power_mw(r))
        less = less_mw * _FINE * r.dt_ms // (1000 * _PAD_J_PER_K)
        self._high = _follow(self._high, pad, less, r.dt_ms)
        self._high_over = _follow(self._high_over, pad - face, less, r.dt_ms)
        self._face_high = _follow(self._face_high, face, less, r.dt_ms)
        self._face_over = _follow(self._face_over, face - pad, less, r.dt_ms)
        fell = min(self._high - pad, self._high_over - pad + face) // _FINE
        self._face_fell_mc = min(self._face_high - face, self._face_over - face + pad) // _FINE
        if fell > limits.FALL_DOUBT_MC:
            self.doubt = 5
        return fell > limits.FALL_MC

    def face_fell(self, r):
        """SF7: the face's reading fell further than any body that leaves or draught lets it."""
        if self._face_fell_mc > limits.FACE_FALL_DOUBT_MC and not self.doubt:
            self.doubt = 7
        return self._face_fell_mc > limits.FACE_FALL_MC

    def _rebase(self, pad, face):
        self._high, self._high_over = pad, pad - face
        self._face_high, self._face_over = face, face - pad

    def trust(self, r):
        """The probe found both thermistors where they should be: no doubt is left."""
        self.doubt = 0
        self._mark_mc = r.pad_mc
        self._mark_mj = self._near_ms = 0
        self._rebase(_FINE * r.pad_mc, _FINE * r.face_mc)

    def face_hotter(self, r):
        """SF7: while it heats, the side with the heater cannot be the cooler one for long."""
        power = power_mw(r)
        if self._heated_mj < limits.FACE_HOTTER_AFTER_MJ:
            self._heated_mj += power * r.dt_ms // 1000
        hotter = (
            self._heated_mj >= limits.FACE_HOTTER_AFTER_MJ
            and power > _MOVING_MW
            and r.pad_mc > limits.FACE_HOTTER_PAD_MC
            and r.face_mc > r.pad_mc + limits.FACE_HOTTER_MC
        )
        self._face_hotter_ms = self._face_hotter_ms + r.dt_ms if hotter else 0
        return self._face_hotter_ms >= limits.FACE_HOTTER_MS

    def face_colder(self, r):
        """SF7: the face is colder than the heat that flows to it through any cover explains."""
        # A pad that cools gives off what it had stored
        cooling = max(0, -self._guard.drift(r))
        stored = cooling * 2 * _PAD_J_PER_K * 1000 // _SLOW_MS
        most = (self._guard.mean_mw + stored) * limits.FACE_COLDER_K_PER_W
        colder = r.pad_mc - r.face_mc > most + limits.FACE_COLDER_MC
        self._face_colder_ms = self._face_colder_ms + r.dt_ms if colder else 0
        return self._face_colder_ms >= limits.FACE_HOTTER_MS

    def face_follows(self, r):
        """SF7: the pad has been warmed and the face has not felt it: it is somewhere else."""
        if self._pad_low_mc is None or r.pad_mc < self._pad_low_mc:
            self._pad_low_mc = r.pad_mc
            self._face_low_mc = self._face_high_mc = r.face_mc
            # Where something was under way, a face may be just turning
            self._rested = self._first and self._guard.drift(r) > -_STILL_MC
            self._follow_ms = 0
        self._follow_ms += r.dt_ms
        self._face_low_mc = min(self._face_low_mc, r.face_mc)
        self._face_high_mc = max(self._face_high_mc, r.face_mc)
        if self._rested:
            after_mc, after_ms = limits.FACE_FOLLOWS_FROM_REST_MC, _FOLLOW_MS
        else:
            after_mc, after_ms = limits.FACE_FOLLOWS_AFTER_MC, 2 * _FOLLOW_MS
        if r.pad_mc < self._pad_low_mc + after_mc or self._follow_ms < after_ms:
            return False
        self._pad_low_mc = None  # and again with what it is warmed by from here
        self._first = False
        return self._face_high_mc - self._face_low_mc < limits.FACE_FOLLOWS_MC

    def overshoot(self, r):
        """SF8: a pad that was settled on its target and then runs away above it."""
        if r.target_mc < self._last_target_mc:
            self._settled_ms = 0  # a pad cools at its own pace after a lower target
        self._last_target_mc = r.target_mc
        if self._settled_ms < _SETTLED_MS:
            near = abs(r.pad_mc - r.target_mc) <= _SETTLED_MC
            self._settled_ms = self._settled_ms + r.dt_ms if near else 0
            return False
        over = r.pad_mc > r.target_mc + limits.OVERSHOOT_MC
        self._over = self._over + 1 if over else 0
        return self._over >= limits.OVERSHOOT_SAMPLES

    def on_time(self, r):
        """SF10: on too long (L6), or too long with nobody there."""
        self._on_ms += r.dt_ms
        self._alone_ms = 0 if r.held else self._alone_ms + r.dt_ms
        return self._on_ms > limits.ON_TIME_MAX_MS or self._alone_ms > limits.ON_TIME_ALONE_MS

    FUNCTIONS = (
        (4, LATCH, current_low),
        (5, DOUBT, no_response),
        (5, DOUBT, more_heat),
        (5, LATCH, fall),
        (7, LATCH, face_fell),
        (7, LATCH, face_hotter),
        (7, LATCH, face_colder),
        (7, LATCH, face_follows),
        (8, LATCH, overshoot),
        (10, OFF, on_time),
    )


# Heat that leaves the pad at the most, in mW: through the cover to the face, as that shows, and
# through the back to a cold room. Half as much again as the plant of docs/safety.md.
def _flow_mw(r):
    return max(0, r.pad_mc - r.face_mc) + max(0, r.pad_mc - _COLD_ROOM_MC) // 20


# The highest that `now` was, but for `less` and for what is long ago
def _follow(high, now, less, dt_ms):
    return max(now, high - less - (high - now) * dt_ms // _FORGET_MS)
