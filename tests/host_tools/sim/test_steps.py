"""Gestures and events as the steps that the simulated board plays; recordings as knots."""

import struct
from pathlib import Path

import pytest

from kitbag_tools.sim import recordings, scenario, steps

_HEAD = "duration_s = 1000\nsetup = false\n"


def _steps(folder: Path, body: str) -> list[list[object]]:
    path = folder / "s.toml"
    path.write_text(_HEAD + "".join(f"[[event]]\n{event}\n" for event in body.split(";")))
    return steps.steps(scenario.load(path))


def test_a_hug_begins_at_its_time_and_lasts_what_its_parts_last(tmp_path) -> None:
    found = _steps(tmp_path, "t_s = 10\ndo = 'hug'\npeak_pa = 1500\nhold_s = 40")
    assert found == [
        [10, "hold", 1],
        [10, "edge", 0.4, 0.0, 1500],
        [50.4, "edge", 0.5, 1500, 0.0],
        [50.9, "hold", -1],
    ]


def test_squeezes_follow_each_other_after_their_gap(tmp_path) -> None:
    found = _steps(tmp_path, "t_s = 10\ndo = 'squeeze'\npeak_pa = 3000\ncount = 3")
    starts = [step[0] for step in found if step[1:] == ["hold", 1]]
    ends = [step[0] for step in found if step[1:] == ["hold", -1]]
    assert starts == pytest.approx([10, 10.9, 11.8])
    assert ends == pytest.approx([10.5, 11.4, 12.3])


def test_pats_are_short_and_need_no_body(tmp_path) -> None:
    found = _steps(tmp_path, "t_s = 10\ndo = 'pat'")
    assert [step[1] for step in found] == ["edge"] * 6
    assert [step[0] for step in found[::2]] == pytest.approx([10, 10.5, 11])
    last = found[1]
    assert last[0] + last[2] - 10 == pytest.approx(0.15)


def test_other_events_keep_their_values_and_order(tmp_path) -> None:
    found = _steps(
        tmp_path,
        "t_s = 5\ndo = 'button'\nhold_s = 2.5;t_s = 5\ndo = 'world'\nroom_c = 15\ncutout = true;"
        "t_s = 4\ndo = 'fault'\nkind = 'heater_fet_leak';t_s = 6\ndo = 'clear'\n"
        "kind = 'heater_fet_leak';t_s = 7\ndo = 'power'\noff_s = 3;t_s = 8\ndo = 'sync'",
    )
    assert found == [
        [4, "fault", "heater_fet_leak", {"fraction": 0.35}],
        [5, "button", True],
        [5, "world", "room_c", 15.0],
        [5, "world", "cutout", True],
        [6, "clear", "heater_fet_leak"],
        [7, "power", 3, "anything"],
        [7.5, "button", False],
        [8, "visit", "sync"],
    ]


def test_a_set_up_comes_first(tmp_path) -> None:
    path = tmp_path / "s.toml"
    path.write_text("duration_s = 10\n[[event]]\nt_s = 0\ndo = 'sync'\n")
    assert steps.steps(scenario.load(path)) == [[0.0, "visit", "setup"], [0, "visit", "sync"]]


def test_several_recordings_add_up_on_straight_lines() -> None:
    one = recordings.Knots([0, 10, 20], [0, 100, 0])
    two = recordings.Knots([5, 15], [10, 20])
    both = recordings.added([one, two])
    for t in (-5, 0, 3, 5, 7.5, 10, 12, 15, 17, 20, 30):
        assert both.at(t) == pytest.approx(one.at(t) + two.at(t))


def test_knots_are_written_as_the_board_reads_them(tmp_path) -> None:
    recordings.write_knots(recordings.Knots([0, 0.04], [1.5, -2]), tmp_path / "k")
    assert (tmp_path / "k").read_bytes() == struct.pack("<4d", 0, 1.5, 0.04, -2)


def test_a_rate_stands_for_times(tmp_path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("pa\n1\n2\n3\n")
    knots = recordings.read_knots(path, time=None, rate_hz=25, value="pa", session=None)
    assert list(knots.times) == pytest.approx([0, 0.04, 0.08])


def test_real_recordings_can_be_read(recordings_folder) -> None:
    night = recordings.read_knots(
        recordings_folder / "ambient_night_bmp280.csv",
        time="t_s",
        rate_hz=None,
        value="p_Pa",
        session=None,
    )
    assert len(night.times) > 10_000
    cuff = recordings.read_knots(
        recordings_folder / "bladder_cuff_50hz.csv",
        time="t_s",
        rate_hz=None,
        value="gauge_Pa",
        session="1",
    )
    assert max(cuff.values) > 15_000


@pytest.fixture
def recordings_folder(request: pytest.FixtureRequest) -> Path:
    return request.getfixturevalue("recordings")
