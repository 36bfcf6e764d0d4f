"""A slice of `make faults`: some rows on the table and on the VM, an hour of healthy life, three
mutants. The whole takes an hour of two cores; this half a minute.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

import cases
import mutants
import pool
import work
from cases import Choice
from lines import Line
from results import Results
from sources import ROOT, snapshot

ON_TABLE = ("F1", "F2", "F4", "F6", "F8", "F15", "F18", "F20", "F28", "F37", "F40", "F42")
ON_VM = (("F3", "body"), ("F23", "body"), ("F7", "nobody"))
ALIKE = ("F8", "F15")
PLANTS = 3
MUTANTS = ("frozen", "latch in flash", "watchdog")


def table(condition: str = "body") -> Iterator[cases.Case]:
    for case in cases.on_vm(Choice(conditions=(condition,), pads_w=(3.0,))):
        if case.row in ON_TABLE:
            yield cases.on_a_table(case)


def vm() -> Iterator[cases.Case]:
    for row, condition in ON_VM:
        for case in cases.on_vm(Choice(rows=(row,), conditions=(condition,), pads_w=(3.0,))):
            if case.row == row:
                yield case


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> list[Line]:
    """Everything at once, on two processes."""
    items = [work.case(one) for one in (*table(), *vm())]
    for row in ALIKE:
        first = next(one for one in cases.on_plants(Choice(rows=(row,), pads_w=(3.0,))))
        items.append(work.case(first))
        items.append(work.case(cases.repeated(first), first.job))
    items += [work.soak(plant, 3.0, 1.0, 1) for plant in range(PLANTS)]
    items += [work.mutant(one, wide=False) for one in mutants.mutants(ROOT) if one.name in MUTANTS]
    found: dict[int, dict[str, object]] = {}
    numbers = {id(item.job): number for number, item in enumerate(items)}
    sources = snapshot()
    results = Results(sources.digest, tmp_path_factory.mktemp("results"))

    def done(job: dict[str, object], result: dict[str, object]) -> None:
        found[numbers[id(job)]] = result

    pool.run([item.job for item in items], sources, results, done)
    return work.lines(items, found)


def of(lines: list[Line], part: str) -> list[Line]:
    return [line for line in lines if line.part == part]


def wrong(lines: list[Line]) -> list[str]:
    return [f"{line.row} {line.where}: {line.why}" for line in lines if not line.good]


def test_rows_are_answered_in_time(played: list[Line]) -> None:
    rows = of(played, "vm")
    assert len(rows) == len(ON_TABLE) + len(ON_VM)
    assert wrong(rows) == []


def test_python_and_the_vm_agree_to_the_sixth_digit(played: list[Line]) -> None:
    assert len(of(played, cases.REPEATED)) == len(ALIKE)
    assert wrong(of(played, cases.REPEATED)) == []


def test_a_healthy_object_is_left_alone(played: list[Line]) -> None:
    assert len(of(played, "soak")) == PLANTS
    assert wrong(of(played, "soak")) == []


def test_a_missing_safety_function_is_noticed(played: list[Line]) -> None:
    assert {line.where for line in of(played, "mutants")} == set(MUTANTS)
    assert wrong(of(played, "mutants")) == []


def test_the_firmware_that_was_judged_is_this_one() -> None:
    copy = snapshot().root / "firmware" / "kitbag" / "limits.py"
    assert copy.read_bytes() == (ROOT / "firmware" / "kitbag" / "limits.py").read_bytes()
    assert Path(pool.__file__).parent == ROOT / "faults"
