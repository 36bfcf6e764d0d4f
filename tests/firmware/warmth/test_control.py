"""The controller, the session and the guard together, around the plant of docs/safety.md."""

import pytest

from kitbag import limits
from support.lcg import Random
from support.on_table import CYCLE_S, laid, safe

CONDITIONS = {
    "held": {},
    "nobody": {},
    "cold room": {"room_c": 10.0},
    "wrapped": {"insulation": 4.0},
    "lain on": {"fabric": 0.5, "perfusion": 0.4},
}
LEVELS_C = (36.0, 38.0, 40.0)
HOLD_S = 900
PROVED_S = 150  # the two pulses of heat that begin it are behind it


def pad_c(table):
    return table.world.thermal.pad_c


def warmed(table, level_c):
    """(pad temperatures from its arrival on, seconds from the ramp's end to there)."""
    ramp_s = 60 * (level_c - pad_c(table)) / limits.RAMP_MAX_C_PER_MIN
    assert table.heat.begin("hold")
    began_s = table.t_s
    pads_c = []
    arrived_s = None

    def look():
        nonlocal arrived_s
        if arrived_s is None and pad_c(table) >= level_c - 0.5:
            arrived_s = table.t_s
        if arrived_s is not None:
            pads_c.append(pad_c(table))

    while arrived_s is None and table.t_s < 3600:
        table.run(10, look)
    assert arrived_s is not None, f"only {pad_c(table):.1f} C"
    table.run(HOLD_S, look)
    assert table.heat.state == "holding"
    assert table.guard.reaction == 0, table.guard.function
    return pads_c, arrived_s - began_s - ramp_s


def ripple_k(pads_c):
    last = pads_c[-round(300 / CYCLE_S) :]
    return max(last) - min(last)


@pytest.mark.parametrize("level_c", LEVELS_C)
@pytest.mark.parametrize("condition", CONDITIONS)
def test_overshoot_and_ripple_are_small_in_every_condition(condition, level_c, record_property):
    if condition == "nobody":
        level_c -= 2  # 3 W have no more to spare
    table = laid(
        CONDITIONS[condition],
        body=condition != "nobody",
        warmth__level_c=level_c,
        warmth__ramp_c_per_min=limits.RAMP_MAX_C_PER_MIN,
    )
    pads_c, late_s = warmed(table, level_c)
    record_property("overshoot_k", max(pads_c) - level_c)
    record_property("ripple_k", ripple_k(pads_c))
    record_property("late_s", late_s)
    assert max(pads_c) <= level_c + 0.5
    assert ripple_k(pads_c) <= 0.1
    assert abs(pads_c[-1] - level_c) <= 0.2
    assert late_s <= (1000 if condition == "nobody" else 600)
    safe(table)


@pytest.mark.parametrize("per_min", [0.2, 1.0, 3.0])
def test_no_ramp_is_faster_than_the_plan_asks(per_min):
    table = laid(
        {"insulation": 4.0},
        pad_c=30.0,
        warmth__ramp_c_per_min=per_min,
        warmth__level_c=38.0,
    )
    assert table.heat.begin("hold")
    table.run(PROVED_S)
    for _ in range(5):
        before_c = pad_c(table)
        table.run(60)
        assert pad_c(table) - before_c <= per_min + 0.5


def test_a_body_that_comes_and_goes_makes_no_overshoot():
    random = Random(2026)
    for number in range(12):
        room_c = random.uniform(14, 28)
        world = {
            "room_c": room_c,
            "insulation": random.choice((0.7, 1.0, 1.5, 4.0)),
            "fabric": random.uniform(0.5, 1.5),
            "perfusion": random.uniform(0.4, 1.5),
            "pad_j_per_k": random.uniform(28, 45),
            "battery_v": random.uniform(3.7, 4.2),
        }
        table = laid(world, number + 1, warmth__level_c=36.0, warmth__ramp_c_per_min=2.0)
        assert table.heat.begin("hold")
        body = True
        for _ in range(24):
            if random.below(6) == 0:
                body = not body
                table.place("body" if body else "bed")
                table.hold(body)
            table.run(60)
            assert table.guard.reaction == 0, (number, table.t_s, table.guard.function)
        assert table.world.thermal.peak_pad_c <= 37.0, (number, table.world.thermal.peak_pad_c)


def test_a_pad_too_weak_for_the_room_says_so_and_does_not_latch():
    table = laid(
        {"room_c": 8.0, "battery_v": 3.77},
        body=False,
        warmth__level_c=40.0,
        warmth__ramp_c_per_min=limits.RAMP_MAX_C_PER_MIN,
    )
    table.hold(True)
    assert table.heat.begin("hold")
    table.run(32 * 60 / limits.RAMP_MAX_C_PER_MIN + 600)
    assert table.heat.state == "cannot_reach"
    table.run(600)
    assert table.heat.state == "cannot_reach"
    assert table.guard.reaction == 0
    table.place("body")
    table.world.set("room_c", 20.0)
    table.world.set("battery_v", 4.0)
    table.run(1200)
    assert table.heat.state == "holding"
    assert table.guard.reaction == 0


def test_mean_power_never_passes_three_watts_whatever_the_pad():
    table = laid(
        {"battery_v": 4.2, "pad_w": 3.3},
        warmth__ramp_c_per_min=limits.RAMP_MAX_C_PER_MIN,
        warmth__level_c=38.0,
    )
    assert table.heat.begin("hold")
    given_j = []
    table.run(600, lambda: given_j.append(table.world.thermal.given_j))
    minute = round(60 / CYCLE_S)
    most_w = max(b - a for a, b in zip(given_j, given_j[minute:], strict=False)) / 60
    assert most_w > 0.9 * limits.MEAN_POWER_MAX_MW / 1000  # it would have had more
    assert most_w <= limits.MEAN_POWER_MAX_MW / 1000 + 0.05
