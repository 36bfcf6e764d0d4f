"""A latent fault, and then an active one before anybody has noticed the first."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import judge
import story
from conditions import BY_NAME as CONDITIONS
from jobs import Job, Result
from rows import BY_ID, STOPPING, Row, Step, fault

# Seconds before the active one: as long as the latent one stays unseen
LATENT = {
    "F14": (20.0, fault("ntc_skin_detached", env_c=36.0, coupling=0.0)),
    "F18": (0.5, fault("ntc_both_offset", c=-3.0)),
    "F40": (20.0, fault("second_switch_welded")),
}
ACTIVE = ("F1", "F8", "F23")
WHERE = ("body", "pressed")
_WATCH_S = 1800.0

# With the second switch welded nothing that firmware can do ends this: here the cut-out has to. It
# keeps the pad; what reaches the skin of who lies on it is told, not judged.
HARDWARE_ONLY = (("F40", "F1"),)
CUT_OUT_PAD_C = 48.0  # 46 ± 2 °C


@dataclass(frozen=True)
class Pair:
    """One of them in one condition, with or without the hardware's cut-out."""

    latent: str
    active: str
    condition: str
    pad_w: float
    cutout: bool
    job: Job
    at_s: float

    @property
    def name(self) -> str:
        return f"{self.latent} + {self.active}" + (" + cut-out" if self.cutout else "")

    @property
    def hardware_only(self) -> bool:
        return (self.latent, self.active) in HARDWARE_ONLY and not self.cutout


def pairs(
    conditions: tuple[str, ...] = (), pads_w: tuple[float, ...] = (3.0, 12.0), seed: int = 1
) -> Iterator[Pair]:
    """Every latent fault with every active one; once more with the cut-out where only it helps."""
    for condition in WHERE:
        if conditions and condition not in conditions:
            continue
        for latent in LATENT:
            for active in ACTIVE:
                for pad_w in pads_w:
                    yield _pair(latent, active, condition, pad_w, seed, cutout=False)
                    if (latent, active) in HARDWARE_ONLY:
                        yield _pair(latent, active, condition, pad_w, seed, cutout=True)


def _pair(
    latent: str, active: str, condition: str, pad_w: float, seed: int, *, cutout: bool
) -> Pair:
    told = story.tell(_row(latent, active), CONDITIONS[condition], pad_w, seed=seed)
    plain = told.plain()
    plain["world"]["cutout"] = cutout
    name = f"{latent}-{active}-{condition}-{pad_w:g}{'-cutout' if cutout else ''}"
    job: Job = {"do": "whole", "name": name, "story": plain}
    return Pair(latent, active, condition, pad_w, cutout, job, told.at_s)


# The active fault's row, watched for long, with the latent one set before its moment
def _row(latent: str, active: str) -> Row:
    lead_s, first = LATENT[latent]
    row = BY_ID[active]
    before = Step(-lead_s, first.do, first.values)
    return replace(row, steps=(*row.steps, before), watch_s=_WATCH_S, plants=False)


@dataclass(frozen=True)
class Outcome:
    """What was noticed, when (s after the active fault; before it is negative), and what was too
    hot. `words` says that too where nobody is to blame.
    """

    noticed: str
    told_s: float | None
    heat_s: float
    problems: tuple[str, ...]
    words: str = ""


def outcome(pair: Pair, result: Result) -> Outcome:
    """Judged by what the skin gets; where only the cut-out helps it is measured, not judged."""
    if "error" in result:
        return Outcome("error", None, math.inf, (result["error"],))
    stops = [one for one in result["reactions"] if one[1] in STOPPING]
    told, reaction, function = judge.strongest(stops)
    told_s = None if told is None else told - pair.at_s
    heat_s = max(0.0, result["heat_s"] - pair.at_s)
    if result["hot"]:
        open_s = result["watts_s"] - pair.at_s
        heat_s = open_s if pair.cutout and open_s < _WATCH_S - 1 else math.inf
    hot = judge.oracles(result)
    if pair.hardware_only or pair.cutout:
        who = "the cut-out ends it" if pair.cutout else "firmware cannot end it"
        words = f"{who}: {'; '.join(hot)}" if hot else who
        kept = not pair.cutout or result["peak_pad_c"] <= CUT_OUT_PAD_C
        hot = [] if kept else [words]
    else:
        words = "; ".join(hot)
    return Outcome(f"{reaction} {function}".strip(), told_s, heat_s, tuple(hot), words)
