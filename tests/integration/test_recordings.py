"""The air of real rooms, lifts and walks plays into the object: nobody hugs it."""

import csv
import os
from pathlib import Path

import pytest

from support.events import hug, recording

SLACK, TAUT = 0, 340
DAY_S, SLICE_S, SHORT_S = 24 * 3600, 8 * 3600, 3 * 3600


def check_quiet(night):
    assert night.hugs() == []
    assert night.events("hold_start") == night.events("picked_up") == []
    assert night.events("sense_fault") == []
    assert not night.ever_on("switch1", 0, night.summary["duration_s"])


def length_s(path: Path, session: str | None = None) -> float:
    with path.open(newline="") as file:
        times = [
            float(row["t_s"])
            for row in csv.DictReader(file)
            if session in (None, row.get("session"))
        ]
    return times[-1] - times[0]


@pytest.mark.parametrize("bladder_pa_per_k", [SLACK, TAUT])
@pytest.mark.parametrize("name", ["ambient_desk_bme280.csv", "ambient_walk_phone.csv"])
def test_no_hug_at_a_desk_or_on_a_walk(play, recordings, name, bladder_pa_per_k):
    path = recordings / name
    check_quiet(play(recording(path), length_s(path), bladder_pa_per_k=bladder_pa_per_k))


@pytest.mark.parametrize("bladder_pa_per_k", [SLACK, TAUT])
def test_no_hug_in_any_lift(play, recordings, bladder_pa_per_k):
    """All rides one after another, each from the pressure that the last one ended with."""
    path = recordings / "ambient_lifts_phone.csv"
    with path.open(newline="") as file:
        rides: dict[str, list[tuple[float, float]]] = {}
        for row in csv.DictReader(file):
            rides.setdefault(row["session"], []).append((float(row["t_s"]), float(row["p_Pa"])))
    joined: list[tuple[float, float]] = []
    t = 0.0
    for points in rides.values():
        offset_pa = joined[-1][1] - points[0][1] if joined else 0.0
        # Back to where rides begin, slowly, so that the sum stays within the barometer's range
        joined += [(t + at - points[0][0], pa + offset_pa) for at, pa in points]
        t = joined[-1][0] + 5
        back_pa = 101_325 - joined[-1][1]
        t += abs(back_pa) / 10
        joined.append((t, 101_325.0))
        t += 5
    assert len(rides) > 20
    folder = play.folder("lifts")
    with (folder / "lifts.csv").open("w") as file:
        file.write("t_s,p_Pa\n" + "".join(f"{at:.3f},{pa:.2f}\n" for at, pa in joined))
    check_quiet(play(recording(folder / "lifts.csv"), t, bladder_pa_per_k=bladder_pa_per_k))


@pytest.mark.parametrize("bladder_pa_per_k", [SLACK, TAUT])
def test_no_hug_in_hours_of_a_night(play, recordings, bladder_pa_per_k):
    path = recordings / "ambient_night_bmp280.csv"
    start_s = -4 * 3600 if bladder_pa_per_k else 0
    check_quiet(play(recording(path, start_s=start_s), SLICE_S, bladder_pa_per_k=bladder_pa_per_k))


@pytest.mark.slow
@pytest.mark.skipif("SLOW" not in os.environ, reason="SLOW is not set: 24 h are not played")
@pytest.mark.parametrize("bladder_pa_per_k", [SLACK, TAUT])
def test_no_hug_in_24_hours(play, recordings, bladder_pa_per_k):
    path = recordings / "ambient_night_bmp280.csv"
    check_quiet(play(recording(path), DAY_S, bladder_pa_per_k=bladder_pa_per_k))


def test_hugs_are_found_in_a_recorded_room(play, recordings):
    path = recordings / "ambient_night_bmp280.csv"
    times = [60 + 97.3 * i for i in range(20)]
    body = "".join(hug(t, 5, 300 + 150 * i) for i, t in enumerate(times))
    night = play(recording(path) + body, times[-1] + 60)
    rows = night.hugs()
    assert [row["kind"] for row in rows] == ["hold"] * 20
    for row, t in zip(rows, times, strict=True):
        assert float(row["start_s"]) == pytest.approx(t, abs=1)
        assert float(row["end_s"]) == pytest.approx(t + 5.9, abs=1)


def test_a_real_cuff_that_is_pumped_up_and_let_down_is_told_as_something(play, recordings):
    """A bulb that pumps up an arm cuff: no hug, but pressed it is; nothing may break."""
    path = recordings / "bladder_cuff_50hz.csv"
    body = recording(path, value="gauge_Pa", session="1", into="bladder", start_s=20, gain=0.3)
    night = play(body, 20 + length_s(path, "1") + 60)
    assert night.result.complete
    assert len(night.hugs()) >= 1
    assert night.summary["false_trips"] == 0
