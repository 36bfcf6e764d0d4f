"""What was found: a table for people, lines for docs/for-maintainers.md."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from chips import LEVELS
from command import total
from parts import BITS, COPIES, CUT_COPIES, EVERY, RING, RING_BITS, SYNCED, Size
from promise import Findings

# What must be 0: its field, and its heading
WRONG = {
    "lost": "lost",
    "wrong": "wrong or corrupt",
    "unnamed": "no gap told",
    "unfounded": "false gap",
    "reused": "seq reused",
    "plan_mixed": "plan mixed",
    "latch_half": "latch half",
}
_ROWS = {
    "operations": "operations",
    "cuts": "cuts",
    "levels": "tear levels",
    "second_cuts": "second cuts",
    "bits": "bits flipped",
    "acknowledged": "acknowledged records asked for",
    **WRONG,
    "spent": "records gone with bad bits",
    "read_b": "flash read at a start, at most, B",
}


def show(found: Mapping[str, Findings], console: Console) -> None:
    table = Table(title="power cuts and bad bits", title_justify="left", title_style="bold")
    table.add_column("")
    shown = {**found, "all": total(found, Findings())}
    for part in shown:
        table.add_column(part, justify="right")
    for field, heading in _ROWS.items():
        table.add_row(heading, *(_cell(one, field) for one in shown.values()),
                      end_section=field in ("acknowledged", "latch_half"))  # fmt: skip
    console.print(table)
    for part, one in found.items():
        for example in one.examples:
            console.print(f"{part}: {example}", style="red", highlight=False)


def _cell(one: Findings, field: str) -> str:
    if field == "levels":
        return str(len(LEVELS)) if one.cuts else ""
    value = getattr(one, field)
    if field in WRONG:
        return f"[bold red]{value:,}[/]" if value else "0"
    return f"{value:,}" if value else ""


def paragraph(found: Mapping[str, Findings], size: Size, seed: int) -> str:
    """The figures in words."""
    every, ring, synced = found[EVERY], found[RING], found[SYNCED]
    summed = total(found, Findings())
    wrong = ", ".join(f"{getattr(summed, field)} {heading}" for field, heading in WRONG.items())
    return (
        f"Of seed {seed}: {every.operations:,} operations on a ring of {size.sectors} sectors cut"
        f" at {len(LEVELS)} levels each ({every.cuts:,} cuts), {every.second_cuts:,} second cuts"
        f" in the recoveries from them; {ring.cuts:,} cuts on the full ring of"
        f" {size.ring_sectors}; {found[BITS].bits:,} single bits on the short ring (every one of"
        f" its newest sector and of all headers) and {found[RING_BITS].bits:,} on the full one;"
        f" {found[COPIES].bits // 2:,} headers with both copies bad, and"
        f" {found[CUT_COPIES].cuts:,} more after a cut; {synced.cuts:,} visits of the real host"
        f" tool. {summed.acknowledged:,} times a record that was acknowledged was asked for:"
        f" {wrong}. A start reads at most {summed.read_b:,} B of flash."
    )
