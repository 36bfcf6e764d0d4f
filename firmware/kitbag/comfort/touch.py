"""Touch patterns: perceived strength of the motor over time. Pure functions of milliseconds.

Heartbeat: two pulses of 110 ms, 120 ms apart, with 50 ms edges (product.md; PMC5442094: a slow
beat lowered anxiety). Breath: in and out as 2:3, no hold; from the holder's own rate, where that
is known, slowly to the plan's. Purr: a slow swell. Steady: as named.
"""

from math import cos, pi

from micropython import const

from .. import limits

_EDGE_MS = const(50)
_PULSE_MS = const(110)
_BETWEEN_MS = const(120)
_SECOND_BEAT = const(0.8)  # of the first
_BEAT_STEP_MS = const(10)
_SLOW_STEP_MS = const(40)
_PURR_MS = const(4_000)
_FADE_MS = const(2_000)
_IN = const(0.4)  # of a breath
_GLIDE_S = const(8 * 60)  # from the holder's own breathing to the plan's: nobody is hurried


class Touch:
    """One playing of the plan's pattern, from its gentle start to the end of its fade.

    The `cue` that the warm part is resting is another one: a slow swell in place of a beat.
    """

    def __init__(self, plan, cue=False):
        self.pattern = plan["touch.pattern"]
        if cue:
            self.pattern = "steady" if self.pattern == "purr" else "purr"
        self._strength = max(0, min(1, plan["touch.strength"]))
        neck = plan["placement"] == "neck"
        self._onset_ms = limits.TOUCH_ONSET_NECK_MS if neck else limits.TOUCH_ONSET_MS
        if self.pattern == "breath":
            per_min = _within(
                plan["touch.breaths_per_min"],
                limits.BREATHS_MIN_PER_MIN,
                limits.BREATHS_MAX_PER_MIN,
            )
        else:
            per_min = _within(
                plan["touch.beats_per_min"], limits.BEATS_MIN_PER_MIN, limits.BEATS_MAX_PER_MIN
            )
        self.per_min = per_min
        self._period_ms = _PURR_MS if self.pattern == "purr" else int(60_000 / per_min)
        # Breath: cycles passed until `_paced_ms`, and the rate then
        self._from_per_min = self._to_per_min = per_min
        self._phase = 0
        self._paced_ms = None
        self._fade_from = None

    def pace(self, own_per_min, t_ms):
        """From `t_ms` on a breath begins with the holder's own rate, and is never the faster one
        of the two in the end. Once in a playing; None is no rate.
        """
        if self.pattern != "breath" or self._paced_ms is not None or own_per_min is None:
            return
        self._phase = self._phase_at(t_ms) % 1
        self._paced_ms = t_ms
        self._from_per_min = _within(
            own_per_min, limits.BREATHS_MIN_PER_MIN, limits.BREATHS_MAX_PER_MIN
        )
        self._to_per_min = min(self._to_per_min, self._from_per_min)

    def _phase_at(self, t_ms):
        since_s = (t_ms - (self._paced_ms or 0)) / 1000
        glided_s = min(since_s, _GLIDE_S)
        less = self._from_per_min - self._to_per_min
        turned = self._from_per_min * glided_s - less * glided_s * glided_s / (2 * _GLIDE_S)
        turned += self._to_per_min * (since_s - glided_s)
        return self._phase + turned / 60

    def fade(self, t_ms):
        """Begin to end at `t_ms`."""
        if self._fade_from is None:
            self._fade_from = t_ms

    def over(self, t_ms):
        return self._fade_from is not None and t_ms >= self._fade_from + _FADE_MS

    def strength(self, t_ms):
        """Perceived strength, 0 to 1, `t_ms` after the start."""
        level = self._strength * self._envelope(t_ms)
        if self.pattern == "heartbeat":
            return level * _heartbeat(t_ms % self._period_ms)
        if self.pattern == "breath":
            return level * _breath(self._phase_at(t_ms) % 1)
        if self.pattern == "purr":
            return level * (0.7 - 0.3 * cos(2 * pi * (t_ms % _PURR_MS) / _PURR_MS))
        return level

    def next_ms(self, t_ms):
        """How long the strength of `t_ms` may stand before it must be worked out again."""
        if self.pattern == "heartbeat":
            into = t_ms % self._period_ms
            for start in (0, _PULSE_MS + _BETWEEN_MS):
                if into < start:
                    return start - into
                if into < start + _PULSE_MS:
                    return _BEAT_STEP_MS
            return self._period_ms - into
        return _SLOW_STEP_MS

    def _envelope(self, t_ms):
        rise = limits.TOUCH_ONSET_FROM + (1 - limits.TOUCH_ONSET_FROM) * t_ms / self._onset_ms
        level = min(1, rise)
        if self._fade_from is not None:
            level *= max(0, 1 - (t_ms - self._fade_from) / _FADE_MS)
        return level


def _heartbeat(into_ms):
    second = _PULSE_MS + _BETWEEN_MS
    if into_ms < _PULSE_MS:
        return _pulse(into_ms)
    if second <= into_ms < second + _PULSE_MS:
        return _SECOND_BEAT * _pulse(into_ms - second)
    return 0


def _pulse(into_ms):
    return min(1, (into_ms + _BEAT_STEP_MS) / _EDGE_MS, (_PULSE_MS - into_ms) / _EDGE_MS)


def _breath(phase):
    if phase < _IN:
        return 0.5 - 0.5 * cos(pi * phase / _IN)
    return 0.5 + 0.5 * cos(pi * (phase - _IN) / (1 - _IN))


def _within(value, low, high):
    return max(low, min(high, value))
