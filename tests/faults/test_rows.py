"""The table is whole, and every row in it can be played."""

from pathlib import Path

import pytest

import cases
import story
import whole
from cases import Choice
from conditions import BY_NAME, CONDITIONS
from kitbag_tools.sim import scenario
from rows import BY_ID, ROWS, Row, fault

ROOT = Path(__file__).resolve().parents[2]


def test_every_fault_from_f1_to_f45_has_its_row() -> None:
    assert {f"F{n}" for n in range(1, 46)} - set(BY_ID) == set()
    assert len(BY_ID) == len(ROWS)


def test_every_kind_of_fault_is_set_somewhere() -> None:
    set_by_rows = {s.values["kind"] for row in ROWS for s in row.steps if s.do == "fault"}
    assert set(scenario.FAULTS) - set_by_rows == set()


def test_a_row_that_only_a_test_shows_names_one() -> None:
    shown = [row for row in ROWS if row.shown_by]
    assert [row.id for row in shown] == ["F39", "F45"]
    assert all((ROOT / row.shown_by).is_file() for row in shown)


def test_what_else_will_do_has_a_reason() -> None:
    assert all(reason for row in ROWS for reason in row.accepts.values())


@pytest.mark.parametrize("row", [row for row in ROWS if "vm" in row.on and not row.shown_by],
                         ids=lambda row: row.id)  # fmt: skip
def test_every_row_is_a_scenario(row: Row, tmp_path: Path) -> None:
    condition = BY_NAME[row.conditions[0]] if row.conditions else CONDITIONS[1]
    whole.write(story.tell(row, condition, 3.0).plain(), tmp_path)
    assert scenario.load(tmp_path / "scenario.toml").events


def test_thermal_faults_have_longer_on_a_weaker_pad_but_never_longer_than_four_minutes() -> None:
    thermal = Row("T", "", "L", 30, thermal=True)
    assert thermal.deadline_s(12) == 30
    assert thermal.deadline_s(3) == 120
    assert Row("T", "", "L", 100, thermal=True).deadline_s(3) == 240
    assert Row("E", "", "L", 30).deadline_s(3) == 30


def test_a_fault_that_must_be_latched_ends_with_a_power_cut_and_another_hug() -> None:
    told = story.tell(Row("T", "", "L", 1, (fault("ntc_pad_open"),)), BY_NAME["body"], 3.0)
    words = [step[1] for step in told.steps if step[0] >= told.watched_s]
    assert words == ["clear", "place", "power", "hug"]


def test_all_five_conditions_on_both_pads() -> None:
    wanted = [case for case in cases.on_vm(Choice(rows=("F1",))) if case.row == "F1"]
    assert {(case.where, case.pad_w) for case in wanted} == {
        (condition.name, pad_w) for condition in CONDITIONS for pad_w in (3.0, 12.0)
    }
    assert len({case.name for case in cases.on_vm(Choice())}) == len(list(cases.on_vm(Choice())))


def test_a_choice_of_a_row_means_its_variants_too() -> None:
    assert {c.row for c in cases.on_vm(Choice(rows=("F17",)))} == {
        row.id for row in ROWS if row.id.startswith("F17")
    }


def test_every_row_that_a_table_can_play_meets_twenty_plants() -> None:
    counts: dict[str, int] = {}
    for case in cases.on_plants(Choice(pads_w=(3.0,))):
        if case.part == "plants":
            counts[case.row] = counts.get(case.row, 0) + 1
    assert set(counts.values()) == {20}
    assert {"F1", "F8", "F17", "F28", "F41"} <= set(counts)
