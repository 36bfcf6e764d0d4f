"""The measured tables of docs/safety.md: every row is there, and they are the last run's."""

import math
from pathlib import Path

import pytest

import lines
import page
from lines import Line
from rows import ROWS
from sources import ROOT

LINES = [
    Line("vm", "F1", "body", 3.0, "X", "X", "SF3", 1.25, 2.0, 1.2, 40.1, 37.0, 0.01, True, ""),
    Line("vm", "F1", "cold", 3.0, "X", "L", "SF4", math.inf, 2.0, 9.0, 41.2, 38.0, 0.02, False,
         "L by SF4, not X"),
    Line("plants", "F1", "plant 7", 3.0, "X", "X", "SF3", 1.5, 2.0, 1.2, 40.1, 37.0, 0.01, True,
         ""),
    Line("pairs", "F14 + F1", "body", 3.0, "", "X", "SF3", 1.2, None, 1.2, 40.0, 37.1, 0.0, True,
         ""),
    Line("soak", "soak", "plant 0", 3.0, "none", "none", "", None, None, None, 40.2, 38.1, 0.2,
         True, ""),
    Line("mutants", "SF9", "frozen", None, "", "noticed", "", None, None, None, None, None, None,
         True, "F15 body 3 W: none, not L"),
]  # fmt: skip
PLACES = "".join(f"<!-- measured: {name} -->\nstale words\n<!-- end -->\n" for name in page.TABLES)


def test_the_page_has_a_place_for_every_table() -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    assert [text.count(f"<!-- measured: {name} -->") for name in page.TABLES] == [1, 1, 1, 1]


def test_the_worst_of_all_conditions_is_shown_and_what_failed() -> None:
    text = page.renewed(PLACES, LINES)
    (row,) = [line for line in text.splitlines() if line.startswith("| F1 |")]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[2:9] == ["X", "X/L **1 of 2 fail**", "never", "2.0", "41.2", "38.0", "0.02"]
    assert "stale words" not in text
    assert page.renewed(text, LINES) == text


def test_every_row_has_a_line() -> None:
    text = page.renewed(PLACES, LINES)
    assert [row.id for row in ROWS if f"| {row.id} |" not in text] == []


def test_the_page_shows_the_last_run() -> None:
    if not lines.WHOLE.exists():
        pytest.skip("no build/faults.csv: `make faults` measures it")
    sources = [
        path
        for folder in ("firmware", "boards/sim", "faults")
        for path in (ROOT / folder).rglob("*.py")
    ]
    if lines.WHOLE.stat().st_mtime < max(path.stat().st_mtime for path in sources):
        pytest.skip("build/faults.csv is older than the sources: `make faults` measures anew")
    text = page.PAGE.read_text(encoding="utf-8")
    assert page.renewed(text, lines.read(lines.WHOLE)) == text


def test_nothing_half_written_is_left(tmp_path: Path) -> None:
    lines.write(LINES, tmp_path / "faults.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["faults.csv"]
