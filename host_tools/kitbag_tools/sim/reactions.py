"""How the object answered a fault, by its own log: guard, restarts and lost senses, in time.

The log alone cannot date what happened in a boot that no host visited. Here the world's own boots
help: where they are the object's own count of them, uptime is all that is needed.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

Row = dict[str, str]
Span = tuple[float, float]

STRENGTH = ("none", "W", "O", "L", "X")
STOPPING = ("O", "L", "X")

# Faults after which the object starts anew: that it comes up without heat is the answer
RESETS = (
    "soft_reset",
    "brownout",
    "watchdog_reset",
    "vm_hang",
    "crash_loop",
    "update_interrupted",
)
_BOOT_IS_OFF = "SF15"

_STATES = {"O": "tripped", "L": "latched", "X": "locked"}
_OUTLIVE_A_BOOT = ("latched", "locked")
_SAME_BOOT_S = 2.0


@dataclass(frozen=True)
class Reaction:
    """One row of the log that may answer a fault. Seconds since the scenario's start: not before
    `earliest_s`, not after `latest_s`.
    """

    record: str  # guard, boot or sense_fault
    strength: str  # of STRENGTH
    code: str  # safety function, or the word for what is wrong with the sense
    earliest_s: float
    latest_s: float

    def inside(self, span: Span) -> bool:
        return span[0] <= self.earliest_s and self.latest_s <= span[1]

    def outside(self, spans: Iterable[Span]) -> bool:
        return all(self.latest_s < first or last < self.earliest_s for first, last in spans)

    def may_answer(self, kind: str) -> bool:
        if self.record == "boot":
            return kind in RESETS
        if self.record == "sense_fault":
            return kind.startswith("bme280_") or kind == "bladder_leak"
        return True


def read(events_csv: Path) -> list[Row]:
    """The object's events by boot and seq; none where no log came down."""
    if not events_csv.exists():
        return []
    with events_csv.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def reactions(rows: Iterable[Row], start: datetime, boots_s: list[float]) -> list[Reaction]:
    """Those among `rows`, in their order. `boots_s` are the true seconds at which the object's
    boots began.
    """
    rows = list(rows)
    if not _counted_alike(rows, start, boots_s):
        boots_s = []
    found: list[Reaction] = []
    for row in rows:
        told = _told(row)
        if told is not None:
            found.append(Reaction(row["kind"], *told, *_when(row, start, boots_s)))
    return found


def strongest(answers: Iterable[Reaction], kind: str, span: Span) -> tuple[str, str | None]:
    """(strength, code) of the strongest answer to a fault of `kind` within `span`.

    Of equally strong ones a restart is named first, then the earliest.
    """
    best: tuple[str, str | None] = ("none", None)
    fitting = [one for one in answers if one.may_answer(kind) and one.inside(span)]
    for one in sorted(fitting, key=lambda one: one.record != "boot"):
        if STRENGTH.index(one.strength) > STRENGTH.index(best[0]):
            best = one.strength, one.code
    return best


def last_state(rows: Iterable[Row]) -> str | None:
    """The state of warmth that the log ends with; None of an empty one."""
    state = None
    for row in rows:
        if row["kind"] == "warmth_state":
            state = row["state"] or state
        elif row["kind"] == "guard":
            state = _STATES.get(row["reaction"], state)
        elif row["kind"] == "boot" and state not in _OUTLIVE_A_BOOT:
            state = "idle"
    return state


# (strength, code), or None for a row that is no answer to anything
def _told(row: Row) -> tuple[str, str] | None:
    if row["kind"] == "guard" and row["reaction"] in STRENGTH:
        return row["reaction"], row["function"]
    if row["kind"] == "boot" and row["boot"] != "1":
        return "O", _BOOT_IS_OFF
    if row["kind"] == "sense_fault" and row["fault"] not in ("none", "back", "clipped"):
        return "W", row["fault"]
    return None


def _when(row: Row, start: datetime, boots_s: list[float]) -> Span:
    if row["start_utc"]:
        at = _seconds(row["start_utc"], start)
        return at, at
    boot = int(row["boot"])
    if boot <= len(boots_s):
        at = boots_s[boot - 1] + int(row["uptime_ms"]) / 1000
        return at, at
    early, late = row["start_utc_earliest"], row["start_utc_latest"]
    return (
        _seconds(early, start) if early else -math.inf,
        _seconds(late, start) if late else math.inf,
    )


def _counted_alike(rows: Iterable[Row], start: datetime, boots_s: list[float]) -> bool:
    """Whether every boot that the log can date is the world's boot of the same number."""
    dated = [row for row in rows if row["kind"] == "boot" and row["start_utc"]]
    return bool(dated) and all(
        int(row["boot"]) <= len(boots_s)
        and abs(_seconds(row["start_utc"], start) - boots_s[int(row["boot"]) - 1]) < _SAME_BOOT_S
        for row in dated
    )


def _seconds(utc: str, start: datetime) -> float:
    return (datetime.fromisoformat(utc) - start).total_seconds()
