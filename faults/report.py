"""The lines as tables for people."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from lines import Line
from rows import BY_ID

_MANY = 1000.0  # CEM43 minutes: a burn, four times over


@dataclass(frozen=True)
class Worst:
    """Of several lines of one row."""

    count: int
    bad: int
    reactions: str
    time_s: float | None
    within_s: float | None
    peak_pad_c: float | None
    peak_skin_c: float | None
    cem43: float | None


def worst(lines: Iterable[Line]) -> Worst | None:
    """None of none."""
    lines = list(lines)
    if not lines:
        return None
    return Worst(
        count=len(lines),
        bad=sum(not line.good for line in lines),
        reactions="/".join(dict.fromkeys(line.reaction for line in lines)),
        time_s=_most(
            line.time_s for line in lines if line.reaction != "none" or line.must not in ("W", "")
        ),
        within_s=lines[0].within_s,
        peak_pad_c=_most(line.peak_pad_c for line in lines),
        peak_skin_c=_most(line.peak_skin_c for line in lines),
        cem43=_most(line.cem43 for line in lines),
    )


def _most(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def seconds(value: float | None) -> str:
    if value is None:
        return ""
    return "never" if math.isinf(value) else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def number(value: float | None, digits: int = 1) -> str:
    if value is None:
        return ""
    return f"{value:.{digits}f}" if value < _MANY else f"> {_MANY:.0f}"


def by_row(lines: Iterable[Line], part: str, pad_w: float) -> dict[str, Worst]:
    """The worst of each row, in the table's order."""
    of_part = [line for line in lines if line.part == part and line.pad_w == pad_w]
    found = {row: worst(line for line in of_part if line.row == row) for row in BY_ID}
    return {row: one for row, one in found.items() if one is not None}


def show(lines: list[Line], console: Console) -> None:
    """Everything that there is."""
    for part, title in (("vm", "whole objects, worst of the conditions"),
                        ("plants", "random plants, worst of them")):  # fmt: skip
        for pad_w in (3.0, 12.0):
            _rows(by_row(lines, part, pad_w), f"{title}, pad of {pad_w:g} W", console)
    _pairs([line for line in lines if line.part == "pairs"], console)
    _soak([line for line in lines if line.part == "soak"], console)
    _mutants([line for line in lines if line.part == "mutants"], console)
    bad = [line for line in lines if not line.good]
    for line in bad:
        pad = "" if line.pad_w is None else f" {line.pad_w:g} W"
        console.print(
            f"FAILED {line.part} {line.row} {line.where}{pad}: {line.why.splitlines()[-1]}",
            style="red", highlight=False,
        )  # fmt: skip
    console.print(f"{len(lines)} cases, {len(bad)} failed", highlight=False)


def _rows(rows: dict[str, Worst], title: str, console: Console) -> None:
    if not rows:
        return
    table = _table(title, "row", "fault", "must", "got", ">s", ">within", ">pad", ">skin",
                   ">CEM43", ">failed")  # fmt: skip
    for row, one in rows.items():
        table.add_row(
            row, BY_ID[row].title, BY_ID[row].must, one.reactions, seconds(one.time_s),
            seconds(one.within_s), number(one.peak_pad_c), number(one.peak_skin_c),
            number(one.cem43, 2), f"[bold red]{one.bad}[/]/{one.count}" if one.bad else "",
        )  # fmt: skip
    console.print(table)


def _pairs(lines: list[Line], console: Console) -> None:
    if not lines:
        return
    table = _table("a latent fault, then an active one", "pair", "condition", ">W", "noticed",
                   ">told s", ">heat off s", ">pad", ">skin", ">CEM43", "")  # fmt: skip
    for line in lines:
        table.add_row(
            line.row, line.where, f"{line.pad_w:g}", f"{line.reaction} {line.function}",
            seconds(line.told_s), seconds(line.time_s), number(line.peak_pad_c),
            number(line.peak_skin_c), number(line.cem43, 2),
            line.why if line.good else f"[bold red]{line.why}[/]",
        )  # fmt: skip
    console.print(table)


def _soak(lines: list[Line], console: Console) -> None:
    one = worst(lines)
    if one is None:
        return
    console.print(
        f"soak: {one.count} healthy objects, {one.bad} stopped wrongly or too hot; at the most "
        f"pad {number(one.peak_pad_c)}, skin {number(one.peak_skin_c)} °C, "
        f"{number(one.cem43, 2)} CEM43 minutes",
        style="bold red" if one.bad else "", highlight=False,
    )  # fmt: skip


def _mutants(lines: list[Line], console: Console) -> None:
    if not lines:
        return
    table = _table("one safety function taken away", "", "what", "", "by, and how")
    for line in lines:
        word = line.reaction if line.good else f"[bold red]{line.reaction}[/]"
        table.add_row(line.row, line.where, word, line.why)
    console.print(table)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        right = column.startswith(">")
        table.add_column(column.removeprefix(">"), justify="right" if right else "left")
    return table
