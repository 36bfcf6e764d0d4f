"""What was found, one line a case, and the file of them: build/faults.csv."""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from sources import ROOT

WHOLE = ROOT / "build" / "faults.csv"
CHOSEN = ROOT / "build" / "faults-chosen.csv"  # of a run that was asked for less than everything


@dataclass(frozen=True)
class Line:
    """Empty where it means nothing. Times in seconds, infinite for never."""

    part: str
    row: str
    where: str
    pad_w: float | None
    must: str
    reaction: str
    function: str
    time_s: float | None
    within_s: float | None
    told_s: float | None
    peak_pad_c: float | None
    peak_skin_c: float | None
    cem43: float | None
    good: bool
    why: str


COLUMNS = tuple(field.name for field in fields(Line))
_NUMBERS = ("pad_w", "time_s", "within_s", "told_s", "peak_pad_c", "peak_skin_c", "cem43")
_DIGITS = {"cem43": 4}


def write(lines: Iterable[Line], path: Path) -> None:
    """The whole file or the old one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(path.name + ".new")
    with scratch.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for line in lines:
            writer.writerow(
                _cell(name, value) for name, value in zip(COLUMNS, astuple(line), strict=True)
            )
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)


def read(path: Path) -> list[Line]:
    """Those of a file that `write` made."""
    with path.open(newline="", encoding="utf-8") as file:
        return [Line(**{k: _value(k, v) for k, v in row.items()}) for row in csv.DictReader(file)]


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name == "good":
        return "ok" if value else "FAILED"
    if isinstance(value, float):
        return f"{value:.{_DIGITS.get(name, 3)}f}" if math.isfinite(value) else "never"
    return " ".join(str(value).split())


def _value(name: str, text: str) -> Any:
    if name == "good":
        return text == "ok"
    if name in _NUMBERS:
        return None if not text else math.inf if text == "never" else float(text)
    return text
