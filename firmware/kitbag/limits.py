"""Every safety number of the object, with its unit and source.

Nothing here can be set at run time: a care plan may only ask for less, and whoever uses a value
clamps against this file again at the moment of use. What the guard compares stands in its own
whole units: m°C, mA, mV, mW, mJ and millionths of a CEM43 minute (UMIN). Sources: L1-L9 are the
project's limits (docs/safety.md), SF1-SF19 its safety functions. `checking` tells whether
they still are what was written here.
"""

from binascii import crc32

# --- What a care plan may ask for (pad temperatures: the hot side, where heat is controlled) ---
LEVEL_MIN_C = 30.0
LEVEL_MAX_C = 40.0  # L3: below every burn datum found for skin through a cover
LEVEL_SETTLED_C = 38.5  # L3: what 40 C becomes after the first 20 minutes
LEVEL_SETTLED_AFTER_MS = 20 * 60_000
LEVEL_QUIET_C = 38.0  # L4: nobody has touched the object for 30 minutes
LEVEL_QUIET_AFTER_MS = 30 * 60_000
LEVEL_TENDER_C = 38.0  # L8: neck placement or reduced sensation
TENDER_ON_MS = 2 * 3_600_000  # L8: and no longer than two hours
SLEEP_MIN_C = 30.0
SLEEP_MAX_C = 36.0  # asleep: Raymann 2005, warm skin without waking
SESSION_MIN_MIN = 5
SESSION_MAX_MIN = 45  # heating-pad practice is 15-30 min
RAMP_MIN_C_PER_MIN = 0.2
RAMP_MAX_C_PER_MIN = 3.0
FADE_MIN_MIN = 5
FADE_MAX_MIN = 60

# --- The guard's absolute limits ---
FACE_TRIP_MC = 41_000  # L1: IEC 60601-1 / DSH-422, single fault included
PAD_TRIP_MC = 43_500  # L2: above any overshoot, below the independent 46 C cut-out (L9)
TRIP_SAMPLES = 3  # L1, L2: consecutive cycles, 0.9 s

# --- Dose and time (L5-L7) ---
BUDGET_HOURS = 24  # every budget rolls over this much powered time; time switched off is none
DOSE_STEP_UMIN = 1_500_000  # L5: the level steps down to DOSE_STEP_LEVEL_C ...
DOSE_STEP_LEVEL_C = 37.0
DOSE_STOP_UMIN = 2_000_000  # L5: ... and heat stops here (van Rhoon 2013, uncontrolled condition)
DOSE_MARGIN_MC = 500  # L5: counted from the hotter sensor plus this
ON_TIME_MAX_MS = 10 * 3_600_000  # L6
ON_TIME_ALONE_MS = 3_600_000  # L6: without body contact
MEAN_POWER_MAX_MW = 3_000  # L7: over MEAN_POWER_WINDOW_MS, whatever the pad could draw
MEAN_POWER_WINDOW_MS = 60_000

# --- Sensors (SF1, SF9) ---
NTC_SHORT_MV = 150  # SF1: the ESP32's linear range at 11 dB starts here
NTC_OPEN_MV = 2400  # SF1: and ends here: no heat above it (below 5 C), and while heating ...
NTC_COLD_MARGIN_MV = 10  # and no heat begins so near to it, 4.8 C: a face may cool on a little
NTC_OPEN_AT_REST_MV = 2950  # SF1: ... a fault; at rest it may be the cold of a car in winter
RANGE_SAMPLES = 3  # 0.9 s: one spike is noise, three are a fault
FROZEN_SAMPLES = 33  # SF9: identical raw readings, 10 s; a live reading has noise in its last bit
JUMP_MC = 1_200  # SF9: a thermistor behind its lag moves half of this in one cycle at the most
JUMPS_MAX = 3  # SF9: a lone jump is a spike, dropped by the median; one that stays is a fault
STALE_MS = 1_000  # SF9, SF18: older than this is no reading; a later cycle is no cycle
LATE_MS = 350  # SF9: two turns in a row that come so late, past any erase of flash
REFERENCE_TOLERANCE_PERMILLE = 20  # SF1: both thermistors share the reference's supply

# --- Energy and temperature (SF3-SF8), in joules, so that any pad power reads the same ---
NO_RESPONSE_MJ = 60_000  # SF5: this much heat into the pad ...
NO_RESPONSE_RISE_MC = 250  # SF5: ... must show at least this rise below the set-point
MORE_HEAT_MJ = 30_000  # SF5: or this much more than a settled pad had been content with
FALL_DOUBT_MC = 600  # SF5: a fall that neither the heater nor the face explains is doubtful ...
FALL_MC = 2_000  # SF5: ... and this far a fault
FACE_FALL_DOUBT_MC = 2_000  # SF7: the same of the face, ...
FACE_FALL_MC = 6_000  # SF7: ... where bodies come and go
PROBE_MJ = 60_000  # SF6: the pulse ...
PROBE_RISE_MC = 350  # SF6: ... and what it must show at the pad beyond what was under way ...
PROBE_PAUSE_MC = 130  # SF6: ... or, with as long a pause after it, beyond any drift
PROBE_SIDES_MC = 150  # SF7: by so much the pad must feel it more than the face ...
PROBE_SIDES_EARLY_MC = -100  # SF7: ... or so be sped up by it, while an embrace warms the face
TREMOR_MW = 35  # SF6: at a steady level the heat trembles by so much ...
TREMOR_UC = 530  # SF6: ... and the reading of a thermistor that is there by this (0.000001 C)
PROBE_EVERY_MS = 15 * 60_000
FACE_FOLLOWS_MC = 250  # SF7: a face that has not moved this much ...
FACE_FOLLOWS_AFTER_MC = 3_000  # SF7: ... while the pad was warmed this much, is somewhere else
FACE_FOLLOWS_FROM_REST_MC = 1_900  # SF7: ... or only this much, from rest
FACE_HOTTER_AFTER_MJ = 120_000  # SF7: only after real heating ...
FACE_HOTTER_PAD_MC = 35_000  # SF7: ... and above skin temperature may the face not be hotter
FACE_HOTTER_MC = 500
FACE_HOTTER_MS = 30_000
FACE_COLDER_K_PER_W = 3  # SF7: no cover resists more: what is heated cannot leave the face ...
FACE_COLDER_MC = 2_500  # SF7: ... further behind than its heat explains, and this
RISE_UNPOWERED_FROM_MC = 36_500  # SF8: above what a body alone can reach
RISE_UNPOWERED_MC = 600
RISE_UNPOWERED_MS = 20_000
OVERSHOOT_MC = 3_000  # SF8: over the target, once settled
OVERSHOOT_SAMPLES = 10
CURRENT_OFF_MA = 20  # SF3, SF4: what the sense may be off by
CURRENT_OVER_PERCENT = 105  # SF3: of what this pad was measured to draw, plus CURRENT_OFF_MA
CURRENT_UNDER_PERCENT = 65  # SF4: of the same
CURRENT_HIGH_SAMPLES = 4  # SF3: 1.2 s, past the filter's tail
CURRENT_LOW_SAMPLES = 8  # SF4: 2.4 s
CURRENT_GAPS_MAX = 3  # SF4: losses of current within CURRENT_GAPS_MS: a wire that is breaking
CURRENT_GAPS_MS = 60_000
PAD_DRAWS_PERMILLE = (800, 1_150)  # SF4: a pad that draws less or more is another pad

# --- The renew-or-die chain (SF11, SF12) ---
CYCLE_MS = 300  # one guard cycle: read, check, drive, renew
SWITCH_OPENS_MS = 1_500  # SF11: so long after the last edge the second switch is open
WATCHDOG_MS = 2_000
REST_AGREE_MC = 2_000  # SF13: two thermistors at rest with their surroundings
REST_AGREE_AFTER_MS = 30 * 60_000
CALM_AGREE_MC = 3_000  # SF13: where nothing moves, a face may be so much warmer than its pad
CLOCK_PERCENT = 5  # SF18: ticks against the real-time clock
CLOCK_EVERY_MS = 60_000
CLOCKS_MAX = 3  # SF18: a clock that was set is off once; one that runs wrong again and again

# --- The latch (SF14) ---
LATCHES_TO_LOCK = 3  # within BUDGET_HOURS
STARTS_TO_LOCK = 3  # SF12: after panics or errors, with no good minute between

# --- Supply ---
BATTERY_EMPTY_MV = 3_200  # under load: below this heat rests, the log and the rest go on
BATTERY_BACK_MV = 3_400
CELL_MAX_MC = 45_000  # SF19: JEITA's end of charging; far below what a cell may discharge at

# --- Scent (product.md: Perl 2016; Dalton & Wysocki 1996) ---
SCENT_PULSE_MIN_S = 1
SCENT_PULSE_MAX_S = 20
SCENT_GAP_MIN_S = 60
SCENT_PULSES_MAX = 40
SCENT_SECONDS_MAX = 180  # 3 min a day, whatever the pulse length
SCENT_NAME_MAX = 40

# --- Touch ---
BEATS_MIN_PER_MIN = 45
BEATS_MAX_PER_MIN = 75  # a fast beat frightened users
BREATHS_MIN_PER_MIN = 4
BREATHS_MAX_PER_MIN = 12
TOUCH_ONSET_MS = 2_000  # no touch starts faster than this ...
TOUCH_ONSET_NECK_MS = 6_000  # ... and at the neck never suddenly
TOUCH_ONSET_FROM = 0.2  # of the perceived strength
TOUCH_MAX_MS = 20 * 60_000

# --- These numbers themselves (SF18) ---
CHECKSUM = 0x2CC0578F


def checking():
    """A generator that looks at one number a step, for ever. It yields None, and after the last
    one whether all of them are still those that CHECKSUM was made from.
    """
    while True:
        total = 0
        for name in sorted(globals()):
            total ^= _sum(name, globals()[name])
            yield None
        yield total == CHECKSUM


# Thousandths, because floats differ between chips; put together without an order, because a
# module has none
def _sum(name, value):
    if isinstance(value, tuple):
        value = value[0] * 65536 + value[1]
    if name[0] == "_" or name == "CHECKSUM" or not isinstance(value, (int, float)):
        return 0
    return crc32(b"%s=%d" % (name.encode(), round(value * 1000)))
