"""Holds of every shape, and the air of real rooms: what only CPython has time or files for."""

import bisect
import csv

import pytest

from support.lcg import Random
from support.pressure import ROOM_PA, Barometer, felt, hold, pats, squeezes

DRAWS = 500


def drawn(random):
    """(words on it, shape, its start, the room's pressure, the air's temperature, noise)."""
    start_s = 6 + random.uniform(0, 0.2)
    peak_pa = 300 * (8700 / 300) ** random.uniform()
    rise_s = random.uniform(0.1, 1.2)
    hold_s = random.choice(
        (random.uniform(2.5, 6), random.uniform(6, 40), random.uniform(40, 150))
    )
    release_s = random.uniform(0.2, 2)
    creep = random.uniform(0, 0.2) if hold_s > 10 else 0.0
    dips = []
    at_s = rise_s + 1.5
    while at_s < hold_s - 2 and random.below(3):
        dips.append((at_s, random.uniform(0.02, 0.74), random.uniform(0.2, 0.75)))
        at_s += random.uniform(3, 10)
    k = random.choice((0, 120, 340))
    k_per_s = random.choice((0, 0.02, 0.04)) if hold_s > 20 else 0
    steepest = 0.4 * peak_pa / (hold_s + 10)  # a leak or a lift that takes most of it is its end
    drift = random.choice((0, 0.1, -0.1, -min(5, steepest), min(15, steepest)))
    noise_pa = random.choice((0.4, 0.8, 2.0, 3.4))
    shape = hold(start_s, peak_pa, hold_s, rise_s, release_s, creep, dips)

    def air_k(t):
        return k_per_s * max(0, min(t, shape.ends_s + 20) - 6)

    words = (
        f"{peak_pa:.0f} Pa in {rise_s:.2f} s for {hold_s:.1f} s, {release_s:.2f} s to release, "
        f"creep {creep:.2f}, {k} Pa/K x {k_per_s} K/s, {drift:.1f} Pa/s, noise {noise_pa}, "
        f"dips {[tuple(round(x, 2) for x in dip) for dip in dips]}"
    )
    extra = lambda t: k * air_k(t) + drift * t  # noqa: E731
    return words, shape, start_s, rise_s, extra, lambda t: 22 + air_k(t - 20), noise_pa


@pytest.mark.parametrize("seed", range(4))
def test_every_hold_is_told_once_within_a_second(seed):
    random = Random(1000 + seed)
    wrong = []
    for number in range(DRAWS // 4):
        words, shape, start_s, rise_s, extra, bladder_c, noise_pa = drawn(random)
        found = felt(shape, extra=extra, bladder_c=bladder_c, seed=number, noise_pa=noise_pa)
        if [g.kind in ("hold", "long_hold") for g in found.gestures] != [True]:
            wrong.append(f"{found.kinds()}: {words}")
            continue
        g = found.gestures[0]
        start_off_s, end_off_s = g.start_ms / 1000 - start_s, g.end_ms / 1000 - shape.ends_s
        if abs(start_off_s) > 1 or abs(end_off_s) > 1:
            wrong.append(f"start {start_off_s:+.2f} s, end {end_off_s:+.2f} s: {words}")
        elif rise_s <= 0.6 and not 0 <= found.touches[0] - 1000 * start_s <= 300:
            wrong.append(f"noticed after {found.touches[0] - 1000 * start_s:.0f} ms: {words}")
    assert not wrong, "\n".join([f"{len(wrong)} of {DRAWS // 4}", *wrong])


@pytest.mark.parametrize("each_s", [0.12, 0.15, 0.2])
def test_pats_are_no_squeezes(each_s):
    random = Random(2)
    for number in range(60):
        late_s = random.uniform(0, 0.2)
        peak_pa = random.choice((600, 1_000, 3_000))
        found = felt(pats(6 + late_s, peak_pa, 4, each_s), seed=number)
        assert [g.kind for g in found.gestures] == ["pat"], (late_s, peak_pa)
        assert found.gestures[0].count in (3, 4)  # the first may fall between two samples


@pytest.mark.parametrize("each_s", [0.35, 0.5, 1.0, 1.5])
def test_squeezes_are_no_pats_and_the_third_stops_at_once(each_s):
    random = Random(3)
    for number in range(60):
        start_s = 6 + random.uniform(0, 0.2)
        peak_pa = random.choice((300, 1_000, 3_000, 8_000))
        found = felt(squeezes(start_s, peak_pa, 3, each_s, 0.4), seed=number)
        assert found.kinds() == [("squeeze", 3)], (start_s, peak_pa)
        released_s = start_s + 3 * each_s + 2 * 0.4
        assert found.squeezed[2][1] <= 1000 * released_s + 150


# --- Real rooms ------------------------------------------------------------------------------


def column(path, session=None):
    with path.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if session in (None, row.get("session"))]
    return [float(row["t_s"]) for row in rows], [float(row["p_Pa"]) for row in rows]


def played(times, pressures, until_s, noise_pa):
    """What is felt of a recording, straight between its points."""

    def pressure(t):
        t += times[0]
        at = bisect.bisect_right(times, t)
        if at >= len(times):
            return pressures[-1] - ROOM_PA
        t0, t1, p0, p1 = times[at - 1], times[at], pressures[at - 1], pressures[at]
        return p0 + (p1 - p0) * (t - t0) / (t1 - t0) - ROOM_PA

    return Barometer(noise_pa=noise_pa).play(pressure, until_s)


@pytest.mark.parametrize("noise_pa", [0.8, 3.4])
@pytest.mark.parametrize(
    "name", ["ambient_desk_bme280.csv", "ambient_walk_phone.csv", "ambient_night_bmp280.csv"]
)
def test_no_gesture_is_felt_in_a_recorded_room(recordings, name, noise_pa):
    times, pressures = column(recordings / name)
    until_s = min(times[-1] - times[0], 6 * 3600)
    assert played(times, pressures, until_s, noise_pa).kinds() == []


def test_no_gesture_is_felt_in_any_recorded_lift(recordings):
    path = recordings / "ambient_lifts_phone.csv"
    with path.open(newline="") as file:
        sessions = sorted({row["session"] for row in csv.DictReader(file)})
    assert len(sessions) > 20
    for session in sessions:
        times, pressures = column(path, session)
        for noise_pa in (0.8, 3.4):
            found = played(times, pressures, times[-1] - times[0], noise_pa)
            assert found.kinds() == [], (session, noise_pa)
            assert found.holds == [], (session, noise_pa)
