"""The controller, the session and the guard together, around the plant of docs/safety.md."""

import pytest

from kitbag import limits
from support.lcg import Random
from support.plant import Plant
from support.warm_object import WarmObject

CONDITIONS = {
    "held": {},
    "nobody": {"body": False},
    "cold room": {"room_c": 10.0, "start_c": 10.0},
    "wrapped": {"insulation": 4.0},
    "lain on": {"fabric": 0.5, "perfusion": 0.4},
}
LEVELS_C = (36.0, 38.0, 40.0)
HOLD_S = 900


def warmed(plant, level_c):
    """(object, pad temperatures from its arrival on, seconds from the ramp's end to there)."""
    warm = WarmObject(
        plant, warmth__level_c=level_c, warmth__ceiling_c=40.0, warmth__session_min=45.0
    )
    ramp_s = 60 * (level_c - plant.pad_c)
    assert warm.heat.begin("hold")
    pads_c = []
    arrived_s = None

    def look():
        nonlocal arrived_s
        if arrived_s is None and plant.pad_c >= level_c - 0.5:
            arrived_s = warm.t_s
        if arrived_s is not None:
            pads_c.append(plant.pad_c)

    while arrived_s is None and warm.t_s < 3600:
        warm.run(10, look)
    assert arrived_s is not None, f"only {plant.pad_c:.1f} C"
    warm.run(HOLD_S, look)
    assert warm.heat.state == "holding"
    assert warm.guard.reaction == 0, warm.guard.function
    return warm, pads_c, arrived_s - ramp_s


def ripple_k(pads_c):
    last = pads_c[-1000:]  # 5 min
    return max(last) - min(last)


@pytest.mark.parametrize("level_c", LEVELS_C)
@pytest.mark.parametrize("condition", CONDITIONS)
def test_overshoot_and_ripple_are_small_in_every_condition(condition, level_c, record_property):
    warm, pads_c, late_s = warmed(Plant(**CONDITIONS[condition]), level_c)
    record_property("overshoot_k", max(pads_c) - level_c)
    record_property("ripple_k", ripple_k(pads_c))
    record_property("late_s", late_s)
    assert max(pads_c) <= level_c + 0.5
    assert ripple_k(pads_c) <= 0.1
    assert abs(pads_c[-1] - level_c) <= 0.2
    assert late_s <= 600
    assert warm.plant.peak_skin_c <= 41.5


def test_no_ramp_is_faster_than_the_plan_asks():
    for per_min in (0.2, 1.0, 3.0):
        plant = Plant(start_c=30.0, insulation=4.0)
        warm = WarmObject(plant, warmth__ramp_c_per_min=per_min, warmth__level_c=38.0)
        assert warm.heat.begin("hold")
        warm.run(60)
        for _ in range(5):
            before = plant.pad_c
            warm.run(60)
            assert plant.pad_c - before <= per_min + 0.5


def random_plant(random):
    """Every constant of the plant somewhere around its middle, rooms from 8 to 28 C."""
    room_c = random.uniform(8, 28)
    return Plant(
        start_c=room_c,
        room_c=room_c,
        body=random.below(4) > 0,
        seed=random.below(1000),
        insulation=random.choice((0.7, 1.0, 1.5, 4.0)),
        fabric=random.uniform(0.5, 1.5),
        perfusion=random.uniform(0.4, 1.5),
        capacity=random.uniform(0.8, 1.3),
        battery_v=random.uniform(3.5, 4.2),
    )


def test_no_healthy_plant_is_tripped_or_overshoots():
    random = Random(2026)
    for number in range(24):
        plant = random_plant(random)
        warm = WarmObject(plant, warmth__level_c=38.0)
        assert warm.heat.begin("hold")
        for minute in range(24):
            if random.below(6) == 0:
                plant.body = not plant.body
            if random.below(15) == 0:
                plant.room_c -= random.uniform(0, 5)
            warm.run(60)
            assert warm.guard.reaction == 0, (number, minute, warm.guard.function)
        assert plant.peak_pad_c <= 38.5 + 0.5, (number, plant.peak_pad_c)
        warm.heat.stop("button")
        warm.run(120)
        assert warm.guard.reaction == 0, (number, warm.guard.function)
        assert plant.watts == 0


def test_a_pad_too_weak_for_the_room_says_so_and_does_not_latch():
    plant = Plant(start_c=5.0, room_c=2.0, body=False, battery_v=3.5)
    warm = WarmObject(
        plant, warmth__level_c=40.0, warmth__ceiling_c=40.0, warmth__ramp_c_per_min=3.0
    )
    assert warm.heat.begin("hold")
    warm.run(2400)
    assert warm.heat.state == "cannot_reach"
    assert warm.guard.reaction == 0
    plant.body = True
    plant.room_c = 20.0
    plant.battery_v = 4.0
    warm.run(1500)
    assert warm.heat.state == "holding"


def test_mean_power_never_passes_three_watts_whatever_the_pad():
    plant = Plant(start_c=20.0, pad_w=3.0, battery_v=4.2)
    assert plant.full_w > limits.MEAN_POWER_MAX_MW / 1000
    warm = WarmObject(plant, warmth__ramp_c_per_min=3.0, warmth__level_c=38.0)
    assert warm.heat.begin("hold")
    powers = []
    warm.run(600, lambda: powers.append(plant.watts))
    for at in range(len(powers) - 200):
        assert sum(powers[at : at + 200]) / 200 <= 3.0 + 0.05


def test_an_empty_cell_lets_warmth_go_without_a_latch_and_forgives():
    warm = WarmObject(Plant(start_c=34.0))
    assert warm.heat.begin("hold")
    warm.run(30)
    warm.plant.battery_v = 3.1
    warm.run(3)
    assert warm.plant.watts == 0
    assert warm.heat.state == "idle"
    assert not warm.heat.begin("hold")
    warm.plant.battery_v = 3.3
    warm.run(3)
    assert not warm.heat.begin("hold")
    warm.plant.battery_v = 3.6
    warm.run(3)
    assert warm.heat.begin("hold")


def test_the_button_cuts_within_the_cycle_that_is_under_way():
    warm = WarmObject(Plant(start_c=34.0))
    assert warm.heat.begin("hold")
    warm.run(60)
    assert warm.plant.watts > 0.2

    plain = warm.heat._heater.drive

    def interrupted(duty):  # the duty is worked out, the button comes, the duty is driven
        warm.heat.cut()
        plain(duty)

    warm.heat._heater.drive = interrupted
    warm.cycle()
    assert warm.r.duty > 0
    assert warm.plant.duty == 0
