"""A hold warms; whatever says stop stops everything, and only a new act begins again."""

import pytest

from support.events import event, hug, squeeze

OUTPUTS = ("switch1", "heater_duty", "scent", "motor")
EVERYTHING = """
[scent]
enabled = true
name = "orange blossom"
pulse_s = 20
gap_s = 60
[touch]
enabled = true
pattern = "steady"
strength = 1.0
[gesture]
hold = "settle"
"""


def off_after(night, from_s, until_s):
    """How long after `from_s` the last output went to zero; all stay so until `until_s`."""
    lasts = [night.last_on(what, from_s, until_s) for what in OUTPUTS]
    assert all(last is None or last < until_s - 0.01 for last in lasts), lasts
    return max([last for last in lasts if last is not None], default=from_s) - from_s


@pytest.fixture(scope="module")
def plain(play):
    """No plan at all: three holds of different length, squeezes and pats."""
    return play(
        hug(60, 1.0)
        + hug(120, 1.8)
        + squeeze(180, 2)
        + event(200, "pat", count=4)
        + hug(240, 60)
        + hug(360, 20),
        600,
    )


def test_a_hold_of_three_seconds_starts_warmth_and_no_less_does(plain):
    assert plain.warmth_begins(0, 350) == [pytest.approx(243, abs=0.5)]
    assert not plain.ever_on("switch1", 0, 242)
    assert plain.ever_on("switch1", 242, 244)
    assert plain.summary["final_state"] == "warming"


def test_without_a_plan_there_is_no_scent_and_no_motor(plain):
    assert not plain.ever_on("scent", 0, 600)
    assert not plain.ever_on("motor", 0, 600)


def test_a_further_hold_extends_once(play):
    night = play(hug(10, 6) + hug(60, 6) + hug(120, 6), 200)
    whys = [row["why"] for row in night.events("warmth_state")]
    assert whys == ["hold", "hold"]


def test_warmth_rises_gently_and_ends_by_itself(play):
    night = play(hug(10, 2100), 3600)
    states = [(float(row["start_s"]), row["state"]) for row in night.events("warmth_state")]
    assert [state for _, state in states] == ["warming", "holding", "fading", "idle"]
    pads = {int(float(row["t_s"])): float(row["pad_c"]) for row in night.rows("truth.csv")}
    for t in range(60, 3540):  # 1 C a minute, and what a body gives a cold object
        assert pads[t + 60] - pads[t] <= (3.2 if t < 360 else 1.6)
    held = [pads[t] for t in range(int(states[1][0]) + 60, int(states[2][0]))]
    assert max(held) <= 36.5
    assert min(held) >= 35.5
    assert night.summary["peak_pad_c"] <= 36.5
    assert night.summary["peak_skin_c"] <= 36.5
    assert night.summary["false_trips"] == 0
    assert not night.ever_on("switch1", states[3][0] + 1, 3600)


# --- Stop ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stopped(play):
    """Everything on, then the button in the middle of a hold that goes on; later a new hold."""
    return play(
        hug(20, 120) + event(40.0, "button", hold_s=0.05) + hug(150, 60),
        260,
        plan=EVERYTHING,
    )


def test_everything_was_on(stopped):
    for what in OUTPUTS:
        assert stopped.ever_on(what, 20, 40), what


def test_the_button_stops_everything_within_150_ms(stopped):
    assert off_after(stopped, 40.0, 140) <= 0.150


def test_the_second_switch_opens_by_itself(stopped):
    assert stopped.last_on("switch2", 40, 140) <= 40 + 1.5


def test_a_hold_that_goes_on_never_starts_anything_again(stopped):
    for what in OUTPUTS:
        assert not stopped.ever_on(what, 40.2, 150), what
    assert stopped.warmth_begins(40, 150) == []


def test_a_new_hold_after_a_release_does(stopped):
    assert stopped.warmth_begins(150, 260) == [pytest.approx(153, abs=0.5)]
    assert stopped.ever_on("motor", 153, 156)


def test_the_stop_and_the_button_are_in_the_log(stopped):
    assert [row["how"] for row in stopped.events("stop")] == ["button"]
    assert float(stopped.events("stop")[0]["start_s"]) == pytest.approx(40, abs=0.3)
    assert len(stopped.events("button")) == 1


@pytest.mark.parametrize("phase_s", [0.0, 0.07, 0.15, 0.22, 0.29])
def test_the_button_stops_at_any_moment_of_the_cycle(play, phase_s):
    night = play(hug(10, 40) + event(30 + phase_s, "button"), 45, plan=EVERYTHING)
    assert off_after(night, 30 + phase_s, 45) <= 0.150


def test_a_button_that_is_pressed_long_stays_a_stop(play):
    night = play(hug(10, 60) + event(30, "button", hold_s=12) + hug(90, 20), 120, plan=EVERYTHING)
    assert off_after(night, 30.0, 89) <= 0.150
    assert night.warmth_begins(30, 120) == [pytest.approx(93, abs=0.5)]


def test_a_new_hold_needs_two_seconds_of_release(play):
    for rest_s, starts in ((0.8, False), (1.5, False), (2.3, True), (3.0, True)):
        night = play(
            hug(10, 20, release_s=0.3) + event(20, "button") + hug(10.4 + 20 + 0.3 + rest_s, 20),
            70,
        )
        assert bool(night.warmth_begins(20.2, 70)) is starts, rest_s


@pytest.mark.parametrize("each_s", [0.4, 0.5, 0.8, 1.2])
def test_a_triple_squeeze_stops_everything_within_150_ms(play, each_s):
    night = play(hug(10, 10) + squeeze(30, 3, each_s=each_s, gap_s=0.4), 60, plan=EVERYTHING)
    released_s = 30 + 3 * each_s + 2 * 0.4
    assert night.ever_on("switch1", 10, 30)
    assert night.ever_on("motor", 29, 30)
    assert off_after(night, released_s, 60) <= 0.150
    assert [row["how"] for row in night.events("stop")] == ["triple_squeeze"]


def test_a_triple_squeeze_in_the_middle_of_a_hold_stops_too(play):
    night = play(hug(10, 60) + squeeze(30, 3), 100, plan=EVERYTHING)
    assert off_after(night, 32.3, 100) <= 0.150
    assert [row["how"] for row in night.events("stop")] == ["triple_squeeze"]


def test_after_a_triple_squeeze_a_new_hold_warms_again(play):
    night = play(hug(10, 10) + squeeze(30, 3) + hug(36, 20), 70)
    assert night.warmth_begins(30, 70) == [pytest.approx(39, abs=0.5)]
