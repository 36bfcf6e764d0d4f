"""The guard: decides in every cycle whether the heater may be driven at all.

It sees raw readings and what the switches and the current really do, knows nothing of the
controller, and takes time as an argument. Whole numbers only, so that it is the same on every
Python and allocates nothing in steady state. Control may only ask; `permitted` is what it gets.

Each safety function is one small method of `Guard` that says whether it trips on
`readings.Readings`; its limits come from `limits`, its number and reaction stand beside it in
`Guard.FUNCTIONS`. One class for all of them, because on the object a class of its own for each
would cost more memory than the checks themselves.
"""

from micropython import const

from .. import limits

_ANSWER_MC = const(1000)  # SF5: a rise that shows that the reading is the pad's
_LAG_MC = const(1000)  # SF5 looks only while the pad is this far below its target
_FALL_MC = const(1500)  # SF5: no pad falls so far while NO_RESPONSE_J go into it
_COLD_ROOM_MC = const(10_000)
_SETTLED_MC = const(500)
_SETTLED_MS = const(30_000)
_MOVING_MW = const(300)  # SF7: "while heating"

# Reactions, weakest first: off and may resume; off and latched; off, latched and for service
OFF = 1
LATCH = 2
LOCK = 3

# Counters of cycles in a row
_RANGE = const(0)
_REFERENCE = const(1)
_ABSOLUTE = const(2)
_LEAK = const(3)
_NO_CURRENT = const(4)
_OVERSHOOT = const(5)
_PAD_SAME = const(6)
_FACE_SAME = const(7)
_JUMP = const(8)
_COUNTERS = const(9)


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

    def cap(self, battery_mv):
        """The highest duty (per mille) whose mean power keeps within L7."""
        full_mw = self.full_mw(battery_mv)
        return (
            1000
            if full_mw <= limits.MEAN_POWER_MAX_MW
            else limits.MEAN_POWER_MAX_MW * 1000 // full_mw
        )


class Guard:
    """Runs every safety function in every cycle and keeps what they found.

    `reaction` is 0 or the strongest reaction since `clear`; `function` the number of the safety
    function that asked for it. OFF clears by itself once nothing trips any more. `finding` is
    what the last cycle alone found.
    """

    def __init__(self, board, dose):
        self.pad = Pad(board.PAD_W, board.PAD_NOMINAL_V)
        self.reaction = 0
        self.function = 0
        self.finding = 0
        self._dose = dose
        self._in_a_row = bytearray(_COUNTERS)
        self._reference_mv = board.REFERENCE_MV
        # SF5
        self._start_mc = 0
        self._mark_mc = 0
        self._mark_mj = 0
        self._answered = False
        # SF7
        self._heated_mj = 0
        self._face_hotter_ms = 0
        # SF8
        self._unpowered_mc = 1 << 20  # the first reading is where it begins, however warm
        self._unpowered_ms = 0
        self._last_target_mc = 0
        self._settled_ms = 0
        # SF9
        self._last_pad_mv = 0
        self._last_face_mv = 0
        self._last_pad_mc = 0
        self._last_face_mc = 0
        # SF10
        self._on_ms = 0
        self._alone_ms = 0
        self._mean = 0  # power in mW / 64, so that rounding cannot hide a small difference

    # How many cycles in a row something has been true: is it enough?
    def _lasts(self, counter, truth, enough):
        n = self._in_a_row[counter] + 1 if truth else 0
        self._in_a_row[counter] = min(n, 255)
        return n >= enough

    def sensor_range(self, r):
        """SF1: a thermistor outside the divider's range is shorted, open or not readable."""
        out = _out_of_range(r.pad_mv) or _out_of_range(r.face_mv)
        return self._lasts(_RANGE, out, limits.RANGE_SAMPLES)

    def reference(self, r):
        """SF1: both thermistors hang on one supply; its divider shows when that has moved."""
        off = abs(r.reference_mv - self._reference_mv) * 1000
        out = off > self._reference_mv * limits.REFERENCE_TOLERANCE_PERMILLE
        return self._lasts(_REFERENCE, out, limits.RANGE_SAMPLES)

    def absolute(self, r):
        """SF2: L1 at the face, L2 at the pad; each thermistor alone can trip."""
        over = r.face_mc >= limits.FACE_TRIP_MC or r.pad_mc >= limits.PAD_TRIP_MC
        return self._lasts(_ABSOLUTE, over, limits.TRIP_SAMPLES)

    def current_high(self, r):
        """SF3: more current than was commanded, or any while none was. Watched for ever."""
        allowed = self._expected_ma(r) * limits.CURRENT_OVER_PERCENT // 100 + limits.CURRENT_OFF_MA
        return self._lasts(_LEAK, r.current_ma > allowed, limits.CURRENT_HIGH_SAMPLES)

    def current_low(self, r):
        """SF4: less current than the battery drives through this pad at this duty."""
        expected = self._expected_ma(r)
        low = (
            r.current_ma < expected * limits.CURRENT_UNDER_PERCENT // 100
            and expected > limits.CURRENT_OFF_MA
        )
        return self._lasts(_NO_CURRENT, low, limits.CURRENT_LOW_SAMPLES)

    def _expected_ma(self, r):
        return self.pad.current_ma(r.duty, r.battery_mv)

    def no_response(self, r):
        """SF5: heat stayed in the pad and the pad, far below its target, did not get warmer.

        What flows on through cover and back is taken off first, so that a body that leaves is no
        fault. A pad that has warmed and then comes to rest below the target is only too weak for
        the room ("cannot reach"); one that never answered, or that falls while it is heated,
        reads something other than the pad.
        """
        if r.target_mc == 0:
            self._answered = False
            self._start_mc = r.pad_mc
        elif r.pad_mc >= self._start_mc + _ANSWER_MC:
            self._answered = True
        if r.target_mc and r.pad_mc <= r.target_mc - _LAG_MC:
            kept_mw = self.pad.power_mw(r.duty, r.battery_mv) - _flow_mw(r)
            self._mark_mj += max(0, kept_mw) * r.dt_ms // 1000
            if r.pad_mc < self._mark_mc + limits.NO_RESPONSE_RISE_MC:
                if self._mark_mj < limits.NO_RESPONSE_MJ:
                    return False
                if not self._answered or r.pad_mc <= self._mark_mc - _FALL_MC:
                    return True
        self._mark_mc = r.pad_mc
        self._mark_mj = 0
        return False

    def face_hotter(self, r):
        """SF7: while it heats, the side with the heater cannot be the cooler one for long."""
        if r.target_mc == 0:
            self._heated_mj = self._face_hotter_ms = 0
            return False
        power_mw = self.pad.power_mw(r.duty, r.battery_mv)
        if self._heated_mj < limits.FACE_HOTTER_AFTER_MJ:
            self._heated_mj += power_mw * r.dt_ms // 1000
        hotter = (
            self._heated_mj >= limits.FACE_HOTTER_AFTER_MJ
            and power_mw > _MOVING_MW
            and r.pad_mc > limits.FACE_HOTTER_PAD_MC
            and r.face_mc > r.pad_mc + limits.FACE_HOTTER_MC
        )
        self._face_hotter_ms = self._face_hotter_ms + r.dt_ms if hotter else 0
        return self._face_hotter_ms >= limits.FACE_HOTTER_MS

    def rise_unpowered(self, r):
        """SF8: nothing but the heater can warm the pad above a body's own temperature."""
        self._unpowered_ms += r.dt_ms
        if r.duty or r.pad_mc < limits.RISE_UNPOWERED_FROM_MC or r.pad_mc < self._unpowered_mc:
            self._unpowered_mc = r.pad_mc
            self._unpowered_ms = 0
        elif r.pad_mc >= self._unpowered_mc + limits.RISE_UNPOWERED_MC:
            return True
        elif self._unpowered_ms >= limits.RISE_UNPOWERED_MS:
            self._unpowered_mc = r.pad_mc
            self._unpowered_ms = 0
        return False

    def overshoot(self, r):
        """SF8: a pad that was settled on its target and then runs away above it."""
        if r.target_mc == 0 or r.target_mc < self._last_target_mc:
            self._settled_ms = 0  # a pad cools at its own pace after a lower target
        self._last_target_mc = r.target_mc
        if self._settled_ms < _SETTLED_MS:
            near = abs(r.pad_mc - r.target_mc) <= _SETTLED_MC
            self._settled_ms = self._settled_ms + r.dt_ms if near and r.target_mc else 0
            return self._lasts(_OVERSHOOT, False, limits.OVERSHOOT_SAMPLES)
        over = r.pad_mc > r.target_mc + limits.OVERSHOOT_MC
        return self._lasts(_OVERSHOOT, over, limits.OVERSHOOT_SAMPLES)

    def frozen(self, r):
        """SF9: a live reading moves in its last bit; the same one 33 times over is not live."""
        same = limits.FROZEN_SAMPLES - 1
        pad = self._lasts(_PAD_SAME, r.pad_mv == self._last_pad_mv, same)
        face = self._lasts(_FACE_SAME, r.face_mv == self._last_face_mv, same)
        self._last_pad_mv = r.pad_mv
        self._last_face_mv = r.face_mv
        return pad or face

    def jump(self, r):
        """SF9: readings that jump again and again. A lone spike jumps there and back."""
        pad = abs(r.pad_raw_mc - self._last_pad_mc) > limits.JUMP_MC
        face = abs(r.face_raw_mc - self._last_face_mc) > limits.JUMP_MC
        self._last_pad_mc = r.pad_raw_mc
        self._last_face_mc = r.face_raw_mc
        return self._lasts(_JUMP, pad or face, limits.JUMPS_MAX)

    def stale(self, r):
        """SF9, SF18: a cycle that came too late worked on readings that were too old."""
        return r.dt_ms > limits.STALE_MS

    def dose_stop(self, r):
        """SF10: the heat dose of the last 24 h of powered time is used up (L5)."""
        self._dose.add(max(r.pad_mc, r.face_mc), r.dt_ms)
        return self._dose.umin >= limits.DOSE_STOP_UMIN

    def on_time(self, r):
        """SF10: on too long (L6), or too long with nobody there."""
        if r.target_mc == 0:
            self._on_ms = self._alone_ms = 0
            return False
        self._on_ms += r.dt_ms
        self._alone_ms = 0 if r.held else self._alone_ms + r.dt_ms
        return self._on_ms > limits.ON_TIME_MAX_MS or self._alone_ms > limits.ON_TIME_ALONE_MS

    def mean_power(self, r):
        """SF10: mean electrical power over a minute (L7), whatever the pad could draw."""
        # A first-order mean needs no memory of the minute and answers a step no later
        power_mw = r.current_ma * r.battery_mv // 1000
        self._mean += (64 * power_mw - self._mean) * r.dt_ms // limits.MEAN_POWER_WINDOW_MS
        return self._mean > 64 * (limits.MEAN_POWER_MAX_MW + limits.MEAN_POWER_MAX_MW // 10)

    FUNCTIONS = (
        (1, LATCH, sensor_range),
        (1, LATCH, reference),
        (2, LATCH, absolute),
        (3, LOCK, current_high),
        (4, LATCH, current_low),
        (5, LATCH, no_response),
        (7, LATCH, face_hotter),
        (8, LATCH, rise_unpowered),
        (8, LATCH, overshoot),
        (9, LATCH, frozen),
        (9, LATCH, jump),
        (9, OFF, stale),
        (10, OFF, dose_stop),
        (10, OFF, on_time),
        (10, OFF, mean_power),
    )

    def cycle(self, r):
        """Judge one complete cycle. Returns True when something new was found."""
        worst = function = 0
        for number, reaction, trips in self.FUNCTIONS:
            if trips(self, r) and reaction > worst:
                worst, function = reaction, number
        self.finding = worst
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


# Heat that leaves the pad at the most, in mW: through the cover to the face, as that shows, and
# through the back to a cold room. Half as much again as the plant of docs/safety.md.
def _flow_mw(r):
    return max(0, r.pad_mc - r.face_mc) + max(0, r.pad_mc - _COLD_ROOM_MC) // 20


def _out_of_range(mv):
    return not limits.NTC_SHORT_MV <= mv <= limits.NTC_OPEN_MV
