"""Scent and touch: only where the plan opted in, within its gap and budget, gently."""

from itertools import pairwise

import pytest

from support.events import event, hug, squeeze

SCENT = """
[scent]
enabled = true
name = "orange blossom"
pulse_s = 4
gap_s = 60
daily_pulses = 3
"""
TOUCH = """
[touch]
enabled = true
pattern = "heartbeat"
strength = 0.5
beats_per_min = 60
"""


def pulses(night):
    """[(begins s, length s)] of the diffuser."""
    changes = [change for change in night.changes("scent") if change[0] > 0 or change[1]]
    return [(on_s, off_s - on_s) for (on_s, on), (off_s, _) in pairwise(changes) if on]


@pytest.fixture(scope="module")
def scented(play):
    body = "".join(squeeze(t, 2) for t in (20, 45, 100, 165, 230, 295))
    return play(body, 330, plan=SCENT)


def test_a_double_squeeze_gives_one_pulse_of_the_plans_length(scented):
    on_s, length_s = pulses(scented)[0]
    assert 21.4 <= on_s <= 26
    assert length_s == pytest.approx(4, abs=0.15)


def test_gap_and_budget_are_kept_and_told(scented):
    given = pulses(scented)
    assert len(given) == 3
    assert all(b[0] - a[0] >= 60 for a, b in pairwise(given))
    refused = [row["why"] for row in scented.events("scent_refused")]
    assert refused == ["gap", "budget", "budget"]
    assert [row["left_today"] for row in scented.events("scent")] == ["2", "1", "0"]


def test_scent_comes_with_nothing_else(scented):
    assert not scented.ever_on("switch1", 0, 330)
    assert not scented.ever_on("motor", 0, 330)


def test_neither_one_nor_four_squeezes_ask_for_scent(play):
    night = play(squeeze(20, 1) + squeeze(40, 4) + event(60, "pat", count=4), 80, plan=SCENT)
    assert pulses(night) == []


def test_a_plan_that_maps_it_elsewhere_gives_none(play):
    night = play(squeeze(20, 2), 40, plan=SCENT + '[gesture]\ndouble_squeeze = "none"\n')
    assert pulses(night) == []


def test_the_budget_outlives_a_power_cut(play):
    body = "".join(squeeze(t, 2) for t in (20, 90, 160)) + event(200, "power", off_s=30)
    night = play(body + squeeze(260, 2), 300, plan=SCENT)
    assert len(pulses(night)) == 3
    assert [row["why"] for row in night.events("scent_refused")] == ["budget"]


@pytest.fixture(scope="module")
def beating(play):
    return play(hug(20, 60), 140, plan=TOUCH)


def test_a_heartbeat_is_felt_while_it_is_held_and_fades(beating):
    assert beating.ever_on("motor", 22, 25)
    assert beating.ever_on("motor", 75, 80)
    last_s = beating.last_on("motor", 20, 140)
    assert 81 <= last_s <= 81 + 30 + 3


def test_it_beats_at_the_plans_pace_in_pairs(beating):
    begins = []
    value = 0.0
    for t_s, new in beating.changes("motor"):
        if not value and new and 30 <= t_s <= 60:
            begins.append(t_s)
        value = new
    firsts = begins[::2] if begins[1] - begins[0] < 0.5 else begins[1::2]
    assert len(firsts) >= 28
    for a, b in pairwise(firsts):
        assert b - a == pytest.approx(1.0, abs=0.02)


def test_it_begins_gently(beating):
    first_s = next(t_s for t_s, value in beating.changes("motor") if value)
    drive = [(t_s - first_s, value) for t_s, value in beating.changes("motor")]
    # A small motor starts at 25 %; what is felt is what is above
    for t_s, value in drive:
        if 0 <= t_s < 2:
            assert (value - 0.25) / 0.75 <= 0.5 * (0.2 + 0.8 * t_s / 2) + 0.03


def test_a_felt_answer_comes_within_1_5_s_of_what_asked_for_it(beating):
    first_s = next(t_s for t_s, value in beating.changes("motor") if value)
    assert first_s - 23 <= 1.5


def test_a_hold_that_cannot_be_warmed_is_told_by_another_pattern(play):
    night = play(event(1, "fault", kind="charging") + hug(20, 40), 140, plan=SCENT + TOUCH)
    assert night.warmth_begins(0, 140) == []
    assert [(row["pattern"], row["why"]) for row in night.events("touch_start")] == [
        ("purr", "barred")
    ]
    # and it lasts as touch does
    assert float(night.events("touch_end")[0]["duration_s"]) >= 40
