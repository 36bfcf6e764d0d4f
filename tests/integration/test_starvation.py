"""Tasks that are late while it is held warm, whenever they begin to be."""

import pytest

from support.events import event, hug

PLAN = "[warmth]\nlevel_c = 38\nramp_c_per_min = 3\n"
LATE_S, CLEAR_S, UNTIL_S = 60.0, 90.0, 100.0
# Through a heat cycle of 300 ms, and through the second after which the housekeeping comes again
PHASES_MS = (0, 50, 100, 150, 200, 250, 500, 600, 700, 800, 900)


def starved(play, ms, phase_ms):
    return play(
        hug(10, UNTIL_S)
        + event(LATE_S + phase_ms / 1000, "fault", kind="starvation", ms=ms)
        + event(CLEAR_S, "clear", kind="starvation"),
        UNTIL_S,
        plan=PLAN,
    )


@pytest.mark.parametrize("phase_ms", PHASES_MS)
def test_tasks_late_by_400_ms_end_heat_within_a_second(play, phase_ms):
    night = starved(play, 400, phase_ms)
    assert night.summary["faults"][0]["heater_off_s"] <= 1.0
    assert {row["reaction"] for row in night.events("guard")} == {"O"}


@pytest.mark.parametrize("phase_ms", PHASES_MS)
def test_tasks_late_by_200_ms_never_do(play, phase_ms):
    night = starved(play, 200, phase_ms)
    assert night.events("guard") == []
    assert night.summary["final_state"] == "warming"
