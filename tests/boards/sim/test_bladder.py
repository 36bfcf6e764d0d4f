"""The bladder: gas law, gestures, breath, leaks, recordings."""

import struct
from itertools import pairwise

import pytest

from simulated import bladder, trace

WORLD = {"ambient_pa": 101_325.0, "bladder_pa_per_k": 120.0}
WORLD_RIGID = {"ambient_pa": 101_325.0, "bladder_pa_per_k": 340.0}
WORLD_SLACK = {"ambient_pa": 101_325.0, "bladder_pa_per_k": 0.0}


def _weather(world, change_pa):
    air = bladder.Bladder(dict(world), 24.85)
    before = air.pressure(1.0)
    air.settle({**world, "ambient_pa": 101_325.0 + change_pa}, 2.0, 24.85)
    return air.pressure(2.0) - before


def test_a_slack_bladder_follows_the_weather_and_a_rigid_one_does_not() -> None:
    assert _weather(WORLD_SLACK, 1000) == pytest.approx(1000)
    assert abs(_weather(WORLD_RIGID, 1000)) < 10
    assert _weather(WORLD, 1000) == pytest.approx(1000 * (1 - 120 / 340), rel=0.01)


@pytest.mark.parametrize(
    ("world", "pa_per_k"), [(WORLD_RIGID, 340), (WORLD, 120), (WORLD_SLACK, 0)]
)
def test_the_heater_s_warmth_raises_it_by_its_tautness(world, pa_per_k) -> None:
    air = bladder.Bladder(dict(world), 20.0)
    before = air.pressure(0.0)
    air.rebase(600.0, 30.0, 0.01)
    assert air.pressure(600.0) - before == pytest.approx(10 * pa_per_k)
    # Between two looks it goes on at the rate the air warms
    assert air.pressure(601.0) - air.pressure(600.0) == pytest.approx(0.01 * pa_per_k)


def test_a_changed_tautness_does_not_jump() -> None:
    air = bladder.Bladder(dict(WORLD), 20.0)
    air.rebase(100.0, 30.0, 0.0)
    before = air.pressure(100.0)
    air.settle(dict(WORLD_RIGID), 100.0, 30.0)
    assert air.pressure(100.0) == pytest.approx(before)
    air.rebase(200.0, 31.0, 0.0)
    assert air.pressure(200.0) - before == pytest.approx(340)


def test_an_edge_is_smooth_and_ends_where_it_should() -> None:
    air = bladder.Bladder(dict(WORLD), 20.0)
    rest = air.pressure(0.0)
    rise = air.begin_edge(10.0, 0.4, 0.0, 1500.0)
    shape = [air.pressure(10 + i / 100) - rest for i in range(41)]
    assert shape[0] == pytest.approx(0, abs=1e-9)
    assert shape[20] == pytest.approx(750)
    assert shape[40] == pytest.approx(1500)
    assert all(b >= a for a, b in pairwise(shape))
    # Nowhere steeper than a raised cosine: 10 to 90 % takes 0.59 of the rise
    assert max(b - a for a, b in pairwise(shape)) < 1500 * 3.15 / 2 * 0.0251
    air.end_edge(rise)
    assert air.pressure(30.0) - rest == pytest.approx(1500)
    release = air.begin_edge(50.0, 0.5, 1500.0, 0.0)
    assert air.pressure(50.0) - rest == pytest.approx(1500)
    assert air.pressure(50.25) - rest == pytest.approx(750)
    air.end_edge(release)
    assert air.pressure(51.0) == pytest.approx(rest)


def test_breath_adds_for_as_long_as_asked() -> None:
    air = bladder.Bladder(dict(WORLD), 20.0)
    rest = air.pressure(0.0)
    air.breath = (10.0, 6 / 60 * 2 * 3.141592653589793, 20.0, 70.0)
    air.lively = True
    assert air.pressure(9.0) == rest
    assert air.pressure(12.5) - rest == pytest.approx(20)
    assert air.pressure(17.5) - rest == pytest.approx(-20)
    assert air.pressure(70.1) == rest


def test_a_leak_empties_what_is_pressed_and_no_more() -> None:
    air = bladder.Bladder(dict(WORLD), 20.0)
    air.leak_pa_per_s = 10.0
    air.rebase(50.0, 20.0, 0.0)
    assert air.pressure(50.0) == pytest.approx(101_325)  # nothing above the room to leak
    air.end_edge(air.begin_edge(50.0, 0.4, 0.0, 1500.0))
    for second in range(51, 101):
        air.rebase(float(second), 20.0, 0.0)
    assert air.pressure(100.0) == pytest.approx(101_325 + 1500 - 500)
    for second in range(101, 1000):
        air.rebase(float(second), 20.0, 0.0)
    assert air.pressure(1000.0) == pytest.approx(101_325, abs=11)


@pytest.fixture
def played(tmp_path):
    """`played(knots)`: a recording with these (seconds, value)."""
    opened = []

    def make(knots):
        path = tmp_path / str(len(opened))
        path.write_bytes(b"".join(struct.pack("<dd", t, v) for t, v in knots))
        opened.append(trace.Trace(str(path)))
        return opened[-1]

    yield make
    for recording in opened:
        recording.close()


def test_a_recording_is_straight_between_its_knots(played) -> None:
    knots = [(10.0, 100.0), (20.0, 200.0), (20.5, 150.0)]
    knots += [(21.0 + i, 150.0 + i % 7) for i in range(300)]  # more than one piece of the file
    recording = played(knots)
    assert recording.at(0.0) == 100
    assert recording.at(10.0) == 100
    assert recording.at(15.0) == pytest.approx(150)
    assert recording.at(20.0) == pytest.approx(200)
    assert recording.at(20.25) == pytest.approx(175)
    for i in range(300):
        assert recording.at(21.0 + i) == pytest.approx(150 + i % 7)
    assert recording.at(1e6) == pytest.approx(150 + 299 % 7)


def test_recordings_replace_or_add_to_the_ambient_and_press(played) -> None:
    weather = [(0.0, 95_000.0), (100.0, 95_100.0)]
    air = bladder.Bladder(dict(WORLD_SLACK), 20.0, ambient=played(weather), replaces=True)
    assert air.pressure(50.0) == pytest.approx(95_050)
    assert air.ambient_pa(50.0) == pytest.approx(95_050)
    lift = [(0.0, 0.0), (100.0, -500.0)]
    air = bladder.Bladder(dict(WORLD_SLACK), 20.0, ambient=played(lift))
    assert air.pressure(100.0) == pytest.approx(101_325 - 500)
    air = bladder.Bladder(dict(WORLD_RIGID), 24.85, ambient=played(lift))
    assert air.pressure(100.0) == pytest.approx(101_325, abs=5)
    hug = [(5.0, 0.0), (6.0, 2000.0)]
    air = bladder.Bladder(dict(WORLD_RIGID), 20.0, pressed=played(hug))
    assert air.pressure(5.5) == pytest.approx(101_325 + 1000)
