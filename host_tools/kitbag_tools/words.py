"""Sentences for the person at the terminal: what the object does, what came down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .object_client import Hello
from .store import Gap
from .visits import SyncResult

STATES = {
    "idle": "at rest, not warming",
    "warming": "warming up",
    "holding": "warm",
    "fading": "fading",
    "stopped": "stopped by its holder",
    "cannot_reach": "warming, but too cold around it to reach its level",
    "tripped": "the warm part is resting: it switched itself off",
    "latched": "the warm part is resting until its button is pressed",
    "link": "in its link window: nothing warms before it has ended",
    "locked": "the warm part is resting until it has been repaired",
}
_GAP = {
    "overwritten": "written over by newer ones before they were brought home",
    "lost": "on a part of its memory that can no longer be read",
    "damaged": "with a wrong checksum, so not believed",
}


def status_lines(hello: Hello, fields: Mapping[str, Any], waiting: int) -> list[str]:
    """What `status` answered, for people; `waiting` records were not brought home yet."""
    state = str(fields.get("state", "unknown"))
    why = fields.get("why", "none")
    because = "" if why == "none" else f" (safety function {why})"
    told = STATES.get(state, state)
    lines = [f"Object {hello.device}, firmware {hello.firmware}: {told}{because}."]
    temperatures = [
        f"{name} {fields[key]:.1f} °C"
        for name, key in (("pad", "pad_c"), ("face", "face_c"), ("target", "target_c"))
        if isinstance(fields.get(key), (int, float))
    ]
    if temperatures:
        joined = ", ".join(temperatures)
        lines.append(f"{joined[0].upper()}{joined[1:]}.")
    if isinstance(battery_mv := fields.get("battery_mv"), (int, float)):
        lines.append(f"Battery {battery_mv / 1000:.2f} V.")
    if isinstance(dose := fields.get("dose_cem43"), (int, float)):
        lines.append(f"Heat dose of the last 24 powered hours: {dose:.2f} CEM43 minutes.")
    lines.append(
        f"{waiting} record{'s' if waiting != 1 else ''} not brought home yet."
        if waiting > 0
        else "Everything was brought home."
    )
    for key, word in (("dropped", "could not be written"), ("skipped", "samples were skipped")):
        if isinstance(count := fields.get(key), int) and count:
            lines.append(f"{count} {word} since it started.")
    if fields.get("sense") == "lost":
        lines.append("Its sense of touch does not answer.")
    return lines


def gap_line(gap: Gap) -> str:
    """Which records are missing, and why."""
    which = (
        f"record {gap.first_seq}"
        if gap.count == 1
        else f"records {gap.first_seq} to {gap.last_seq} ({gap.count})"
    )
    return f"Missing: {which}, {_GAP.get(gap.reason, gap.reason)}."


def gap_lines(result: SyncResult) -> list[str]:
    """One sentence for each gap and one for conflicts."""
    lines = [gap_line(gap) for gap in result.gaps]
    if result.conflicts:
        first, last = min(result.conflicts), max(result.conflicts)
        lines.append(
            f"{len(result.conflicts)} records ({first} to {last}) differ from what was stored "
            "before. The earlier ones were kept, the new ones are in quarantine: was the object's "
            "memory put back to an earlier state?"
        )
    return lines


def sync_line(result: SyncResult, nights: int, records: int) -> str:
    """The last line of a sync: nights and records of all its logs, gaps of this visit."""
    lost = sum(gap.count for gap in result.gaps)
    gaps = f"{len(result.gaps)} gap{'s' if len(result.gaps) != 1 else ''}"
    return (
        f"{nights} night{'s' if nights != 1 else ''}, {records} records "
        f"({result.records_new} new), {gaps}{f' ({lost} records)' if lost else ''}."
    )
