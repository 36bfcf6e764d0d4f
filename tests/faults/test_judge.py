"""A verdict that cannot be bad is none: every way in which a run can fail is noticed."""

from typing import Any

import pytest

import judge
from rows import Row

ROW = Row("T", "a test", "L", 10)
AT_S = 1260.0


def measured(**changes: Any) -> dict[str, Any]:
    """A run in which all went well."""
    return {
        "state_before": "holding",
        "begin_s": 63.0,
        "stop_s": None,
        "heat_s": AT_S + 5,
        "hot": False,
        "reactions": [[AT_S + 5, "L", "SF5"]],
        "peak_pad_c": 40.1,
        "peak_skin_c": 37.0,
        "cem43": 0.01,
        "switch1": 0,
        "switch2": 0,
        "kept": True,
        **changes,
    }


def problems(row: Row = ROW, **changes: Any) -> str:
    return "; ".join(judge.judge(row, 3.0, AT_S, measured(**changes)).problems)


def test_all_well() -> None:
    found = judge.judge(ROW, 3.0, AT_S, measured())
    assert found.good
    assert (found.reaction, found.function, found.time_s) == ("L", "SF5", 5.0)


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        ("none, not L", {"reactions": []}),
        ("X by SF3, not L", {"reactions": [[AT_S + 1, "X", "SF3"]]}),
        ("O by SF9, not L", {"reactions": [[AT_S + 1, "O", "SF9"]]}),
        ("after 11.0 s", {"reactions": [[AT_S + 11, "L", "SF5"]]}),
        ("after 12.0 s", {"heat_s": AT_S + 12}),
        ("ever", {"hot": True}),
        (
            "before anything was wrong",
            {"reactions": [[300.0, "L", "SF6"], [AT_S + 5, "L", "SF5"]]},
        ),
        ("not at its level but warming", {"state_before": "warming"}),
        ("pad 46.2", {"peak_pad_c": 46.2}),
        ("skin 41.6", {"peak_skin_c": 41.6}),
        ("2.1 CEM43", {"cem43": 2.1}),
        ("switch 1 stayed closed", {"switch1": 1}),
        ("switch 2 stayed closed", {"switch2": 1}),
        ("did not outlive a power cut", {"kept": False}),
    ],
)
def test_whatever_is_wrong_is_said(words: str, changes: dict[str, Any]) -> None:
    assert words in problems(**changes)


def test_what_the_fault_itself_closes_is_not_asked_to_open() -> None:
    from rows import fault

    short = Row("T", "", "L", 10, (fault("heater_fet_short"),))
    welded = Row("T", "", "L", 10, (fault("second_switch_welded"),))
    assert problems(short, switch1=1) == ""
    assert "switch 2" in problems(short, switch2=1)
    assert problems(welded, switch2=1) == ""


def test_a_weaker_reaction_will_do_only_where_the_row_says_so() -> None:
    lenient = Row("T", "", "O", None, accepts={"none": "a reason"})
    assert problems(lenient, reactions=[]) == ""
    assert "W by SF9" in problems(lenient, reactions=[[AT_S, "W", "SF9"]])


def test_what_must_go_on_may_not_be_ended() -> None:
    calm = Row("T", "", "W", None)
    assert problems(calm, reactions=[[AT_S, "W", "SF9"]], hot=True) == ""
    assert "L by SF9, not W" in problems(calm, reactions=[[AT_S, "L", "SF9"]])


def test_a_night_lain_upon_ends_by_the_dose_alone() -> None:
    lain = Row("F30", "", "O", None)
    assert problems(lain, reactions=[[AT_S, "O", "SF10"]]) == ""
    assert "not by the dose" in problems(lain, reactions=[[AT_S, "O", "SF9"]])


def test_time_counts_from_the_start_of_heat_where_that_comes_later() -> None:
    late = Row("T", "", "L", 10, when="before", since="start")
    found = judge.judge(late, 3.0, 40.0, measured(reactions=[[70.0, "L", "SF6"]], heat_s=69.0))
    assert found.time_s == 7.0
