"""What the heat bench reads off a warm-up, and what it knows of a plant."""

import itertools

import pytest

from heat import plant, sim
from heat.course import Course, WarmUp, of_peer
from heat.plant import Plant
from heat.two_point import TwoPoint


def course(*parts: tuple[float, float], ramp_end_s: float = 0.0) -> Course:
    """`parts` are (seconds, °C)."""
    pads_c = [pad_c for seconds, pad_c in parts for _ in range(round(seconds / sim.CYCLE_S))]
    return Course(WarmUp(Plant("any"), 38.0, 3.0, 100.0), ramp_end_s, pads_c)


def test_overshoot_and_ripple() -> None:
    one = course((60, 20.0), (60, 38.7), (300, 38.1), (600, 38.0))
    assert one.overshoot_k == pytest.approx(0.7)
    assert one.ripple_k == 0
    assert course((300, 37.9), (300, 38.2)).ripple_k == pytest.approx(0.3)


def test_settled_is_when_it_stays_near() -> None:
    one = course((60, 20.0), (60, 38.0), (60, 38.7), (300, 38.4), ramp_end_s=100)
    assert one.settled_s == pytest.approx(80, abs=1)
    assert course((60, 20.0), (300, 38.4), ramp_end_s=100).settled_s == 0
    assert course((300, 20.0), ramp_end_s=100).settled_of_bound == pytest.approx(2, abs=0.01)


def test_a_state_that_was_never_said_is_late() -> None:
    one = course((900, 20.0), ramp_end_s=100)
    assert one.after_ramp_s("cannot_reach") == pytest.approx(800, abs=1)
    one.states["cannot_reach"] = 160.0
    assert one.after_ramp_s("cannot_reach") == 60


@pytest.mark.parametrize("name", plant.CONDITIONS)
def test_the_plants_constants_say_where_full_power_ends(name: str) -> None:
    one, level_c = plant.CONDITIONS[name]
    pad = one.pad()
    pad.drive(1.0)
    while pad.t_s < 3 * 3600:
        pad.cycle()
    assert one.full_power_c() == pytest.approx(pad.pad_c, abs=0.1)
    assert one.reaches(level_c)


def test_the_bound_is_full_power_from_rest() -> None:
    one = Plant("held")
    assert 450 < one.bound_s(40.0) < 650
    assert one.bound_s(36.0) < one.bound_s(40.0)
    assert one.falls_short(50.0)
    assert not one.reaches(46.0)  # within its margin


def test_random_plants_are_the_same_every_time() -> None:
    first, again = (plant.random_plants(6, body=True) for _ in range(2))
    assert first == again
    assert [level_c for _, level_c in first] == [36.0, 38.0, 40.0] * 2
    for (one, _), (other, _) in itertools.pairwise(first):
        assert one.settings != other.settings


def test_a_peer_gets_the_plans_ramp_and_the_whole_hold() -> None:
    one = Plant("held", seed=3)
    run = of_peer(TwoPoint(), WarmUp(one, 38.0, 3.0, one.bound_s(38.0)))
    assert run.ramp_end_s == pytest.approx(60 * 18 / 3, rel=0.02)
    assert len(run.pads_c) * sim.CYCLE_S >= run.ramp_end_s + 1200
    assert 0.2 < run.overshoot_k < 1.5
    assert run.ripple_k > 0.5
