"""The guard: decides in every cycle whether the heater may be driven at all.

It sees raw readings and what the switches and the current really do, knows nothing of the
controller, and takes time as an argument. Whole numbers only, so that it is the same on every
Python and allocates nothing in steady state. Control may only ask; `permitted` is what it gets.

Each safety function is one small method that says whether it trips on `readings.Readings`; its
limits come from `limits`, its number and reaction stand beside it in `FUNCTIONS`. Those here are
watched always; those of `response`, which ask what came of the heat, while there is some. Two
classes and not one for each, which on the object would cost more memory than the checks do.
"""

from micropython import const

from .. import limits
from .pad import Pad, power_mw

_SLOW_MS = const(20_000)
_FINE = const(64)  # fractions of a m°C or mW, so that rounding hides no small difference
_OVER_UNMEASURED = const(115)  # SF3: until the pad has been measured
_SHOWS = const(700)  # per mille
_STEP_MW = const(100)  # more than the strongest pad adds to the mean in one cycle
_TARGET_MAX_MC = const(40_000)  # L3, once more and apart from `limits`
_CALM_MC = const(100)  # SF13: no further from its mean, and for so long, nothing moves
_CALM_MS = const(20_000)
_REST_MS = const(15_000)  # SF8: after the heater is off its thermistor rises on for its lag

# Reactions, weakest first: none yet, the probe decides; off and may begin anew; off and latched;
# off, latched and for service
DOUBT = 0
OFF = 1
LATCH = 2
LOCK = 3

# Counters of cycles in a row
_RANGE = const(0)
_REFERENCE = const(1)
_ABSOLUTE = const(2)
_LEAK = const(3)
_SWITCH = const(4)
_SUSPECT = const(5)  # while any of those before is counting, the second switch is not renewed
_PAD_SAME = const(5)
_FACE_SAME = const(6)
_PAD_JUMP = const(7)
_FACE_JUMP = const(8)
_CELL = const(9)
_COUNTERS = const(10)


class Guard:
    """Runs every safety function in every cycle and keeps what they found.

    `reaction` is 0 or the strongest reaction since `clear`; `function` the number of the safety
    function that asked for it. OFF clears by itself once nothing trips any more. `finding` is
    what the last cycle alone found. `suspect`: something looked wrong in it, so the second switch
    is not to be renewed. `warning`: the function that has something to tell although heat goes
    on. `apart`: when nothing moved last, the face was warmer than the pad can have left it.
    `response`: a response.Response while warmth is wanted, else None.
    """

    def __init__(self, board, dose):
        self.pad = Pad(board.PAD_W, board.PAD_NOMINAL_V)
        self.reaction = 0
        self.function = 0
        self.finding = 0
        self.suspect = False
        self.warning = 0
        self.apart = False
        self.response = None
        self._dose = dose
        self._in_a_row = bytearray(_COUNTERS)
        self._reference_mv = board.REFERENCE_MV
        self._turn = 0
        self._low_mv = board.PAD_SUPPLY_LOW_MV
        self._high_mv = board.PAD_SUPPLY_HIGH_MV
        self._pad_slow = self._face_slow = None
        # SF8
        self._unpowered_mc = 1 << 20  # the first reading is where it begins, however warm
        self._unpowered_ms = 0
        # SF9
        self._last_pad_mv = 0
        self._last_face_mv = 0
        self._pad_from_mc = self._face_from_mc = None
        # SF10
        self._mean = 0
        # SF13
        self._calm_ms = 0
        # SF18
        self._clock_ms = limits.CLOCK_EVERY_MS
        self._clock_s = 0
        self._clocks = 0

    # How many cycles in a row something has been true: is it enough?
    def _lasts(self, counter, truth, enough):
        n = self._in_a_row[counter] + 1 if truth else 0
        self._in_a_row[counter] = min(n, 255)
        if n and counter < _SUSPECT:
            self.suspect = True
        return n >= enough

    def sensor_range(self, r):
        """SF1: a thermistor outside the divider's range is shorted, open or not readable."""
        most_mv = limits.NTC_OPEN_MV if r.target_mc else limits.NTC_OPEN_AT_REST_MV
        out = not (
            limits.NTC_SHORT_MV <= r.pad_mv <= most_mv
            and limits.NTC_SHORT_MV <= r.face_mv <= most_mv
        )
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
        """SF3: more current than was commanded, or a way to ground when none was. For ever."""
        over = limits.CURRENT_OVER_PERCENT if self.pad.draws else _OVER_UNMEASURED
        allowed = self.pad.expected_ma(r) * over // 100 + limits.CURRENT_OFF_MA
        at_rest = r.duty == 0 and r.edge_ms > limits.SWITCH_OPENS_MS
        grounded = at_rest and 0 <= r.supply_mv < self._low_mv
        # An ADC whose reference has moved sees currents that are not there
        leak = (r.current_ma > allowed or grounded) and not self._in_a_row[_REFERENCE]
        return self._lasts(_LEAK, leak, limits.CURRENT_HIGH_SAMPLES)

    def drift(self, r):
        """How far the pad has left its own mean over the last 20 s, in m°C: what is under way."""
        return r.pad_mc - self._pad_slow // _FINE

    @property
    def mean_mw(self):
        """What the pad got over the last minute."""
        return self._mean // _FINE

    @property
    def unsettled(self):
        """True while SF1 or SF9 have a reading under suspicion: nobody else need judge it."""
        counters = self._in_a_row
        return bool(counters[_RANGE] or counters[_PAD_JUMP] or counters[_FACE_JUMP])

    def rise_unpowered(self, r):
        """SF8: nothing but the heater can warm the pad above a body's own temperature."""
        self._unpowered_ms += r.dt_ms
        if r.duty:
            self._unpowered_ms = -_REST_MS
        elif self._unpowered_ms < 0:
            self._unpowered_mc = r.pad_mc
        elif r.pad_mc < limits.RISE_UNPOWERED_FROM_MC or r.pad_mc < self._unpowered_mc:
            self._unpowered_mc = r.pad_mc
            self._unpowered_ms = 0
        elif r.pad_mc >= self._unpowered_mc + limits.RISE_UNPOWERED_MC:
            self._unpowered_mc = r.pad_mc  # and from here on anew: a reading that came back is one
            return True
        elif self._unpowered_ms >= limits.RISE_UNPOWERED_MS:
            self._unpowered_mc = r.pad_mc
            self._unpowered_ms = 0
        return False

    def frozen(self, r):
        """SF9: a live reading moves in its last bit; the same one 33 times over is not live."""
        same = limits.FROZEN_SAMPLES - 1
        pad = self._lasts(_PAD_SAME, r.pad_mv == self._last_pad_mv, same)
        face = self._lasts(_FACE_SAME, r.face_mv == self._last_face_mv, same)
        self._last_pad_mv = r.pad_mv
        self._last_face_mv = r.face_mv
        return pad or face

    def jump(self, r):
        """SF9: a reading that jumped further than its lag lets it, and stays there.

        A lone spike is gone with the next reading; the median drops it, and it is told.
        """
        if self._pad_from_mc is None:  # the first reading came from nowhere
            self._pad_from_mc, self._face_from_mc = r.pad_raw_mc, r.face_raw_mc
        pad = abs(r.pad_raw_mc - self._pad_from_mc) > limits.JUMP_MC
        face = abs(r.face_raw_mc - self._face_from_mc) > limits.JUMP_MC
        if not pad:
            self._pad_from_mc = r.pad_raw_mc
        if not face:
            self._face_from_mc = r.face_raw_mc
        if pad or face:
            self.warning = 9
        pad = self._lasts(_PAD_JUMP, pad, limits.JUMPS_MAX)
        return self._lasts(_FACE_JUMP, face, limits.JUMPS_MAX) or pad

    def stale(self, r):
        """SF9, SF18: a cycle that came too late worked on readings that were too old."""
        return r.dt_ms > limits.STALE_MS

    def dose_stop(self, r):
        """SF10: the heat dose of the last 24 h of powered time is used up (L5)."""
        self._dose.add(max(r.pad_mc, r.face_mc), r.dt_ms)
        return self._dose.umin >= limits.DOSE_STOP_UMIN

    def mean_power(self, r):
        """SF10: mean electrical power over a minute (L7), whatever the pad could draw."""
        # A first-order mean needs no memory of the minute and answers a step no later
        self._mean += (_FINE * power_mw(r) - self._mean) * r.dt_ms // limits.MEAN_POWER_WINDOW_MS
        return self._mean > _FINE * (limits.MEAN_POWER_MAX_MW + limits.MEAN_POWER_MAX_MW // 10)

    def second_switch(self, r):
        """SF11: the second switch is closed though nothing renewed it, or open though it was."""
        closed = r.supply_mv > self._high_mv
        if r.edge_ms > limits.SWITCH_OPENS_MS:
            wrong = closed
        else:
            known = r.renewed and r.supply_mv >= 0
            wrong = known and r.edge_ms <= limits.STALE_MS and not closed
        return self._lasts(_SWITCH, wrong, limits.RANGE_SAMPLES)

    def apart_at_rest(self, r):
        """SF13: where nothing moves and nobody is, no face is much warmer than its pad.

        Trips nothing: what was seen at rest (`apart`) is asked for before heat may flow.
        """
        face_mc = r.face_mc - self._face_slow // _FINE
        still = abs(self.drift(r)) < _CALM_MC and abs(face_mc) < _CALM_MC
        calm = still and not r.held
        self._calm_ms = min(_CALM_MS, self._calm_ms + r.dt_ms) if calm else 0
        if self._calm_ms >= _CALM_MS:
            self.apart = r.face_mc - r.pad_mc > limits.CALM_AGREE_MC
        return False

    def clock(self, r):
        """SF18: the ticks that all times here are made of, against the real-time clock."""
        self._clock_ms += r.dt_ms
        if self._clock_ms < limits.CLOCK_EVERY_MS:
            return False
        passed_ms = (r.rtc_s - self._clock_s) * 1000
        allowed_ms = self._clock_ms * limits.CLOCK_PERCENT // 100 + 1000
        if self._clock_s and abs(passed_ms - self._clock_ms) > allowed_ms:
            self._clocks += 1
            self.warning = 18
        else:
            self._clocks = 0
        self._clock_s = r.rtc_s
        self._clock_ms = 0
        return self._clocks >= limits.CLOCKS_MAX

    def limits_changed(self, r):
        """SF18: a limit in memory is not the one that was built in."""
        return not r.limits_good

    def cell(self, r):
        """SF19: the cell is being charged, is hot, or cannot be asked how warm it is."""
        known = limits.NTC_SHORT_MV <= r.cell_mv <= limits.NTC_OPEN_AT_REST_MV
        bad = r.charging or not known or r.cell_mc > limits.CELL_MAX_MC
        return self._lasts(_CELL, bad, limits.RANGE_SAMPLES)

    FUNCTIONS = (
        (1, LATCH, sensor_range),
        (1, LATCH, reference),
        (2, LATCH, absolute),
        (3, LOCK, current_high),
        (8, LATCH, rise_unpowered),
        (9, LATCH, frozen),
        (9, LATCH, jump),
        (9, OFF, stale),
        (10, OFF, dose_stop),
        (10, OFF, mean_power),
        (11, LOCK, second_switch),
        (13, DOUBT, apart_at_rest),
        (18, LATCH, clock),
        (18, LOCK, limits_changed),
        (19, OFF, cell),
    )

    def cycle(self, r):
        """Judge one complete cycle. Returns True when something new was found."""
        self.suspect = False
        self.warning = 0
        pad, face = _FINE * r.pad_mc, _FINE * r.face_mc
        if self._pad_slow is None:
            self._pad_slow, self._face_slow = pad, face
        self._pad_slow += (pad - self._pad_slow) * r.dt_ms // _SLOW_MS
        self._face_slow += (face - self._face_slow) * r.dt_ms // _SLOW_MS
        worst = function = 0
        for number, reaction, trips in self.FUNCTIONS:
            if trips(self, r) and reaction > worst:
                worst, function = reaction, number
        response = self.response
        if response is not None:
            for number, reaction, trips in response.FUNCTIONS:
                if trips(response, r) and reaction > worst:
                    worst, function = reaction, number
        self.finding = worst
        if worst > self.reaction:
            self.reaction, self.function = worst, function
            return True
        if worst == 0 and self.reaction == OFF:
            self.reaction = self.function = 0
        return False

    def watch(self, response):
        """From now on ask `response` too; None when warmth is over."""
        self.response = response

    def bar(self, reaction, function):
        """Take over a reaction from elsewhere: the latch at boot, the start-up test."""
        if reaction > self.reaction:
            self.reaction, self.function = reaction, function

    def clear(self):
        """The holder acknowledged a latch, and nothing trips any more. A lock stays."""
        if self.reaction < LOCK:
            self.reaction = self.function = 0

    def permitted(self, asked, r, probing=False):
        """The duty (per mille) that the heater gets where `asked` is asked for.

        A probe may draw what the pad can, as long as L7's mean over a minute bears it.
        """
        if self.reaction or not 0 < r.target_mc <= _TARGET_MAX_MC:
            return 0
        most = self.pad.cap(r.battery_mv)
        if probing:
            bears = self._mean < _FINE * (limits.MEAN_POWER_MAX_MW - _STEP_MW)
            if bears or r.edge_ms > limits.SWITCH_OPENS_MS:  # past an open switch nothing flows
                most = 1000
        elif _SHOWS < asked < 1000:
            # SF3: a switch that leaks adds little to a duty that is high anyway. Every fourth
            # cycle is a lower one, in which it shows, and the three others make up for it
            self._turn = self._turn + 1 & 3
            if self._turn and not self._in_a_row[_LEAK]:
                asked += (asked - _SHOWS) // 3
            else:
                asked = _SHOWS
        return max(0, min(asked, most))
