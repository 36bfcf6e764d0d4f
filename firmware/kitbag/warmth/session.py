"""A session of warmth: what temperature is wanted, from the first hold to the end of the fade.

Pure: fed with time and the plan, clamped against `limits` at every step.
"""

from micropython import const

from .. import limits
from ..wire import ceiling

# So long at full power, and its last minutes brought the pad not a quarter nearer to the level:
# at that pace it would take ten minutes more, if it ever gets there
_CANNOT_REACH_MS = const(8 * 60_000)
_PACE_FROM_MS = const(5 * 60_000)
_PACE = const(0.75)
_TENDER_AGAIN_MS = const(3_600_000)
_ARRIVED_C = const(0.3)
_FELL_C = const(0.3)  # a pause or somebody cold: its pace is looked at anew from there


class Session:
    """State ("idle", "warming", "holding", "fading", "cannot_reach") and target of warmth.

    `target_c` means something while `active`; `ramp_c_per_s` is how fast it moves now.
    """

    def __init__(self):
        self.state = "idle"
        self.active = False
        self.target_c = 0.0
        self.level_c = limits.LEVEL_MIN_C  # that the target moves to
        self.nonsense = False  # the plan's level was none in the last step
        self._asked_c = limits.LEVEL_MIN_C
        self.ramp_c_per_s = 0.0
        self._worn_ms = 0  # L8: warmth takes it up, rest of the same length takes it down
        self._left_ms = 0
        self._extended = False
        self._level_for_ms = 0
        self._weak_ms = 0  # at full power
        self._missing_c = 0.0  # below the level when its pace was last looked at
        self._fade_c_per_s = 0.0

    def start(self, plan, pad_c):
        """Begin to warm from `pad_c`; a session that already runs goes on.

        Returns False where tender skin has had its time and needs its rest first.
        """
        if self.active and self.state != "fading":
            return True
        if ceiling.tender(plan) and self._worn_ms >= _TENDER_AGAIN_MS:
            return False
        self.state = "warming"
        self.active = True
        self.level_c = self._asked(plan)
        self.target_c = max(min(pad_c, self.level_c), limits.LEVEL_MIN_C - 20)
        self._left_ms = int(self._session_min(plan) * 60_000)
        self._extended = False
        self._level_for_ms = 0
        self._weak_ms = 0
        return True

    def rest(self, dt_ms):
        """`dt_ms` without warmth went by."""
        self._worn_ms = max(0, self._worn_ms - dt_ms)

    def extend(self, plan):
        """A further deliberate act while warm: once a session, its time begins anew."""
        if not self.active or self._extended or self._tender_time_up(plan):
            return False
        self._extended = True
        self._left_ms = int(self._session_min(plan) * 60_000)
        if self.state == "fading":
            self.state = "warming"
        return True

    def end(self):
        self.state = "idle"
        self.active = False

    # Returns the reason when the session ended in this step, else None. `quiet_ms`: since anyone
    # last touched the object. `dose_umin`: CEM43 of 24 h in millionths of a minute. `saturated`:
    # the pad gets all that it can.
    def step(self, dt_ms, plan, pad_c, quiet_ms, dose_umin, saturated):
        if not self.active:
            return None
        self._worn_ms += dt_ms
        dt_s = dt_ms / 1000
        if self.state == "fading":
            return self._fade(dt_s, plan)
        if self._level_for_ms:  # the session's minutes are those at its level, after the ramp
            self._left_ms -= dt_ms
        if self._left_ms <= 0 or self._tender_time_up(plan):
            self.state = "fading"
            fade_s = _fade_s(plan)
            self._fade_c_per_s = max(0.0, self.target_c - _sleep_c(plan)) / fade_s
            self._left_ms = int(fade_s * 1000)
            return None
        level = self.level_c = self._level(plan, quiet_ms, dose_umin)
        ramp = max(
            limits.RAMP_MIN_C_PER_MIN,
            min(limits.RAMP_MAX_C_PER_MIN, plan["warmth.ramp_c_per_min"]),
        )
        self._approach(level, ramp / 60, dt_s, pad_c)
        self._judge(level, pad_c, dt_ms, saturated)
        return None

    def _session_min(self, plan):
        return max(limits.SESSION_MIN_MIN, min(limits.SESSION_MAX_MIN, plan["warmth.session_min"]))

    # Early enough for the fade to end within the two hours
    def _tender_time_up(self, plan):
        up_ms = limits.TENDER_ON_MS - 1000 * _fade_s(plan)
        return ceiling.tender(plan) and self._worn_ms >= up_ms

    # What the plan asks for. What cannot be a level (out of range, NaN, no number at all) is not
    # believed: the last one that could be stays, the lowest at first.
    def _asked(self, plan):
        asked = ceiling.level_c(plan)
        number = isinstance(asked, (int, float))
        self.nonsense = not (number and limits.LEVEL_MIN_C <= asked <= limits.LEVEL_MAX_C)
        if not self.nonsense:
            self._asked_c = asked
        return self._asked_c

    # The lowest of all that applies now
    def _level(self, plan, quiet_ms, dose_umin):
        level = self._asked(plan)
        if self._level_for_ms >= limits.LEVEL_SETTLED_AFTER_MS:
            level = min(level, limits.LEVEL_SETTLED_C)
        if quiet_ms >= limits.LEVEL_QUIET_AFTER_MS:
            level = min(level, limits.LEVEL_QUIET_C)
        if dose_umin >= limits.DOSE_STEP_UMIN:
            level = min(level, limits.DOSE_STEP_LEVEL_C)
        return level

    # The target walks towards the level and never runs far ahead of a pad that cannot follow
    def _approach(self, level, ramp_c_per_s, dt_s, pad_c):
        step = ramp_c_per_s * dt_s
        if pad_c > self.target_c:  # a warm body has overtaken the ramp: go on from there
            self.target_c = max(self.target_c, min(pad_c, level))
        before = self.target_c
        if level < before:
            self.target_c = max(level, before - step)
        elif before < pad_c + 2:
            self.target_c = min(level, before + step)
        self.ramp_c_per_s = (self.target_c - before) / dt_s if dt_s > 0 else 0.0

    def _judge(self, level, pad_c, dt_ms, saturated):
        if self.target_c >= level - 0.01:
            self._level_for_ms += dt_ms
        missing_c = level - pad_c
        weak = self.state == "cannot_reach"
        self._weak_ms = self._weak_ms + dt_ms if saturated or weak else 0
        if missing_c <= _ARRIVED_C:
            self._weak_ms = 0
            self.state = "holding"
        elif self._weak_ms >= _CANNOT_REACH_MS:
            self.state = "cannot_reach"
        elif weak and (
            missing_c <= _PACE * self._missing_c or pad_c >= self.target_c - _ARRIVED_C
        ):
            self.state = "warming"
        elif (
            self._weak_ms >= _PACE_FROM_MS
            and _PACE * self._missing_c < missing_c < self._missing_c + _FELL_C
        ):
            return
        self._weak_ms = min(self._weak_ms, _PACE_FROM_MS)
        self._missing_c = missing_c

    def _fade(self, dt_s, plan):
        self._left_ms -= int(dt_s * 1000)
        before = self.target_c
        self.target_c = max(min(before, _sleep_c(plan)), before - self._fade_c_per_s * dt_s)
        self.ramp_c_per_s = (self.target_c - before) / dt_s if dt_s > 0 else 0.0
        if self._left_ms > 0:
            return None
        self.end()
        return "faded"


def _fade_s(plan):
    return 60 * max(limits.FADE_MIN_MIN, min(limits.FADE_MAX_MIN, plan["warmth.fade_min"]))


def _sleep_c(plan):
    return max(limits.SLEEP_MIN_C, min(limits.SLEEP_MAX_C, plan["warmth.sleep_c"]))
