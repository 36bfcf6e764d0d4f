"""Everything that is played: each case is a job, and what is judged when it is done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from zlib import crc32

import harness
import judge
import level
import story
from conditions import BY_NAME as CONDITIONS
from conditions import Condition
from jobs import Job, Result
from rows import ROWS, Row

PARTS = ("vm", "plants", "pairs", "soak", "mutants")

REPEATED = "plants on the VM"
PLANTS = 20  # a row, on 3 W
STRONG_PLANTS = 10  # and on 12 W
_PLANT_SETTLES_S = 2400.0  # the heaviest in the coldest room takes so long
ON_VM_EVERY = 50  # 2 % of them are repeated on the real VM
NOT_ALIKE = ("F37",)  # the object looks at its limits in an order that is the VM's own
SOAKS, SOAK_H = ((3.0, 120), (12.0, 40)), 8.0  # ((pad, objects), ...), hours of each


@dataclass(frozen=True)
class Case:
    """One line of build/faults.csv; `asked` and `at_s` are for `verdict`."""

    part: str
    row: str
    where: str  # condition, plant or mutant
    pad_w: float
    job: Job
    asked: Row | None = None
    at_s: float = 0.0

    @property
    def name(self) -> str:
        return f"{self.part}-{self.row}-{self.where}-{self.pad_w:g}"


@dataclass(frozen=True)
class Choice:
    """What of it all is wanted; empty means everything."""

    parts: tuple[str, ...] = PARTS
    rows: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    pads_w: tuple[float, ...] = (3.0, 12.0)
    seed: int = 1

    def row(self, row: Row) -> bool:
        """F17 means its variants too."""
        return not self.rows or row.id in self.rows or row.id.rstrip("bcdefghi") in self.rows

    def condition(self, name: str) -> bool:
        return not self.conditions or name in self.conditions


def on_vm(choice: Choice) -> Iterator[Case]:
    """Every row in every condition on both pads: the real firmware on the real VM."""
    for row in ROWS:
        if "vm" not in row.on or row.shown_by or not choice.row(row):
            continue
        for condition in _conditions(row, choice):
            for pad_w in _pads(row, choice):
                yield in_condition(row, condition, pad_w, "whole", choice.seed)


def on_table(choice: Choice) -> Iterator[Case]:
    """What no scenario can do, beside the VM's rows."""
    for row in ROWS:
        if row.on == ("table",) and choice.row(row):
            for condition in _conditions(row, choice):
                for pad_w in _pads(row, choice):
                    yield in_condition(row, condition, pad_w, "table", choice.seed)


def _pads(row: Row, choice: Choice) -> list[float]:
    return [pad_w for pad_w in choice.pads_w if pad_w in row.pads_w]


def _conditions(row: Row, choice: Choice) -> Iterator[Condition]:
    for name in row.conditions or CONDITIONS:
        if choice.condition(name):
            yield CONDITIONS[name]


def in_condition(row: Row, condition: Condition, pad_w: float, do: str, seed: int = 1) -> Case:
    """`row` in one of the five; `do` is "whole" or "table"."""
    told = story.tell(row, condition, pad_w, seed=seed)
    job: Job = {"do": do, "story": told.plain()}
    if do == "whole":
        job["name"] = f"{row.id}-{condition.name}-{pad_w:g}"
    return Case("vm", row.id, condition.name, pad_w, job, row, told.at_s)


# --- random plants -------------------------------------------------------------------------------


def on_plants(choice: Choice) -> Iterator[Case]:
    """Rows that a table can play, each on plants of its own; some once more on the VM."""
    if choice.conditions:
        return
    count = 0
    for row in ROWS:
        if "table" not in row.on or not row.plants or row.shown_by or not choice.row(row):
            continue
        for pad_w, many in ((3.0, PLANTS), (12.0, STRONG_PLANTS)):
            if pad_w not in choice.pads_w:
                continue
            for number in plant_numbers(row, many, choice.seed):
                case = plant_case(row, number, pad_w, choice.seed)
                yield case
                count += 1
                if count % ON_VM_EVERY == 0 and row.id not in NOT_ALIKE:
                    yield repeated(case)


def plant_numbers(row: Row, many: int, seed: int = 1) -> range:
    """The plants that `row` meets: its own, whatever other rows there are."""
    first = 10_000 * seed + crc32(row.id.encode()) % 9_000
    return range(first, first + many)


def repeated(case: Case) -> Case:
    """A case of a table once more, on the real VM."""
    return replace(case, part=REPEATED, job={**case.job, "do": "table_on_vm"})


def on_a_table(case: Case) -> Case:
    """A whole object's case without one."""
    return replace(case, job={"do": "table", "story": case.job["story"]})


def plant_case(row: Row, number: int, pad_w: float, seed: int = 1) -> Case:
    """`row` on random plant `number`."""
    world = _plant(number)
    # Every fourth lies alone, if it can get warm at all
    body = number % 4 != 3 or not level.reaches(row, world, body=False)
    reached_c = level.level_c(row, world, body=body)
    condition = Condition("plant", f"random plant {number}", reached_c, body=body)
    told = story.tell(
        row, condition, pad_w, world=world, seed=seed + number, settle_s=_PLANT_SETTLES_S
    )
    job: Job = {"do": "table", "story": told.plain()}
    return Case("plants", row.id, f"plant {number}", pad_w, job, row, told.at_s)


def _plant(number: int) -> dict[str, Any]:
    harness.simulated_only()
    import plants

    return plants.plant(number)


# --- verdicts ------------------------------------------------------------------------------------


def verdict(case: Case, result: Result) -> judge.Verdict:
    """On the result of a case that was asked for a row."""
    assert case.asked is not None
    if "error" in result:
        return judge.Verdict("none", "", None, None, None, (result["error"],))
    at_s = case.at_s
    if case.asked.kind == "task_exception":  # it waits for the task's next step
        at_s = result["onset_s"]
    found = judge.judge(case.asked, case.pad_w, at_s, result)
    if result.get("incomplete"):
        problems = (*found.problems, "the log did not come down: " + result["incomplete"][0])
        return judge.Verdict(
            found.reaction, found.function, found.time_s, found.told_s, found.deadline_s, problems
        )
    return found
