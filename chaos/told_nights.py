"""What was found: a table for people, lines for docs/for-maintainers.md."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from command import total
from drawn import SHORT, WHOLE
from findings import CHECKS, Findings

_ROWS = (
    "starts", "faults", "power cuts", "syncs", "syncs that failed", "records", "wrapped", "gaps",
    "seqs", "compared", "times", "presses", "chosen", "taken back", "untouched",
)  # fmt: skip
_WORDS = {
    "wrapped": "nights in which the ring came round",
    "gaps": "seqs told as gone",
    "seqs": "seqs accounted for",
    "compared": "records on flash compared with the store",
    "times": "times compared with the world's",
    "presses": "presses looked for in the log",
    "chosen": "nights that were somebody's own",
    "taken back": "times a night was taken back",
    "untouched": "nights in which nobody touched it",
}


def show(found: Mapping[str, Findings], console: Console) -> None:
    table = Table(title="nights at random", title_justify="left", title_style="bold")
    table.add_column("")
    shown = {**found, "all": total(found, Findings())}
    for kind in found:
        table.add_column(f"{shown[kind].seen[f'{kind} nights']} {kind}", justify="right")
    table.add_column("all", justify="right")
    for row in _ROWS:
        table.add_row(_WORDS.get(row, row), *(f"{one.seen[row]:,}" for one in shown.values()),
                      end_section=row == _ROWS[-1])  # fmt: skip
    for check, heading in CHECKS.items():
        counts = (one.wrong[check] for one in shown.values())
        table.add_row(heading, *(f"[bold red]{count:,}[/]" if count else "0" for count in counts))
    console.print(table)
    for example in shown["all"].examples:
        console.print(example, style="red", highlight=False, markup=False)


def paragraph(found: Mapping[str, Findings], seed: int) -> str:
    """The figures in words."""
    summed = total(found, Findings())
    seen = summed.seen
    wrong = ", ".join(f"{summed.wrong[check]} {heading}" for check, heading in CHECKS.items())
    return (
        f"Of seed {seed}: {seen[f'{WHOLE} nights']:,} whole nights and"
        f" {seen[f'{SHORT} nights']:,} of ten minutes, with {seen['faults']:,} faults,"
        f" {seen['power cuts']:,} power cuts, {seen['starts']:,} starts and"
        f" {seen['syncs']:,} syncs, of which {seen['syncs that failed']:,} failed under way; in"
        f" {seen['wrapped']:,} the ring came round. {seen['seqs']:,} seqs were accounted for,"
        f" {seen['gaps']:,} of them told as gone, and {seen['times']:,} times compared with the"
        f" world's: {wrong}."
    )
