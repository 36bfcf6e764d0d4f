"""The guard: decides in every cycle whether the heater may be driven at all.

It sees raw readings and what the switches and the current really do, knows nothing of the
controller, and takes time as an argument. Whole numbers only, so that it is the same on every
Python and allocates nothing in steady state. Control may only ask; `permitted` is what it gets.

Each safety function is one small class with `trips(r) -> bool` over `readings.Readings`. Its
limits come from `limits`, its number and reaction stand beside it in `FUNCTIONS`.
"""

from .. import limits

_TRIP_FACE_MC = round(1000 * limits.FACE_TRIP_C)
_TRIP_PAD_MC = round(1000 * limits.PAD_TRIP_C)
_JUMP_MC = round(1000 * limits.JUMP_C)
_HOTTER_MC = round(1000 * limits.FACE_HOTTER_C)
_HOTTER_PAD_MC = round(1000 * limits.FACE_HOTTER_PAD_C)
_OVERSHOOT_MC = round(1000 * limits.OVERSHOOT_C)
_UNPOWERED_FROM_MC = round(1000 * limits.RISE_UNPOWERED_FROM_C)
_UNPOWERED_RISE_MC = round(1000 * limits.RISE_UNPOWERED_C)
_RESPONSE_MC = round(1000 * limits.NO_RESPONSE_RISE_C)
_CURRENT_OFF_MA = round(1000 * limits.CURRENT_OFF_A)
_TOLERANCE_PERCENT = round(100 * limits.CURRENT_TOLERANCE)
_MEAN_POWER_MW = round(1000 * limits.MEAN_POWER_MAX_W)
_DOSE_STOP = round(1_000_000 * limits.DOSE_STOP_CEM43_MIN)
_NO_RESPONSE_MJ = round(1000 * limits.NO_RESPONSE_J)
_FACE_HOTTER_MJ = round(1000 * limits.FACE_HOTTER_AFTER_J)

_LAG_MC = 1000  # SF5 looks only while the pad is this far below its target
_FALL_MC = 1500  # SF5: no pad falls so far while NO_RESPONSE_J go into it
_SETTLED_MC = 500
_SETTLED_MS = 30_000
_MOVING_MW = 300  # SF7: "while heating"

# Reactions, weakest first: off and may resume; off and latched; off, latched and for service
OFF = 1
LATCH = 2
LOCK = 3


class Count:
    """How many cycles in a row something has been true."""

    def __init__(self, enough):
        self._enough = enough
        self._n = 0

    def reached(self, truth):
        self._n = self._n + 1 if truth else 0
        return self._n >= self._enough


class Range:
    """SF1: a thermistor outside the divider's range is shorted, open or not readable."""

    def __init__(self):
        self._count = Count(limits.RANGE_SAMPLES)

    def trips(self, r):
        return self._count.reached(_out_of_range(r.pad_mv) or _out_of_range(r.face_mv))


class Reference:
    """SF1: both thermistors hang on one supply; its divider shows when that has moved."""

    def __init__(self, reference_mv):
        self._low = round(reference_mv * (1 - limits.REFERENCE_TOLERANCE))
        self._high = round(reference_mv * (1 + limits.REFERENCE_TOLERANCE))
        self._count = Count(limits.RANGE_SAMPLES)

    def trips(self, r):
        return self._count.reached(not self._low <= r.reference_mv <= self._high)


class Absolute:
    """SF2: L1 at the face, L2 at the pad; each thermistor alone can trip."""

    def __init__(self):
        self._count = Count(limits.TRIP_SAMPLES)

    def trips(self, r):
        return self._count.reached(r.face_mc >= _TRIP_FACE_MC or r.pad_mc >= _TRIP_PAD_MC)


class CurrentOff:
    """SF3: current although none was commanded. Watched for ever, also while nothing is wanted."""

    def __init__(self):
        self._count = Count(limits.CURRENT_OFF_SAMPLES)

    def trips(self, r):
        return self._count.reached(r.duty == 0 and r.current_ma > _CURRENT_OFF_MA)


class CurrentOn:
    """SF4: another current than the battery drives through this pad at this duty."""

    def __init__(self, pad):
        self._pad = pad
        self._count = Count(limits.CURRENT_ON_SAMPLES)

    def trips(self, r):
        expected = self._pad.current_ma(r.duty, r.battery_mv)
        allowed = expected * _TOLERANCE_PERCENT // 100 + _CURRENT_OFF_MA // 2
        return self._count.reached(
            expected > _CURRENT_OFF_MA and abs(r.current_ma - expected) > allowed
        )


class NoResponse:
    """SF5: heat went in and the pad, far below its target, did not get warmer.

    A pad that has warmed by itself and then comes to rest below the target is only too weak for
    the room ("cannot reach"); one that never answered, or that falls while it is heated, reads
    something other than the pad.
    """

    def __init__(self, pad):
        self._pad = pad
        self._mark_mc = 0
        self._energy_mj = 0
        self._answered = False

    def trips(self, r):
        if r.target_mc == 0:
            self._answered = False
            self._restart(r)
            return False
        if r.pad_mc > r.target_mc - _LAG_MC:
            self._restart(r)
            return False
        self._energy_mj += self._pad.power_mw(r.duty, r.battery_mv) * r.dt_ms // 1000
        if r.pad_mc >= self._mark_mc + _RESPONSE_MC:
            self._answered = True
            self._restart(r)
        elif self._energy_mj >= _NO_RESPONSE_MJ:
            if not self._answered or r.pad_mc <= self._mark_mc - _FALL_MC:
                return True
            self._restart(r)
        return False

    def _restart(self, r):
        self._mark_mc = r.pad_mc
        self._energy_mj = 0


class FaceHotter:
    """SF7: while it heats, the side with the heater cannot be the cooler one for long."""

    def __init__(self, pad):
        self._pad = pad
        self._energy_mj = 0
        self._for_ms = 0

    def trips(self, r):
        if r.target_mc == 0:
            self._energy_mj = self._for_ms = 0
            return False
        power_mw = self._pad.power_mw(r.duty, r.battery_mv)
        if self._energy_mj < _FACE_HOTTER_MJ:
            self._energy_mj += power_mw * r.dt_ms // 1000
        hotter = (
            self._energy_mj >= _FACE_HOTTER_MJ
            and power_mw > _MOVING_MW
            and r.pad_mc > _HOTTER_PAD_MC
            and r.face_mc > r.pad_mc + _HOTTER_MC
        )
        self._for_ms = self._for_ms + r.dt_ms if hotter else 0
        return self._for_ms >= limits.FACE_HOTTER_MS


class RiseUnpowered:
    """SF8: nothing but the heater can warm the pad above a body's own temperature."""

    def __init__(self):
        self._from_mc = 0
        self._for_ms = 0

    def trips(self, r):
        if r.duty or r.pad_mc < _UNPOWERED_FROM_MC or r.pad_mc < self._from_mc:
            self._from_mc = r.pad_mc
            self._for_ms = 0
            return False
        self._for_ms += r.dt_ms
        if r.pad_mc >= self._from_mc + _UNPOWERED_RISE_MC:
            return True
        if self._for_ms >= limits.RISE_UNPOWERED_MS:
            self._from_mc = r.pad_mc
            self._for_ms = 0
        return False


class Overshoot:
    """SF8: a pad that was settled on its target and then runs away above it."""

    def __init__(self):
        self._target_mc = 0
        self._settled_ms = 0
        self._count = Count(limits.OVERSHOOT_SAMPLES)

    def trips(self, r):
        if r.target_mc == 0 or r.target_mc < self._target_mc:
            self._settled_ms = 0  # a pad cools at its own pace after a lower target
        self._target_mc = r.target_mc
        if self._settled_ms < _SETTLED_MS:
            near = abs(r.pad_mc - r.target_mc) <= _SETTLED_MC
            self._settled_ms = self._settled_ms + r.dt_ms if near and r.target_mc else 0
            return self._count.reached(False)
        return self._count.reached(r.pad_mc > r.target_mc + _OVERSHOOT_MC)


class Frozen:
    """SF9: a live reading moves in its last bit; the same one 33 times over is not live."""

    def __init__(self):
        self._pad_mv = self._face_mv = 0
        self._pad_same = Count(limits.FROZEN_SAMPLES - 1)
        self._face_same = Count(limits.FROZEN_SAMPLES - 1)

    def trips(self, r):
        pad = self._pad_same.reached(r.pad_mv == self._pad_mv)
        face = self._face_same.reached(r.face_mv == self._face_mv)
        self._pad_mv = r.pad_mv
        self._face_mv = r.face_mv
        return pad or face


class Jump:
    """SF9: readings that jump again and again. A lone spike is the median's business."""

    def __init__(self):
        self._count = Count(limits.JUMPS_MAX)

    def trips(self, r):
        pad = r.pad_raw_mc - r.pad_mc
        face = r.face_raw_mc - r.face_mc
        return self._count.reached(abs(pad) > _JUMP_MC or abs(face) > _JUMP_MC)


class Stale:
    """SF9, SF18: a cycle that came too late worked on readings that were too old."""

    def trips(self, r):
        return r.dt_ms > limits.STALE_MS


class DoseStop:
    """SF10: the heat dose of the last 24 h of powered time is used up (L5)."""

    def __init__(self, dose):
        self._dose = dose

    def trips(self, r):
        self._dose.add(max(r.pad_mc, r.face_mc), r.dt_ms)
        return self._dose.micro_min >= _DOSE_STOP


class OnTime:
    """SF10: on too long (L6), or too long with nobody there."""

    def __init__(self):
        self._on_ms = 0
        self._alone_ms = 0

    def trips(self, r):
        if r.target_mc == 0:
            self._on_ms = self._alone_ms = 0
            return False
        self._on_ms += r.dt_ms
        self._alone_ms = 0 if r.held else self._alone_ms + r.dt_ms
        return self._on_ms > limits.ON_TIME_MAX_MS or self._alone_ms > limits.ON_TIME_ALONE_MS


class MeanPower:
    """SF10: mean electrical power over a minute (L7), whatever the pad could draw."""

    def __init__(self, pad):
        self._pad = pad
        self._mean = 0  # in mW / 64, so that rounding cannot hide a small difference

    def trips(self, r):
        # A first-order mean needs no memory of the minute and answers a step no later
        power_mw = self._pad.power_of_ma(r.current_ma, r.battery_mv)
        self._mean += (64 * power_mw - self._mean) * r.dt_ms // limits.MEAN_POWER_WINDOW_MS
        return self._mean > 64 * (_MEAN_POWER_MW + _MEAN_POWER_MW // 10)


class Pad:
    """What the board's pad draws: power follows the square of the battery's voltage."""

    def __init__(self, pad_w, nominal_v):
        self._full_mw = round(1000 * pad_w)
        self._nominal_mv = round(1000 * nominal_v)

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
        return self.full_mw(battery_mv) * duty // battery_mv

    def power_of_ma(self, current_ma, battery_mv):
        return current_ma * battery_mv // 1000

    def cap(self, battery_mv):
        """The highest duty (per mille) whose mean power keeps within L7."""
        full_mw = self.full_mw(battery_mv)
        return 1000 if full_mw <= _MEAN_POWER_MW else _MEAN_POWER_MW * 1000 // full_mw


class Guard:
    """Runs every safety function in every cycle and keeps what they found.

    `reaction` is 0 or the strongest reaction since `clear`; `function` the number of the safety
    function that asked for it. OFF clears by itself once nothing trips any more.
    """

    def __init__(self, board, dose):
        self.pad = pad = Pad(board.PAD_W, board.PAD_NOMINAL_V)
        self._functions = (
            (1, LATCH, Range()),
            (1, LATCH, Reference(board.REFERENCE_MV)),
            (2, LATCH, Absolute()),
            (3, LOCK, CurrentOff()),
            (4, LATCH, CurrentOn(pad)),
            (5, LATCH, NoResponse(pad)),
            (7, LATCH, FaceHotter(pad)),
            (8, LATCH, RiseUnpowered()),
            (8, LATCH, Overshoot()),
            (9, LATCH, Frozen()),
            (9, LATCH, Jump()),
            (9, OFF, Stale()),
            (10, OFF, DoseStop(dose)),
            (10, OFF, OnTime()),
            (10, OFF, MeanPower(pad)),
        )
        self.reaction = 0
        self.function = 0

    def cycle(self, r):
        """Judge one complete cycle. Returns True when something new was found."""
        worst = function = 0
        for number, reaction, unit in self._functions:
            if unit.trips(r) and reaction > worst:
                worst, function = reaction, number
        if worst > self.reaction:
            self.reaction, self.function = worst, function
            return True
        if worst == 0 and self.reaction == OFF:
            self.reaction = self.function = 0
        return False

    def bar(self, reaction, function):
        """Take over a reaction from elsewhere: the latch at boot, the start-up test."""
        if reaction > self.reaction:
            self.reaction, self.function = reaction, function

    def clear(self):
        """The holder acknowledged a latch, and nothing trips any more. A lock stays."""
        if self.reaction < LOCK:
            self.reaction = self.function = 0

    def permitted(self, asked, r):
        """The duty (per mille) that the heater gets where control asks for `asked`."""
        if self.reaction:
            return 0
        return max(0, min(asked, self.pad.cap(r.battery_mv)))


def _out_of_range(mv):
    return not limits.NTC_SHORT_MV <= mv <= limits.NTC_OPEN_MV
