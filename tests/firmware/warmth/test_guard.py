# Runs on CPython and on the MicroPython VM
import board
from kitbag import limits
from kitbag.warmth import guard
from kitbag.warmth.pad import Pad
from kitbag.warmth.readings import Readings
from kitbag.warmth.response import Response
from simulated.noise import Noise
from support.on_table import guard_rows, held_warm, laid, safe, until_off

OFF_S = 1.6  # from the guard's word to no power: the second switch at the latest


def check(table, kind, function, reaction, deadline_s, **parameters):
    """The fault is found by SF`function` in time, stays found, and nothing has got hot."""
    table.faults.set(kind, parameters)
    took = until_off(table, deadline_s + OFF_S)
    assert table.guard.reaction, "never found"
    assert took is not None, "never off"
    assert (table.guard.function, table.guard.reaction) == (function, reaction)
    assert took <= deadline_s + 0.01, took
    table.run(120)
    assert table.world.power.watts == 0
    assert not table.world.power.switch2
    safe(table)
    return took


# --- One test for each safety function -------------------------------------------------------


def test_sf1_a_shorted_or_open_thermistor():
    for kind in ("ntc_pad_short", "ntc_pad_open", "ntc_skin_short", "ntc_skin_open", "adc_error"):
        check(held_warm(), kind, 1, guard.LATCH, 1.0)


def test_sf1_a_supply_that_both_thermistors_share_has_moved():
    for c in (-3, 3):
        check(held_warm(), "ntc_both_offset", 1, guard.LATCH, 1.0, c=c)


def test_sf1_the_cold_of_a_winters_night_is_no_fault_but_no_warmth_either():
    cold = laid({"room_c": -5.0}, body=False)
    cold.run(60)
    assert cold.guard.reaction == 0
    assert not cold.heat.begin("hold")
    cold.faults.set("ntc_pad_open", {})
    cold.run(3)
    assert (cold.guard.function, cold.guard.reaction) == (1, guard.LATCH)


def test_sf3_a_shorted_switch_while_it_holds():
    check(held_warm(), "heater_fet_short", 3, guard.LOCK, 2.0)


def test_sf3_a_switch_that_leaks_while_it_holds():
    check(held_warm(), "heater_fet_leak", 3, guard.LOCK, 3.0, fraction=0.35)


def test_sf3_a_shorted_or_leaky_switch_at_rest_although_no_current_can_flow():
    for kind, parameters in (("heater_fet_short", {}), ("heater_fet_leak", {"fraction": 0.35})):
        resting = laid()
        resting.run(60)
        check(resting, kind, 3, guard.LOCK, 2.0, **parameters)
        assert resting.world.thermal.given_j == 0


def test_sf3_another_output_that_drives_the_heater():
    for table in (laid(), held_warm()):
        table.world.drive_motor(0.5)
        check(table, "output_miswired", 3, guard.LOCK, 2.0, to="motor")


def test_sf4_a_heater_that_is_open():
    check(held_warm(), "heater_open", 4, guard.LATCH, 30)


def test_sf4_a_wire_that_breaks_now_and_then():
    check(held_warm(), "heater_intermittent", 4, guard.LATCH, 60, fraction=0.1)


def test_sf4_a_pad_that_is_not_this_boards():
    wrong = laid()
    wrong.world.power.ohm *= 1.4
    assert wrong.heat.begin("hold")
    wrong.run(60)
    assert (wrong.guard.function, wrong.guard.reaction) == (4, guard.LATCH)


def test_sf5_a_thermistor_that_fell_off_the_pad():
    # Deadlines: docs/safety.md's x 12 W / 3 W
    for env_c, coupling, deadline_s in ((22.0, 0.0, 60), (35.5, 0.0, 120), (30.0, 0.6, 240)):
        check(
            held_warm(40.0),
            "ntc_pad_detached",
            5,
            guard.LATCH,
            deadline_s,
            env_c=env_c,
            coupling=coupling,
        )


def test_sf6_a_thermistor_that_fell_onto_something_as_warm():
    for level_c, env_c, deadline_s in ((40.0, 38.5, 240), (36.0, 35.5, 120)):
        warm = held_warm(level_c)
        warm.run(300)
        warm.faults.set("ntc_pad_detached", {"env_c": env_c, "coupling": 0.0})
        took = until_off(warm, deadline_s)
        assert took is not None
        assert (warm.guard.function, warm.guard.reaction) == (6, guard.LATCH)
        safe(warm)


def test_sf6_a_thermistor_that_was_off_at_switch_on():
    for env_c, slip_us in ((22.0, 0), (34.5, 0), (22.0, 2_000), (34.5, 13_000)):
        resting = laid({"room_c": 22.0}, body=False)
        resting.slip_us = slip_us
        resting.faults.set("ntc_pad_detached", {"env_c": env_c, "coupling": 0.0})
        resting.run(120)
        resting.place("body")
        resting.hold(True)
        resting.run(3)
        assert resting.heat.begin("hold")
        took = until_off(resting, 80)
        assert took is not None
        assert resting.guard.function in (6, 7)
        safe(resting)


def test_sf7_thermistors_that_are_swapped():
    # A strong pad has a quarter of the time
    for room_c, pad_w, body, within_s in (
        (22.0, 3.0, True, 240),
        (10.0, 12.0, True, 60),
        (22.0, 12.0, True, 60),
        (22.0, 12.0, False, 60),
    ):
        resting = laid({"room_c": room_c, "pad_w": pad_w}, body=False)
        resting.faults.set("ntc_swapped", {})
        resting.run(120)
        if body:
            resting.place("body")
            resting.hold(True)
            resting.run(3)
        assert resting.heat.begin("hold")
        assert until_off(resting, within_s) is not None
        assert resting.guard.reaction == guard.LATCH
        assert resting.guard.function in (6, 7)
        safe(resting)


def test_sf7_a_body_that_comes_or_goes_while_a_strong_pad_is_asked_trips_nothing():
    for when_s in (0, 12, 24, 30, 36, 42, 48):
        for first in (True, False):
            strong = laid({"room_c": 15.0, "pad_w": 12.0}, body=first)
            if first:
                strong.run(240)
            assert strong.heat.begin("hold")
            strong.run(when_s)
            strong.place("bed" if first else "body")
            strong.hold(not first)
            strong.run(240)
            assert strong.guard.reaction == 0, (when_s, first, strong.guard.function)
            assert strong.heat.active


def test_sf7_a_face_that_is_just_turning_has_not_lost_its_cover():
    for pad_w in (3.0, 12.0):
        for rest_s in (90, 240, 600):
            again = held_warm(36.0, {"room_c": 15.0, "pad_w": pad_w})
            again.heat.stop("button")
            again.run(rest_s)
            assert again.heat.begin("hold")
            again.run(300)
            assert again.guard.reaction == 0, (pad_w, rest_s, again.guard.function)


def test_sf7_a_face_that_lost_its_cover():
    check(held_warm(40.0), "ntc_skin_detached", 7, guard.LATCH, 60, env_c=20.0, coupling=0.0)


def test_sf7_a_face_that_comes_to_rest_where_a_cover_would_cool_on():
    for pad_w, within_s in ((3.0, 130), (12.0, 60)):
        # The mildest level, and nobody there: the face falls by 5 K, as it does when a body leaves
        mild = laid({"pad_w": pad_w}, body=False, warmth__level_c=31.0, warmth__ramp_c_per_min=3.0)
        assert mild.heat.begin("hold")
        mild.run(900)
        assert mild.heat.state == "holding"
        check(mild, "ntc_skin_detached", 7, guard.LATCH, within_s, env_c=24.0, coupling=0.0)


def test_sf7_a_body_that_leaves_lets_the_face_cool_on():
    # Thick, light cover that loses much: as far as a face falls, and as quickly
    cover = {"pad_w": 12.0, "pad_fabric_k_per_w": 2.5, "fabric_j_per_k": 19.0,
             "fabric_room_k_per_w": 5.2, "fabric_skin_k_per_w": 2.3}  # fmt: skip
    left = laid(cover, warmth__level_c=40.0, warmth__ramp_c_per_min=3.0)
    assert left.heat.begin("hold")
    left.run(900)
    left.world.set("room_c", 10.0)
    left.place("bed")
    left.hold(False)
    doubted = False
    for _ in range(300):
        left.run(1)
        doubted = doubted or left.guard.response.doubt == 7
    assert doubted
    assert left.guard.reaction == 0, left.guard.function


def test_sf7_a_face_that_is_somewhere_else_from_the_start():
    resting = laid({"room_c": 20.0}, body=False)
    resting.faults.set("ntc_skin_detached", {"env_c": 20.0, "coupling": 0.0})
    resting.place("body")
    resting.hold(True)
    assert resting.heat.begin("hold")
    took = until_off(resting, 600)
    assert took is not None
    assert (resting.guard.function, resting.guard.reaction) == (7, guard.LATCH)
    safe(resting)


def test_sf7_a_pad_that_has_come_to_read_too_cold():
    for step in range(1, 9):  # slowly, as moisture does it: no step is a jump
        if step == 1:
            drifting = held_warm(40.0)
        drifting.faults.clear("ntc_pad_offset")
        drifting.faults.set("ntc_pad_offset", {"c": -0.5 * step})
        drifting.run(60)
    assert until_off(drifting, 240) is not None
    assert drifting.guard.function in (2, 7)
    safe(drifting)


def test_sf8_a_rise_without_power():
    # Warmed although no current is seen: the shunt is not the truth
    resting = laid({"room_c": 36.0}, pad_c=36.8)
    resting.run(30)
    resting.world.thermal.pad_sensor_bond = (1.0, 8.0)
    took = until_off(resting, 30)
    assert took is not None
    assert (resting.guard.function, resting.guard.reaction) == (8, guard.LATCH)


def test_sf8_a_pad_that_runs_away_above_its_target():
    warm = held_warm()
    warm.world.thermal.pad_c += 6.0
    warm.world.thermal.pad_sensor_bond = (1.0, 3.0)
    took = until_off(warm, 30)
    assert took is not None
    assert warm.guard.function == 8


def test_sf9_a_frozen_thermistor():
    for kind in ("ntc_pad_frozen", "ntc_skin_frozen"):
        check(held_warm(), kind, 9, guard.LATCH, 12)


def test_sf9_a_reading_frozen_while_it_warms():
    warming = laid(pad_c=28.0, warmth__ramp_c_per_min=3.0)
    assert warming.heat.begin("hold")
    warming.run(90)
    assert warming.world.power.watts > 0.3
    check(warming, "ntc_pad_frozen", 9, guard.LATCH, 12)


def test_sf9_a_reading_that_jumps_and_stays_there():
    for c in (-4, -1.5, 1.5):
        check(held_warm(), "ntc_pad_offset", 9, guard.LATCH, 1.5, c=c)
        check(held_warm(), "ntc_skin_offset", 9, guard.LATCH, 1.5, c=c)
    check(held_warm(40.0), "ntc_swapped", 9, guard.LATCH, 1.5)


def test_sf9_a_lone_spike_neither_trips_nor_reaches_the_heater_and_is_told_once():
    warm = held_warm()
    noise = Noise(9)
    for _ in range(40):
        before = warm.world.power.duty
        ntc = warm.world.pad_ntc if noise.uniform() < 0.5 else warm.world.face_ntc
        ntc.spike = 1 if noise.uniform() < 0.5 else -1
        for _ in range(3 + int(5 * noise.uniform())):
            warm.cycle()
            assert abs(warm.world.power.duty - before) <= 0.15
    assert warm.guard.reaction == 0
    assert [row[1:] for row in guard_rows(warm)] == [("SF9", "W")]


def test_sf9_a_late_cycle_puts_the_heater_off_and_is_forgiven():
    warm = held_warm()
    warm.heat.step(1_400)
    assert (warm.guard.function, warm.guard.reaction) == (9, guard.OFF)
    assert warm.world.power.duty == 0
    warm.cycle()
    assert warm.guard.reaction == 0
    assert warm.heat.state == "idle"  # and nothing begins again by itself
    assert warm.heat.begin("hold")


def test_sf10_the_dose_stops_heat():
    warm = held_warm(38.0)
    warm.heat.dose._budget.add(limits.DOSE_STOP_UMIN - warm.heat.dose.umin - 200)
    assert until_off(warm, 60) is not None
    assert (warm.guard.function, warm.guard.reaction) == (10, guard.OFF)
    assert not warm.heat.begin("hold")
    assert warm.heat.state == "tripped"


def test_sf11_and_sf12_only_a_good_cycle_renews():
    warm = held_warm()
    for _ in range(20):
        warm.cycle()
        assert warm.heat.readings.edge_ms == 0
        assert warm.world._keepalive_level == 0  # a reset is then no edge
    warm.faults.set("ntc_pad_open", {})
    warm.cycle()
    assert warm.heat.readings.edge_ms > 0  # the first bad reading, long before it is a fault
    warm.run(3)
    level = warm.world._keepalive_level
    assert not warm.world.power.switch2
    warm.run(30)
    assert warm.world._keepalive_level == level


def test_sf11_a_second_switch_that_is_welded_shows_at_rest_and_after_warmth():
    resting = laid()
    resting.faults.set("second_switch_welded", {})
    resting.run(1.5)
    assert (resting.guard.function, resting.guard.reaction) == (11, guard.LOCK)
    warm = held_warm()
    warm.faults.set("second_switch_welded", {})
    warm.run(60)
    assert warm.guard.reaction == 0  # nothing can show it while it should be closed
    warm.heat.stop("button")
    warm.run(4)
    assert (warm.guard.function, warm.guard.reaction) == (11, guard.LOCK)


def test_sf11_a_keep_alive_that_is_stuck():
    check(held_warm(), "keepalive_stuck", 11, guard.LOCK, 3.0)


def test_sf13_no_heat_before_both_switches_were_seen_to_open_and_close():
    for kind, function, reaction in (
        ("keepalive_stuck", 11, guard.LOCK),
        ("heater_open", 4, guard.LATCH),
    ):
        resting = laid()
        resting.faults.set(kind, {})
        resting.run(10)
        assert resting.guard.reaction == 0  # at rest it does no harm, and does not show
        assert resting.heat.begin("hold")
        resting.run(4)
        assert (resting.guard.function, resting.guard.reaction) == (function, reaction)
        assert resting.world.thermal.given_j == 0


def test_sf13_two_thermistors_that_disagree_at_rest():
    for kind, c in (("ntc_pad_offset", 3.0), ("ntc_skin_offset", -3.0), ("ntc_pad_offset", -3.0)):
        resting = laid(body=False)
        resting.faults.set(kind, {"c": c})
        # What is on the board from the start is no jump
        resting.guard._pad_from_mc = resting.guard._face_from_mc = None
        resting.run(limits.REST_AGREE_AFTER_MS // 1000 + 60)
        assert resting.guard.reaction == 0
        assert resting.heat.begin("hold")
        resting.run(4)
        assert (resting.guard.function, resting.guard.reaction) == (13, guard.LATCH)


def test_sf13_a_pad_that_reads_low_shows_wherever_nothing_moves():
    resting = laid(body=False)
    resting.faults.set("ntc_pad_offset", {"c": -4.0})
    resting.guard._pad_from_mc = None
    resting.run(120)
    resting.place("body")  # whose warmth hides it
    resting.run(20)
    assert resting.guard.reaction == 0
    assert resting.heat.begin("hold")
    resting.run(4)
    assert (resting.guard.function, resting.guard.reaction) == (13, guard.LATCH)
    assert resting.world.thermal.given_j == 0


def test_sf13_an_embrace_is_not_taken_for_a_pad_that_reads_low():
    # Through a thick cover, and with a thin back to a cold room
    thick = {"room_c": 8.0, "pad_fabric_k_per_w": 2.6, "pad_stuffing_k_per_w": 5.0,
             "stuffing_room_k_per_w": 10.0}  # fmt: skip
    for embraced_s in (1, 4, 8, 15, 25, 40, 60, 120, 600, 1500):
        embraced = laid(thick, body=False)
        embraced.run(40)
        embraced.place("body")
        embraced.hold(True)
        embraced.run(embraced_s)
        assert embraced.heat.begin("hold")
        embraced.run(4)
        assert embraced.guard.reaction == 0, embraced_s


def test_sf13_what_was_apart_and_is_together_again_is_forgiven():
    sunned = laid(body=False)
    sunned.faults.set("ntc_skin_offset", {"c": 4.0})
    sunned.guard._pad_from_mc = None
    sunned.run(120)
    assert sunned.guard.apart
    sunned.faults.clear("ntc_skin_offset")
    sunned.guard._pad_from_mc = None
    sunned.run(120)
    assert sunned.heat.begin("hold")
    sunned.run(4)
    assert sunned.guard.reaction == 0


def test_sf14_a_fault_stays_a_fault_over_a_restart():
    warm = held_warm()
    warm.faults.set("ntc_pad_open", {})
    warm.run(3)
    again = laid(memory=warm.memory)
    assert again.heat.state == "latched"
    assert again.heat.why == "SF1"
    assert not again.heat.begin("hold")


def test_sf15_a_restart_begins_off_and_stays_so_however_warm_it_is():
    warm = held_warm(39.0)
    again = laid(memory=warm.memory, pad_c=39.0)
    again.run(60)
    assert again.world.thermal.given_j == 0
    assert again.heat.state == "idle"


def test_sf16_a_level_that_is_none_is_not_believed_and_told():
    for value in (float("nan"), 400.0, -40.0, "hot", None):
        warm = held_warm()
        warm.care.plan["warmth.level_c"] = value
        real = guard_rows(warm)
        from kitbag.wire import ceiling

        kept = ceiling.level_c
        ceiling.level_c = lambda plan, value=value: value
        try:
            warm.run(30)
        finally:
            ceiling.level_c = kept
        assert warm.heat.state == "holding"
        assert abs(warm.heat.target_c - 36.0) < 0.01
        assert [row[1:] for row in guard_rows(warm)[len(real) :]] == [("SF16", "W")]


def test_sf18_a_clock_that_was_set_is_told_and_one_that_runs_wrong_is_a_fault():
    warm = held_warm()
    for s in (86_400, -86_400):
        warm.life.set_rtc(warm.life.time() + s)
        warm.run(130)
    assert warm.guard.reaction == 0
    assert [row[1:] for row in guard_rows(warm)] == [("SF18", "W")]

    def fast():
        warm.life._offset_s += 0.03

    for _ in range(4):
        warm.run(60, fast)
    assert (warm.guard.function, warm.guard.reaction) == (18, guard.LATCH)


def test_sf18_a_limit_that_changed_in_memory():
    for name, wrong in (("PAD_TRIP_MC", 60_000), ("LEVEL_MAX_C", 40.5), ("JUMPS_MAX", 2)):
        warm = held_warm()
        kept = getattr(limits, name)
        setattr(limits, name, wrong)
        try:
            assert until_off(warm, 60) is not None
        finally:
            setattr(limits, name, kept)
        assert (warm.guard.function, warm.guard.reaction) == (18, guard.LOCK)


def test_sf19_a_cell_that_is_charged_or_hot_gets_no_heat_drawn():
    for kind, parameters in (("charging", {"amps": 0.5}), ("cell_hot", {"c": 50.0})):
        warm = held_warm()
        warm.faults.set(kind, parameters)
        assert until_off(warm, 1.0) is not None
        assert (warm.guard.function, warm.guard.reaction) == (19, guard.OFF)
        assert not warm.heat.begin("hold")
        warm.faults.clear(kind)
        warm.run(600 if kind == "cell_hot" else 2)
        assert warm.guard.reaction == 0
        assert warm.heat.state == "idle"
        assert warm.heat.begin("hold")


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
    r.supply_mv = 786
    r.edge_ms = 10_000
    r.cell_mv = 1400
    for name, value in values.items():
        setattr(r, name, value)
    return r


def warm_guard():
    """A guard while warmth is wanted."""
    one = guard.Guard(board, NoDose())
    one.watch(Response(one))
    return one


def driven(duty, current_ma):
    """Readings of a heater behind two closed switches."""
    return {
        "duty": duty,
        "current_ma": current_ma,
        "edge_ms": 0,
        "renewed": True,
        "supply_mv": 1950,
    }


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


def test_sf8_a_thermistor_may_rise_on_after_a_pulse_whatever_its_noise():
    one = guard.Guard(board, NoDose())
    r = at_rest(duty=1000, pad_mc=36_400)
    one.rise_unpowered(r)
    r.duty = 0
    for cycle in range(1, 47):  # 14 s, by half a degree and a degree more
        r.pad_mc = 36_400 + 34 * cycle - (60 if cycle % 5 == 0 else 0)
        assert not one.rise_unpowered(r), cycle


def test_sf2_the_pad_alone_and_the_face_alone():
    for name, limit_mc in (("pad_mc", 43_500), ("face_mc", 41_000)):
        warm_mc = {"pad_mc": 39_900, "face_mc": 38_000}
        one = guard.Guard(board, NoDose())
        r = at_rest(target_mc=40_000, held=True, **driven(300, 225), **warm_mc)
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
    r = at_rest(
        target_mc=34_000, pad_mc=34_000, pad_raw_mc=34_000, face_mc=33_000, held=True, dt_ms=1000
    )
    one = warm_guard()
    found = cycles(one, r, 11 * 3600)
    assert 10 * 3600 - 2 <= found <= 10 * 3600 + 2
    assert (one.function, one.reaction) == (10, guard.OFF)


def test_l6_an_hour_with_nobody_there_is_enough():
    r = at_rest(
        target_mc=34_000, pad_mc=34_000, pad_raw_mc=34_000, face_mc=33_000, held=False, dt_ms=1000
    )
    one = warm_guard()
    found = cycles(one, r, 2 * 3600)
    assert 3600 - 2 <= found <= 3600 + 2


def test_l6_somebody_now_and_then_is_somebody():
    r = at_rest(target_mc=34_000, pad_mc=34_000, pad_raw_mc=34_000, face_mc=33_000, dt_ms=1000)
    one = warm_guard()
    for minute in range(5 * 60):
        r.held = minute % 55 == 0
        assert cycles(one, r, 60) is None


def test_l7_mean_power_over_a_minute():
    r = at_rest(target_mc=36_000, **driven(1000, 1000))
    one = guard.Guard(board, NoDose())
    one.pad = Pad(12.0, 4.0)
    assert one.pad.cap(4000) == 250
    assert one.permitted(1000, r) == 250
    r.duty, r.current_ma = 250, 750
    assert cycles(one, r, 300) is None
    r.duty, r.current_ma = 1000, 3000
    found = cycles(one, r, 60)
    assert found is not None
    assert one.function == 10


def test_permitted_is_never_more_than_asked_nor_less_than_nothing():
    one = guard.Guard(board, NoDose())
    r = at_rest()
    assert one.permitted(500, r) == 0  # nobody wants heat
    r.target_mc = 40_001
    assert one.permitted(500, r) == 0  # nor may anybody want so much
    r.target_mc = 36_000
    for asked in (-50, 0, 1, 500, 1000, 5000):
        assert one.permitted(asked, r) == max(0, min(1000, asked))
    one.bar(guard.LATCH, 5)
    assert one.permitted(500, r) == 0


def test_the_strongest_finding_stands():
    one = guard.Guard(board, NoDose())
    one.bar(guard.OFF, 10)
    one.bar(guard.LOCK, 3)
    one.bar(guard.LATCH, 5)
    assert (one.reaction, one.function) == (guard.LOCK, 3)
    one.clear()
    assert one.reaction == guard.LOCK
    one = guard.Guard(board, NoDose())
    one.bar(guard.LATCH, 5)
    one.clear()
    assert (one.reaction, one.function) == (0, 0)


def test_nothing_is_found_twice():
    one = guard.Guard(board, NoDose())
    r = at_rest(pad_mv=3000)
    found = []
    for turn in range(20):
        r.face_mv = 1100 + turn % 3
        found.append(one.cycle(r))
    assert found.count(True) == 1


# --- Healthy objects -------------------------------------------------------------------------


def test_an_object_whose_cycles_are_a_little_longer_is_proved_all_the_same():
    for slip_us in (1_000, 4_000, 29_000):
        resting = laid()
        resting.slip_us = slip_us
        assert resting.heat.begin("hold")
        resting.run(400)
        assert resting.guard.reaction == 0, resting.guard.function
        assert resting.heat._warming._probed_ms < 400_000


def test_warmth_that_is_over_is_watched_no_further():
    warm = held_warm(warmth__fade_min=5.0)
    warm.care.plan["warmth.session_min"] = 5.0
    warm.heat._warming.session._left_ms = 1000
    warm.run(600)
    assert warm.heat.state == "idle"
    assert warm.guard.response is None
    warm.place("bed")
    warm.hold(False)
    warm.run(2 * 3600)
    assert warm.guard.reaction == 0, warm.guard.function


def test_a_body_that_leaves_and_returns_trips_nothing():
    warm = held_warm()
    for turn in range(4):
        warm.place("bed" if turn % 2 == 0 else "body")
        warm.run(240)
        assert warm.guard.reaction == 0, warm.guard.function
    safe(warm)
