"""The holder's breathing, through the whole object."""

from itertools import pairwise

from support.events import event, hug


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
