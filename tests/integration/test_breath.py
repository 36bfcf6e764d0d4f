"""The holder's breathing, through the whole object."""

from itertools import pairwise

import pytest

from support import belts
from support.events import event, hug, recording

FROM_S, HUG_S = 25, 20


def looked(play, path, session, amplitude_pa):
    """[(seconds of the recording, rate told or None)] of a belt played into a long hold."""
    ends_s = len(dict(belts.every(path))[session]) / belts.HZ
    swing = {"value": "x", "session": session, "start_s": FROM_S, "gain": amplitude_pa / 500}
    body = hug(HUG_S, FROM_S + ends_s - HUG_S, 1500) + recording(path, into="bladder", **swing)
    rows = play(body, FROM_S + ends_s + 20).rows("breaths.csv")
    told = [(float(row["t_s"]) - FROM_S, float(row["per_min"] or 0) or None) for row in rows]
    return [(t, rate) for t, rate in told if belts.SLOW_WINDOW_S <= t <= ends_s]


@pytest.mark.parametrize("amplitude_pa", [5, 15])
def test_real_belts_are_counted_through_the_whole_object(play, recordings, amplitude_pa):
    path = recordings / belts.RECORDING
    right = []
    for session in ("physio_belt_a", "biopeaks_snippet"):
        began = belts.counted(dict(belts.every(path))[session])
        for t, told in looked(play, path, session, amplitude_pa):
            seen = belts.rate(began, t)
            if seen is not None:
                right.append(told is not None and abs(told - seen) <= belts.WITHIN_PER_MIN)
    assert len(right) >= 15
    assert sum(right) >= 0.9 * len(right), right


@pytest.mark.parametrize("amplitude_pa", [5, 15, 40])
def test_where_none_is_visible_it_is_left_unknown(play, recordings, amplitude_pa):
    path = recordings / belts.RECORDING
    told = [
        rate
        for session in ("physiokit_P12_A_Passive", "physiokit_P12_B_Easy")
        for _, rate in looked(play, path, session, amplitude_pa)
    ]
    assert len(told) >= 30
    assert told.count(None) >= 0.95 * len(told), told


def test_it_is_told_in_long_holds_and_in_nothing_else(play):
    night = play(
        hug(30, 180, 1500)
        + event(40, "breathe", per_min=12, amplitude_pa=15, for_s=170)
        + hug(300, 20, 1500)
        + event(300, "breathe", per_min=12, amplitude_pa=15, for_s=20)
        + hug(400, 120, 1500),
        600,
    )
    rows = [(float(row["t_s"]), row["per_min"]) for row in night.rows("breaths.csv")]
    known = [(t, float(rate)) for t, rate in rows if rate]
    assert len([t for t, _ in known if 75 <= t <= 211]) >= 8
    assert all(abs(rate - 12) <= 1 for t, rate in known if t >= 75)
    assert all(60 <= t <= 212 for t, _ in known)
    # Nobody breathes in the last one, and it says so
    assert len([t for t, rate in rows if t > 400 and not rate]) >= 5
    assert not [t for t, _ in rows if 215 < t < 430]
    for row in night.rows("breaths.csv"):
        assert bool(row["per_min"]) != bool(row["per_min_reason"])


def test_the_breathing_cue_takes_up_the_holders_own_rate(play):
    night = play(
        hug(20, 200, 1500) + event(24, "breathe", per_min=11, amplitude_pa=20, for_s=190),
        240,
        plan='[touch]\nenabled = true\npattern = "breath"\nbreaths_per_min = 6\n',
    )
    # Where the motor's drive is highest in each of its breaths
    full: list[float] = []
    last, rising = 0.0, False
    for t, drive in night.changes("motor"):
        if drive < last and rising and (not full or t - full[-1] > 2):
            full.append(t)
        rising, last = drive > last or (rising and drive == last), drive
    periods = [b - a for a, b in pairwise(full) if 110 <= a <= 190]
    assert len(periods) > 8
    assert all(5.2 <= period <= 7.5 for period in periods), periods
    assert periods[-1] > periods[0]  # and leads on to the plan's, slowly
