"""The measured tables of docs/safety.md, from build/faults.csv.

They stand between `<!-- measured: NAME -->` and `<!-- end -->`. Not among the tables of
docs/tables.py: those follow from code alone, these from an hour of work.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from lines import Line
from report import Worst, by_row, number, seconds, worst
from rows import ROWS, Row
from sources import ROOT

PAGE = ROOT / "docs" / "safety.md"
_PLACE = re.compile(r"(<!-- measured: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def renew(lines: list[Line], page: Path = PAGE) -> bool:
    """Write them into the page. Returns whether that changed anything."""
    text = page.read_text(encoding="utf-8")
    new = renewed(text, lines)
    if new != text:
        page.write_text(new, encoding="utf-8")
    return new != text


def renewed(text: str, lines: list[Line]) -> str:
    return _PLACE.sub(lambda found: f"{found[1]}\n{TABLES[found[2]](lines)}\n\n{found[3]}", text)


def _markdown(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(head), *map(list, rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(
        "| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in line) + " |"
        for line in lines
    )


def _rows(lines: list[Line]) -> str:
    weak, strong = by_row(lines, "vm", 3.0), by_row(lines, "vm", 12.0)
    on_plants = {pad_w: by_row(lines, "plants", pad_w) for pad_w in (3.0, 12.0)}
    return _markdown(
        ("row", "fault", "must", "3 W: got", "after s", "of s", "pad", "skin", "CEM43",
         "12 W: got", "after s", "of s", "pad", "skin", "CEM43", "plants", "worst s"),
        (
            (row.id, row.title, row.must, *_heat(row, weak), *_heat(row, strong),
             *_plants(row, on_plants))
            for row in ROWS
        ),
    )  # fmt: skip


def _heat(row: Row, rows: dict[str, Worst]) -> tuple[str, ...]:
    one = rows.get(row.id)
    if one is None:
        return (f"`{row.shown_by}`" if row.shown_by else "", "", "", "", "", "")
    return (
        one.reactions + (f" **{one.bad} of {one.count} fail**" if one.bad else ""),
        seconds(one.time_s), seconds(one.within_s), number(one.peak_pad_c),
        number(one.peak_skin_c), number(one.cem43, 2),
    )  # fmt: skip


# On both pads; the time is the worst on 3 W
def _plants(row: Row, on_plants: dict[float, dict[str, Worst]]) -> tuple[str, str]:
    both = [rows[row.id] for rows in on_plants.values() if row.id in rows]
    if not both:
        return "", ""
    bad, count = sum(one.bad for one in both), sum(one.count for one in both)
    return f"{count}" + (f" **{bad} fail**" if bad else ""), seconds(both[0].time_s)


def _pairs(lines: list[Line]) -> str:
    return _markdown(
        ("latent + active", "condition", "W", "noticed", "told after s", "heat off after s", "pad",
         "skin", "CEM43", ""),
        (
            (line.row, line.where, f"{line.pad_w:g}", f"{line.reaction} {line.function}",
             seconds(line.told_s), seconds(line.time_s), number(line.peak_pad_c),
             number(line.peak_skin_c), number(line.cem43, 2), line.why)
            for line in lines
            if line.part == "pairs"
        ),
    )  # fmt: skip


def _mutants(lines: list[Line]) -> str:
    return _markdown(
        ("function", "taken away", "noticed by"),
        ((line.row, line.where, line.why) for line in lines if line.part == "mutants"),
    )


def _soak(lines: list[Line]) -> str:
    soaks = [line for line in lines if line.part == "soak"]
    one = worst(soaks)
    if one is None:
        return ""
    return (
        f"{one.count} random objects without a fault, 8 h each: {one.bad} stopped wrongly. "
        f"Pad at most {number(one.peak_pad_c)} °C, skin {number(one.peak_skin_c)} °C, "
        f"{number(one.cem43, 2)} CEM43 minutes."
    )


TABLES: dict[str, Callable[[list[Line]], str]] = {
    "rows": _rows,
    "pairs": _pairs,
    "soak": _soak,
    "mutants": _mutants,
}
