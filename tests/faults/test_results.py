"""What is done stays done, as long as nothing that matters has changed."""

import math
from pathlib import Path

from lines import Line, read, write
from results import Results

JOB = {"do": "table", "story": {"seed": 1}}


def test_a_result_is_found_again(tmp_path: Path) -> None:
    Results("aa" * 32, tmp_path).keep(JOB, {"cem43": 0.1})
    again = Results("aa" * 32, tmp_path)
    assert again.get(JOB) == {"cem43": 0.1}
    assert again.get({**JOB, "do": "whole"}) is None


def test_other_sources_know_nothing(tmp_path: Path) -> None:
    Results("aa" * 32, tmp_path).keep(JOB, {"cem43": 0.1})
    assert Results("bb" * 32, tmp_path).get(JOB) is None


def test_fresh_forgets(tmp_path: Path) -> None:
    Results("aa" * 32, tmp_path).keep(JOB, {"cem43": 0.1})
    assert Results("aa" * 32, tmp_path, fresh=True).get(JOB) is None


def test_an_error_is_met_again(tmp_path: Path) -> None:
    results = Results("aa" * 32, tmp_path)
    results.keep(JOB, {"error": "no such thing"})
    assert results.get(JOB) is None


def test_lines_come_back_from_their_file(tmp_path: Path) -> None:
    lines = [
        Line("vm", "F1", "body", 3.0, "X", "X", "SF3", 1.25, 2.0, 1.2, 40.123, 37.5, 0.0123, True,
             ""),
        Line("vm", "F8", "cold", 12.0, "L", "none", "", math.inf, 15.0, None, None, None, None,
             False, 'none, "not" L'),
    ]  # fmt: skip
    write(lines, tmp_path / "faults.csv")
    assert read(tmp_path / "faults.csv") == lines
