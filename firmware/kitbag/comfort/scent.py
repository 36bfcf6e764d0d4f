"""When a pulse of scent may be given. Pure: it decides, the app opens the diffuser."""

from .. import limits


class Scent:
    """Pulses within the plan, and within limits that no plan can lift.

    `pulses` and `seconds` are `budget.Rolling` sums over 24 h of powered time.
    """

    def __init__(self, pulses, seconds):
        self._pulses = pulses
        self._seconds = seconds
        # Since the last pulse began; None = long ago. After a restart nobody knows when in the
        # last hours it was: the whole gap is waited for.
        self._since_ms = 0 if pulses.recent else None

    def pass_time(self, ms):
        self._pulses.pass_time(ms)
        self._seconds.pass_time(ms)
        if self._since_ms is not None:
            self._since_ms += ms

    def left_today(self, plan):
        """Pulses that the budget still holds."""
        if not plan["scent.enabled"]:
            return 0
        by_count = min(plan["scent.daily_pulses"], limits.SCENT_PULSES_MAX) - self._pulses.total
        by_time = (limits.SCENT_SECONDS_MAX - self._seconds.total) // _whole_seconds(plan)
        return max(0, min(by_count, by_time))

    def refusal(self, plan):
        """Why no pulse may be given now: a word of records.WHYS, or None when one may."""
        if not plan["scent.enabled"]:
            return "not_enabled"
        if self.left_today(plan) <= 0:
            return "budget"
        gap_ms = max(plan["scent.gap_s"], limits.SCENT_GAP_MIN_S) * 1000
        if self._since_ms is not None and self._since_ms < gap_ms:
            return "gap"
        return None

    def give(self, plan):
        """Account for one pulse, before it is given; returns its length in seconds."""
        self._since_ms = 0
        self._pulses.add(1)
        self._seconds.add(_whole_seconds(plan))
        self._pulses.keep()
        self._seconds.keep()
        return pulse_s(plan)


def pulse_s(plan):
    """The length of a pulse, clamped again at use."""
    return max(limits.SCENT_PULSE_MIN_S, min(limits.SCENT_PULSE_MAX_S, plan["scent.pulse_s"]))


def _whole_seconds(plan):
    return int(-(-pulse_s(plan) // 1))
