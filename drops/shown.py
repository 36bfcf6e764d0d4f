"""What was found: a table for people, lines for docs/for-maintainers.md."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from command import total
from harm import Findings

_DONE = {
    "frames": "frames of a visit",
    "drops": "drops between frames",
    "halves": "within one",
    "went_on": "went on",
    "resumed": "resumed",
}
# What must be 0
_WRONG = {
    "digest": "digest differs",
    "twice": "twice",
    "untold": "untold",
    "early": "acked too early",
    "mixed": "plan mixed",
    "stuck": "stuck",
    "shut_out": "shut out",
}


def show(found: Mapping[str, Findings], console: Console) -> None:
    table = Table(title="lines lost", title_justify="left", title_style="bold")
    table.add_column("", no_wrap=True)
    for heading in (*_DONE.values(), *_WRONG.values()):
        table.add_column(heading, justify="right")
    for part, one in found.items():
        done = [f"{getattr(one, field):,}" for field in _DONE]
        table.add_row(part, *done, *(_wrong(getattr(one, field)) for field in _WRONG))
    console.print(table)
    for part, one in found.items():
        for example in one.examples:
            console.print(f"{part}: {example}", style="red", highlight=False)


def _wrong(value: int) -> str:
    return f"[bold red]{value:,}[/]" if value else "0"


def paragraph(found: Mapping[str, Findings]) -> str:
    """The figures in words."""
    summed = total(found, Findings())
    each = ", ".join(f"{part} {one.frames}" for part, one in found.items())
    wrong = ", ".join(f"{getattr(summed, field)} {heading}" for field, heading in _WRONG.items())
    return (
        f"Frames of an undisturbed visit: {each}. {summed.drops:,} drops between frames and"
        f" {summed.halves:,} within one; {summed.went_on:,} visits waited for the line and went"
        f" on, {summed.resumed:,} next visits came to their end: {wrong}."
    )
