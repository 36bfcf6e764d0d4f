# Runs on CPython and on the MicroPython VM
from kitbag import limits
from kitbag.warmth import guard
from kitbag.warmth.readings import Readings
from support.lcg import Random
from support.plant import Board, Plant
from support.warm_object import WarmObject, held_warm

CYCLE_S = limits.CYCLE_MS / 1000
OFF_S = 1.5  # from the guard's word to no power: the second switch at the latest


def check(warm, function, reaction, deadline_s):
    """The fault that was just set is found by SF`function` in time, and nothing has got hot."""
    took = warm.until_off(deadline_s + OFF_S)
    plant = warm.plant
    assert warm.guard.reaction, "never found"
    assert took is not None, "never off"
    assert (warm.guard.function, warm.guard.reaction) == (function, reaction)
    assert took <= deadline_s + 0.01, took
    warm.run(120)
    assert plant.peak_pad_c <= 46, plant.peak_pad_c
    assert plant.peak_skin_c <= 41.5
    assert plant.cem43 <= 2
    assert plant.watts == 0
    return took


# --- One test for each safety function -------------------------------------------------------


def test_sf1_a_shorted_or_open_thermistor():
    for ntc in ("pad_ntc", "face_ntc"):
        for fault in ("short", "open", "error"):
            warm = held_warm(settle_s=30)
            getattr(warm.plant, ntc).fault = fault
            check(warm, 1, guard.LATCH, 1.2)


def test_sf1_a_supply_that_both_thermistors_share_has_moved():
    for gain in (0.96, 1.04):
        warm = held_warm(settle_s=30)
        warm.plant.reference_gain = gain
        check(warm, 1, guard.LATCH, 1.2)


def test_sf3_current_that_nobody_asked_for():
    for warm in (WarmObject(), WarmObject(Plant(start_c=34.0))):
        warm.run(5)
        warm.plant.short = 1.0
        # At rest the second switch is open: only a board without it would let current flow
        warm.plant.since_edge_s = -1e9
        for _ in range(5):
            warm.cycle()
        assert (warm.guard.function, warm.guard.reaction) == (3, guard.LOCK)
        assert warm.heat.state == "locked"


def test_sf3_a_leak_of_a_third():
    warm = WarmObject()
    warm.plant.short = 0.35
    warm.plant.since_edge_s = -1e9
    for _ in range(5):
        warm.cycle()
    assert (warm.guard.function, warm.guard.reaction) == (3, guard.LOCK)


def test_sf4_a_shorted_switch_while_it_holds():
    warm = held_warm(settle_s=60)
    warm.plant.short = 1.0
    took = warm.until_off(10)
    assert took is not None
    assert took <= 4.0
    assert warm.guard.reaction >= guard.LATCH
    assert warm.plant.peak_pad_c <= 42


def test_sf4_a_heater_that_is_open():
    warm = held_warm(settle_s=60)
    warm.plant.open = True
    check(warm, 4, guard.LATCH, 30)


def test_sf5_a_thermistor_that_came_off_the_pad():
    # Deadlines: docs/safety.md's x 12 W / 3 W
    for elsewhere_c, deadline_s in ((22.0, 60), (30.0, 120)):
        warm = held_warm(settle_s=60)
        warm.plant.pad_ntc.bond = 0.0
        warm.plant.pad_ntc.elsewhere_c = elsewhere_c
        check(warm, 5, guard.LATCH, deadline_s)


def test_sf5_a_thermistor_that_was_off_at_switch_on():
    for start_c, elsewhere_c in ((22.0, 22.0), (33.0, 34.5)):
        plant = Plant(start_c=start_c, room_c=22.0)
        plant.pad_ntc.bond = 0.0
        plant.pad_ntc.celsius = plant.pad_ntc.elsewhere_c = elsewhere_c
        warm = WarmObject(plant)
        assert warm.heat.begin("hold")
        check(warm, 5, guard.LATCH, 240)
        assert plant.peak_pad_c <= 40


def test_sf5_a_thermistor_that_is_half_off():
    warm = held_warm(level_c=40.0)
    warm.plant.pad_ntc.bond = 0.6
    check(warm, 5, guard.LATCH, 240)


def test_sf7_a_pad_that_reads_too_cold():
    warm = held_warm(level_c=40.0)
    warm.plant.pad_ntc.offset_c = -4.0
    check(warm, 7, guard.LATCH, 240)


def test_sf7_a_thermistor_that_rests_on_something_warm():
    warm = held_warm(level_c=40.0)
    warm.plant.pad_ntc.bond = 0.0
    warm.plant.pad_ntc.elsewhere_c = 35.5
    check(warm, 7, guard.LATCH, 120)


def test_sf7_thermistors_that_are_swapped():
    plant = Plant(start_c=30.0, room_c=25.0)
    plant.pad_ntc, plant.face_ntc = plant.face_ntc, plant.pad_ntc
    plain = plant.step

    def swapped(dt_s):
        plain(dt_s)
        pad_c, cover_c = plant.pad_c, plant.cover_c
        # `step` let each follow the wrong node: put them right again, the other way round
        plant.pad_ntc.celsius, plant.face_ntc.celsius = cover_c, pad_c

    plant.step = swapped
    warm = WarmObject(plant, warmth__level_c=38.0)
    assert warm.heat.begin("hold")
    check(warm, 7, guard.LATCH, 900)  # once the pad is above a body's own warmth


def test_sf8_a_rise_without_power():
    # An object at rest whose pad is warmed although no current is seen: the shunt is not the truth
    warm = WarmObject(Plant(start_c=36.8, room_c=36.0))
    warm.run(10)

    def warmer(r):
        r.pad_mc = r.pad_raw_mc = 36_800 + int(warm.t_s * 40)

    warm.spoil = warmer
    began = warm.t_s
    while not warm.guard.reaction and warm.t_s < began + 60:
        warm.cycle()
    assert (warm.guard.function, warm.guard.reaction) == (8, guard.LATCH)
    assert warm.t_s - began <= 20 + 5


def test_sf8_a_pad_that_runs_away_above_its_target():
    warm = held_warm(settle_s=120)
    # A share of the heat is not seen as current: far above the target, and the duty is at zero
    warm.plant.pad_c += 6.0
    warm.plant.pad_ntc.celsius += 4.0
    took = warm.until_off(15)
    assert took is not None
    assert warm.guard.function == 8
    assert took <= 10 * CYCLE_S + 1


def test_sf9_a_frozen_thermistor():
    for ntc in ("pad_ntc", "face_ntc"):
        warm = held_warm(settle_s=30)
        getattr(warm.plant, ntc).fault = "frozen"
        check(warm, 9, guard.LATCH, 12)


def test_sf9_a_reading_frozen_while_it_warms():
    warm = WarmObject(Plant(start_c=30.0))
    assert warm.heat.begin("hold")
    warm.run(60)
    assert warm.plant.watts > 0.3
    warm.plant.pad_ntc.fault = "frozen"
    check(warm, 9, guard.LATCH, 12)


def test_sf9_readings_that_jump_again_and_again():
    warm = held_warm(settle_s=30)
    turn = [0]

    def jump():
        turn[0] += 1
        warm.plant.pad_ntc.spike_c = 20.0 if turn[0] & 1 else -20.0

    began = warm.t_s
    while not warm.guard.reaction and warm.t_s < began + 5:
        jump()
        warm.cycle()
    assert (warm.guard.function, warm.guard.reaction) == (9, guard.LATCH)
    assert warm.t_s - began <= 2


def test_sf9_a_lone_spike_neither_trips_nor_reaches_the_heater():
    warm = held_warm(settle_s=60)
    random = Random(9)
    for _ in range(40):
        before = warm.plant.duty
        ntc = warm.plant.pad_ntc if random.below(2) else warm.plant.face_ntc
        ntc.spike_c = 40.0 if random.below(2) else -40.0
        for _ in range(3 + random.below(5)):
            warm.cycle()
            assert abs(warm.plant.duty - before) <= 0.15
    assert warm.guard.reaction == 0


def test_sf9_a_late_cycle_puts_the_heater_off_and_is_forgiven():
    warm = held_warm(settle_s=30)
    warm.cycle(dt_ms=1_400)
    assert (warm.guard.function, warm.guard.reaction) == (9, guard.OFF)
    assert warm.plant.duty == 0
    warm.cycle()
    assert warm.guard.reaction == 0
    assert warm.heat.state == "idle"  # and nothing begins again by itself
    assert warm.heat.begin("hold")


def test_sf10_the_dose_stops_heat():
    warm = held_warm(level_c=38.0, settle_s=30)
    warm.heat.dose._budget.add(limits.DOSE_STOP_UMIN - 200)
    took = check(warm, 10, guard.OFF, 60)
    assert took is not None
    assert not warm.heat.begin("hold")
    assert warm.heat.state == "tripped"


def test_sf11_and_sf12_only_a_good_cycle_renews():
    warm = held_warm(settle_s=30)
    for _ in range(20):
        warm.cycle()
        assert warm.plant.since_edge_s == 0.0
    warm.plant.pad_ntc.fault = "open"
    warm.run(3)
    assert warm.plant.since_edge_s >= 1.5
    level = warm._line
    warm.run(30)
    assert warm._line == level


def test_sf14_a_fault_stays_a_fault_over_a_restart():
    warm = held_warm(settle_s=30)
    warm.plant.pad_ntc.fault = "open"
    warm.run(3)
    again = WarmObject(Plant(start_c=30.0), warm.memory)
    again.run(3)
    assert again.heat.state == "latched"
    assert again.heat.why == "SF1"
    assert not again.heat.begin("hold")


def test_sf15_a_restart_begins_off_and_stays_so_however_warm_it_is():
    warm = held_warm(level_c=39.0, settle_s=30)
    again = WarmObject(warm.plant, warm.memory)
    assert warm.plant.duty == 0
    again.run(60)
    assert warm.plant.watts == 0
    assert again.heat.state == "idle"


# --- What no plant shows in a few seconds ----------------------------------------------------


class NoDose:
    umin = 0

    def add(self, hotter_mc, dt_ms):
        pass


def at_rest(**values):
    """Readings of a healthy object at rest, alive in their last bit."""
    r = Readings()
    r.dt_ms = limits.CYCLE_MS
    r.pad_mv = r.face_mv = 1140
    r.reference_mv = 1650
    r.pad_mc = r.pad_raw_mc = 30_000
    r.face_mc = r.face_raw_mc = 29_500
    r.battery_mv = 4000
    for name, value in values.items():
        setattr(r, name, value)
    return r


def live(r, turn):
    r.pad_mv = 1140 + turn % 3
    r.face_mv = 1160 + turn % 2


def cycles(one, r, seconds):
    """Seconds until something is found, or None."""
    for turn in range(round(seconds * 1000 / r.dt_ms)):
        live(r, turn)
        one.cycle(r)
        if one.reaction:
            return turn * r.dt_ms / 1000
    return None


def test_sf2_the_pad_alone_and_the_face_alone():
    for name, limit_mc in (("pad_mc", 43_500), ("face_mc", 41_000)):
        warm_mc = {"pad_mc": 39_900, "face_mc": 38_000}
        one = guard.Guard(Board, NoDose())
        r = at_rest(target_mc=40_000, duty=300, current_ma=225, held=True, **warm_mc)
        assert cycles(one, r, 30) is None
        setattr(r, name, limit_mc - 1)
        assert cycles(one, r, 2) is None
        setattr(r, name, limit_mc)
        for turn in range(2):
            live(r, turn)
            assert not one.cycle(r)
        live(r, 2)
        assert one.cycle(r)
        assert (one.function, one.reaction) == (2, guard.LATCH)


def test_l6_ten_hours_are_enough():
    r = at_rest(target_mc=34_000, pad_mc=34_000, pad_raw_mc=34_000, held=True, dt_ms=1000)
    one = guard.Guard(Board, NoDose())
    found = cycles(one, r, 11 * 3600)
    assert 10 * 3600 - 2 <= found <= 10 * 3600 + 2
    assert (one.function, one.reaction) == (10, guard.OFF)


def test_l6_an_hour_with_nobody_there_is_enough():
    r = at_rest(target_mc=34_000, pad_mc=34_000, pad_raw_mc=34_000, held=False, dt_ms=1000)
    one = guard.Guard(Board, NoDose())
    found = cycles(one, r, 2 * 3600)
    assert 3600 - 2 <= found <= 3600 + 2


def test_l6_somebody_now_and_then_is_somebody():
    r = at_rest(target_mc=34_000, pad_mc=34_000, pad_raw_mc=34_000, dt_ms=1000)
    one = guard.Guard(Board, NoDose())
    for minute in range(5 * 60):
        r.held = minute % 55 == 0
        assert cycles(one, r, 60) is None


def test_l7_mean_power_over_a_minute():
    r = at_rest(duty=1000, current_ma=1000, target_mc=36_000)
    board = type("Twelve", (Board,), {"PAD_W": 12.0})
    one = guard.Guard(board, NoDose())
    assert one.pad.cap(4000) == 250
    assert one.permitted(1000, r) == 250
    r.duty, r.current_ma = 250, 750
    assert cycles(one, r, 300) is None
    r.duty, r.current_ma = 1000, 3000
    found = cycles(one, r, 60)
    assert found is not None
    assert one.function == 10


def test_permitted_is_never_more_than_asked_nor_less_than_nothing():
    one = guard.Guard(Board, NoDose())
    r = at_rest()
    for asked in (-50, 0, 1, 500, 1000, 5000):
        assert one.permitted(asked, r) == max(0, min(1000, asked))
    one.bar(guard.LATCH, 5)
    assert one.permitted(500, r) == 0


def test_the_strongest_finding_stands():
    one = guard.Guard(Board, NoDose())
    one.bar(guard.OFF, 10)
    one.bar(guard.LOCK, 3)
    one.bar(guard.LATCH, 5)
    assert (one.reaction, one.function) == (guard.LOCK, 3)
    one.clear()
    assert one.reaction == guard.LOCK
    one = guard.Guard(Board, NoDose())
    one.bar(guard.LATCH, 5)
    one.clear()
    assert (one.reaction, one.function) == (0, 0)


def test_nothing_is_found_twice():
    one = guard.Guard(Board, NoDose())
    r = at_rest(pad_mv=3000)
    found = []
    for turn in range(20):
        r.face_mv = 1100 + turn % 3
        found.append(one.cycle(r))
    assert found.count(True) == 1


# --- Healthy objects -------------------------------------------------------------------------


def test_a_body_that_leaves_and_returns_trips_nothing():
    warm = held_warm(settle_s=120)
    for _ in range(4):
        warm.plant.body = not warm.plant.body
        warm.run(240)
        assert warm.guard.reaction == 0, warm.guard.function
