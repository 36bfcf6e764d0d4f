"""Whether what was measured will do: reaction, time, and the oracles that hold for every row."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from rows import LATCHING, STOPPING, Row

# Whatever breaks
PAD_MAX_C = 46.0
SKIN_MAX_C = 41.5
CEM43_MAX = 2.0

STRENGTH = ("none", "W", "O", "L", "X")
REFUSED = "refused"  # nothing was told, and no heat was given when it was asked for
_SHORTED = ("heater_fet_short", "heater_fet_leak", "output_miswired")
# A log's times are a reconstruction, good to a tenth of a second or so
_CLOCK_S = 0.5

Measured = dict[str, Any]
"""As play.py and whole.py give it: times in seconds since the run's start."""


@dataclass(frozen=True)
class Verdict:
    """`problems` is empty where all is well. `time_s` is infinite where heat never ended."""

    reaction: str
    function: str
    time_s: float | None
    told_s: float | None
    deadline_s: float | None
    problems: tuple[str, ...]

    @property
    def good(self) -> bool:
        return not self.problems


def judge(row: Row, pad_w: float, at_s: float, measured: Measured) -> Verdict:
    """The verdict on one run of `row`, its moment at `at_s`."""
    problems: list[str] = []
    early, late = _parted(measured["reactions"], at_s)
    problems += [
        f"{reaction} by {function} at {t_s:.0f} s, before anything was wrong"
        for t_s, reaction, function in early
        if reaction in STOPPING
    ]
    # In a colder room its level may be out of reach
    settled = "room_c" in row.world or measured["state_before"] == "holding"
    if row.when == "hold" and not settled:
        problems.append(f"was not at its level but {measured['state_before']}")
    told, reaction, function = strongest(late)
    if reaction == "none" and row.since == "start" and measured["begin_s"] is None:
        reaction = REFUSED
    if reaction not in row.reactions:
        problems.append(f"{reaction}{f' by {function}' if function else ''}, not {row.must}")
    if row.must == "O" and reaction == "O" and row.id.startswith("F30") and function != "SF10":
        problems.append(f"O by {function}, not by the dose")
    origin_s = _origin_s(row, measured, at_s)
    time_s, told_s = _times(row, measured, at_s if origin_s is None else origin_s, told)
    deadline_s = row.deadline_s(pad_w)
    wanted = reaction not in ("none", REFUSED) and row.must != "none"
    if wanted and deadline_s is not None and (time_s is None or time_s > deadline_s):
        problems.append(f"after {_seconds(time_s)}, not within {deadline_s:g} s")
    problems += oracles(measured)
    if reaction in STOPPING:
        problems += _switches(row, measured)
    if reaction in LATCHING and row.must in LATCHING and not measured["kept"]:
        problems.append("the latch did not outlive a power cut")
    return Verdict(reaction, function, time_s, told_s, deadline_s, tuple(problems))


def _parted(reactions: list[Any], at_s: float) -> tuple[list[Any], list[Any]]:
    """Those from before the row's moment, and the others."""
    early = [one for one in reactions if one[0] < at_s - _CLOCK_S]
    return early, reactions[len(early) :]


def _origin_s(row: Row, measured: Measured, at_s: float) -> float | None:
    if row.since == "last":
        return at_s + max(step.t_s for step in row.steps if step.do == "fault")
    if row.kind in _SHORTED:  # nobody is given more than was asked for in a probe's pulse
        at_s = measured.get("full_s", at_s)
    return {"fault": at_s, "start": measured["begin_s"], "stop": measured["stop_s"]}[row.since]


def strongest(reactions: list[Any]) -> tuple[float | None, str, str]:
    """(seconds, reaction, function) of the first among the strongest."""
    best: tuple[float | None, str, str] = (None, "none", "")
    for t_s, reaction, function in reactions:
        if STRENGTH.index(reaction) > STRENGTH.index(best[1]):
            best = t_s, reaction, function
    return best


def _times(
    row: Row, measured: Measured, origin_s: float, told: float | None
) -> tuple[float | None, float | None]:
    """(what the deadline is for, when the log had it), both since the row's origin."""
    told_s = None if told is None else max(0.0, told - origin_s)
    if row.measure == "told":
        return told_s, told_s
    if row.measure == "gate":
        return max(0.0, measured["gate_s"] - origin_s), told_s
    heat_s = math.inf if measured["hot"] else max(0.0, measured["heat_s"] - origin_s)
    if row.measure == "heat" or told_s is None:
        return heat_s, told_s
    return max(heat_s, told_s), told_s


def oracles(measured: Measured, pad_max_c: float = PAD_MAX_C) -> list[str]:
    """What got too hot, for whatever reason."""
    found: list[str] = []
    for key, most, words in (
        ("peak_pad_c", pad_max_c, "pad {:.1f} °C"),
        ("peak_skin_c", SKIN_MAX_C, "skin {:.1f} °C"),
        ("cem43", CEM43_MAX, "{:.1f} CEM43 minutes"),
    ):
        value = measured[key]
        if value is not None and value > most:
            found.append(words.format(value))
    return found


# What the fault itself holds closed nobody can open
def _switches(row: Row, measured: Measured) -> list[str]:
    found: list[str] = []
    if measured["switch1"] and row.kind not in _SHORTED:
        found.append("switch 1 stayed closed")
    if measured["switch2"] and row.kind != "second_switch_welded":
        found.append("switch 2 stayed closed")
    return found


def _seconds(time_s: float | None) -> str:
    if time_s is None or math.isinf(time_s):
        return "ever"
    return f"{time_s:.1f} s"
