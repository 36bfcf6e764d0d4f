"""What the heating pad draws, as far as cell and switches let it. Whole numbers only."""

from .. import limits


def power_mw(r):
    """What really flowed into the pad in the cycle that just ended, in mW."""
    return r.current_ma * r.battery_mv // 1000


class Pad:
    """What the board's pad draws: power follows the square of the battery's voltage.

    `draws` is what this very pad was measured to draw, per mille of the board's; 0 until then.
    """

    def __init__(self, pad_w, nominal_v):
        self._full_mw = round(1000 * pad_w)
        self._nominal_mv = round(1000 * nominal_v)
        self.draws = 0

    def full_mw(self, battery_mv):
        """Power at full duty, in mW."""
        percent = battery_mv * 100 // self._nominal_mv
        return self._full_mw * percent * percent // 10_000

    def power_mw(self, duty, battery_mv):
        """Mean power at `duty` per mille."""
        return self.full_mw(battery_mv) * duty // 1000

    def current_ma(self, duty, battery_mv):
        """Mean current at `duty` per mille."""
        if battery_mv <= 0:
            return 0
        return self.full_mw(battery_mv) * (self.draws or 1000) // 1000 * duty // battery_mv

    def expected_ma(self, r):
        """What should have flowed in the cycle that just ended: nothing past an open switch."""
        if r.edge_ms > limits.SWITCH_OPENS_MS:
            return 0
        return self.current_ma(r.duty, r.battery_mv)

    def measured(self, permille):
        """Take over what the pad draws. Returns False where that is no pad of this board."""
        least, most = limits.PAD_DRAWS_PERMILLE
        if not least <= permille <= most:
            return False
        self.draws = permille
        return True

    def cap(self, battery_mv):
        """The highest duty (per mille) whose mean power keeps within L7."""
        full_mw = self.full_mw(battery_mv)
        return (
            1000
            if full_mw <= limits.MEAN_POWER_MAX_MW
            else limits.MEAN_POWER_MAX_MW * 1000 // full_mw
        )
