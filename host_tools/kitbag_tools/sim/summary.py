"""summary.json: the run in figures, from the object's log and the world it really lived in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .. import visits
from . import reactions
from .scenario import MOMENTS, Scenario

# Everything a run writes besides the store, the console and the object's own folder
FILES = (
    "truth.csv",
    "outputs.csv",
    "events.csv",
    "hugs.csv",
    "nights.csv",
    "breaths.csv",
    "summary.json",
)

# The log knows times to a second or so, and a fault may still echo when it is over
_BEFORE_S = 2.0
_AFTER_S = 60.0


def make(
    scenario: Scenario,
    physics: dict[str, Any],
    status: dict[str, Any],
    records_written: int | None,
    syncs: list[visits.SyncResult],
    out_dir: Path,
) -> dict[str, Any]:
    """The content of summary.json but for `wall_s`."""
    spans = _fault_spans(scenario)
    log = reactions.read(out_dir / "events.csv")
    answers = reactions.reactions(log, scenario.start, physics["boots_s"])
    return {
        "name": scenario.name,
        "seed": scenario.seed,
        "duration_s": scenario.duration_s,
        "peak_pad_c": _rounded(physics["peak_pad_c"], 3),
        "peak_skin_c": _rounded(physics["peak_skin_c"], 3),
        "cem43": _rounded(physics["cem43"], 6),
        # Whoever does not answer any more is as its log left it
        "final_state": status.get("state") or reactions.last_state(log),
        "switch1": physics["switch1"],
        "switch2": physics["switch2"],
        "reboots": physics["reboots"],
        "records_written": records_written,
        "records_downloaded": syncs[-1].records_total if syncs else 0,
        "samples": physics["samples"],
        "false_trips": sum(
            1
            for one in answers
            if one.record == "guard" and one.strength in reactions.STOPPING and one.outside(spans)
        ),
        "faults": [
            _fault(fault, span, answers)
            for fault, span in zip(physics["faults"], spans, strict=False)
        ],
        "heater_j": _rounded(physics["heater_j"], 1),
        "flash": physics["flash"],
    }


def _fault_spans(scenario: Scenario) -> list[tuple[float, float]]:
    """From when to when each fault of the scenario may be reacted to."""
    spans: list[tuple[float, float]] = []
    for event in scenario.events:
        if event.do != "fault":
            continue
        kind = event.values["kind"]
        end = scenario.duration_s
        if kind not in MOMENTS:
            for later in scenario.events:
                if later.do == "clear" and later.values["kind"] == kind and later.t_s >= event.t_s:
                    end = later.t_s
                    break
        spans.append((event.t_s - _BEFORE_S, end + _AFTER_S))
    return spans


def _fault(
    fault: dict[str, Any], span: reactions.Span, answers: list[reactions.Reaction]
) -> dict[str, Any]:
    strength, code = reactions.strongest(answers, fault["kind"], span)
    off_s = fault["off_s"]
    return {
        "kind": fault["kind"],
        "t_s": _rounded(fault["t_s"], 3),
        "reaction": strength,
        "code": code,
        "heater_off_s": None if off_s is None else _rounded(off_s - fault["onset_s"], 3),
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
