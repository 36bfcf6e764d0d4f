"""Care plans as people read and write them: TOML files, checked, compared and told in words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from kitbag.wire import ceiling
from kitbag.wire import plan as wire

from . import toml_files
from .errors import KitbagError, Reason

FlatPlan = dict[str, Any]

MOST_KB = 64  # a plan with every setting and its words has 3

# What each key means, for the comments in a file and for `kitbag plan show`
WORDS = {
    "schema": "version of this form",
    "holder.reduced_sensation": "feels heat less than others do: at most 38 °C and 2 hours",
    "placement": "where it is held; at the neck at most 38 °C and 2 hours, and nothing sudden",
    "warmth.enabled": "warmth at all",
    "warmth.level_c": "pad temperature, °C; the face against the skin is 1 to 3 °C cooler",
    "warmth.ceiling_c": "never warmer than this, °C",
    "warmth.session_min": "minutes before it fades by itself; a further hold adds once",
    "warmth.ramp_c_per_min": "how gently it warms, °C a minute",
    "warmth.sleep_c": "what it fades to, °C",
    "warmth.fade_min": "how long fading takes, minutes",
    "scent.enabled": "scent at all",
    "scent.name": "the holder's own word for it",
    "scent.pulse_s": "length of one pulse, seconds",
    "scent.gap_s": "at least so many seconds between pulses",
    "scent.daily_pulses": "at most so many in 24 hours",
    "touch.enabled": "touch (the motor) at all",
    "touch.pattern": "what it feels like",
    "touch.strength": "how strong, 0 to 1 as felt",
    "touch.beats_per_min": "beats a minute of the heartbeat",
    "touch.breaths_per_min": "breaths a minute of the breathing cue",
    "gesture.hold": "what a hold begins",
    "gesture.long_hold": "what half a minute of holding begins",
    "gesture.double_squeeze": "what two squeezes begin (three always stop everything)",
    "gesture.pat": "what patting begins",
    "logging.level": "0 nothing, 1 totals of a night, 2 events, 3 events and samples",
    "logging.marker": "whether one mark says that a night was withheld, and nothing else of it",
    "logging.guest": "lent: nothing is written until it has lain untouched for 6 hours",
}


@dataclass(frozen=True)
class Problem:
    """A setting that cannot be used: where it stands, what was given, what is allowed."""

    where: str
    key: str
    given: str
    allowed: str
    nearest: str

    def error(self) -> KitbagError:
        step = f"did you mean {self.nearest}?" if self.nearest else "correct it and check again"
        return KitbagError(
            where=self.where,
            reason=Reason.INVALID_PLAN,
            problem=self.key,
            given=self.given,
            allowed=self.allowed,
            next_step=step,
        )

    def as_fields(self) -> dict[str, str]:
        return {
            "where": self.where,
            "key": self.key,
            "given": self.given,
            "allowed": self.allowed,
            "nearest": self.nearest,
        }


def read(path: Path) -> tuple[FlatPlan, list[Problem]]:
    """(plan, problems) of a TOML file. Raises KitbagError (exit 2) when it is no TOML at all."""
    try:
        text, tree = toml_files.load(path, MOST_KB)
    except toml_files.UnreadableError as error:
        raise KitbagError(
            where=str(path),
            reason=Reason.INVALID_FILE,
            problem=f"the care plan cannot be read ({error})",
            allowed=f"a care plan in TOML, of at most {MOST_KB} KB",
            next_step="write one with `kitbag plan new FILE`",
        ) from error
    except toml_files.NotTomlError as error:
        raise KitbagError(
            where=str(path),
            reason=Reason.INVALID_FILE,
            problem=f"this is not TOML: {error}",
            allowed='lines such as  level_c = 36  or  name = "lavender"  under [headings]',
            next_step="correct that line; `kitbag plan new FILE` writes an example",
        ) from error
    plan, problems = wire.parse(tree)
    lines = _lines(text)
    return plan, [_problem(path, lines, *problem) for problem in problems]


def checked(path: Path) -> FlatPlan:
    """The plan in a file that has nothing wrong with it. Raises its first problem (exit 2)."""
    plan, problems = read(path)
    if problems:
        raise problems[0].error()
    return plan


def _problem(
    path: Path, lines: Mapping[str, int], key: str, given: object, allowed: str
) -> Problem:
    line = lines.get(key)
    nearest = ""
    if key not in wire.SCHEMA:
        close = get_close_matches(key, list(wire.SCHEMA), n=1, cutoff=0.6)
        tails = [k for k in wire.SCHEMA if k.split(".")[-1] == key.rsplit(".", maxsplit=1)[-1]]
        nearest = (tails or close or [""])[0]
    elif isinstance(given, str):
        allowed_here = wire.SCHEMA[key][1]
        words = (
            [w for w in allowed_here if isinstance(w, str)]
            if isinstance(allowed_here, tuple)
            else []
        )
        nearest = next(iter(get_close_matches(given, words, n=1)), "")
    return Problem(
        where=f"{path}, line {line}" if line else str(path),
        key=key or "the whole file",
        given=_shown(given),
        allowed=allowed,
        nearest=nearest,
    )


def _shown(given: object) -> str:
    if isinstance(given, bool):
        return "true" if given else "false"
    return json.dumps(given, ensure_ascii=False, default=str)


# Each in one walk over the line, however long it is
_HEADING = re.compile(r"\[([^\[\]=,]+)\]")
_SETTING = re.compile(r"([^\[\]=,#]+)=")


def _lines(text: str) -> dict[str, int]:
    """On which line each key stands; good enough to point at it."""
    found: dict[str, int] = {}
    prefix = ""
    for number, line in enumerate(text.splitlines(), 1):
        if heading := _HEADING.match(line.strip()):
            prefix = _plain(heading[1]) + "."
            found.setdefault(prefix[:-1], number)
        elif setting := _SETTING.match(line.strip()):
            key = prefix + _plain(setting[1])
            found.setdefault(key, number)
    return found


def _plain(key: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in key.split("."))


def to_toml(plan: FlatPlan) -> str:
    """The plan as a TOML file whose comments say what each key means and may be."""
    tables: dict[str, list[str]] = {"": []}  # what has no heading comes first in TOML
    for key in wire.SCHEMA:
        table, _, name = key.rpartition(".")
        line = f"{name} = {_value(plan[key])}  # {WORDS[key]} ({wire.allowed(key)})"
        tables.setdefault(table, []).append(line)
    blocks = [
        "\n".join([f"[{table}]", *lines] if table else lines) for table, lines in tables.items()
    ]
    return "\n\n".join(["# A care plan: what holder and therapist agreed on.", *blocks]) + "\n"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def notes(plan: FlatPlan) -> list[str]:
    """What a reader of this plan might not expect: where one limit is lower than another."""
    told: list[str] = []
    level = ceiling.level_c(plan)
    if plan["warmth.enabled"] and level < plan["warmth.level_c"]:
        why = "neck and reduced sensation" if ceiling.tender(plan) else "warmth.ceiling_c"
        told.append(
            f"The pad will warm to {level:g} °C, not {plan['warmth.level_c']:g}: "
            f"the limit of {why} is lower."
        )
    gestures = {key: plan[key] for key in plan if key.startswith("gesture.")}
    for part in ("warmth", "scent", "touch"):
        asked = [
            key
            for key, routine in gestures.items()
            if routine == {"warmth": "warm"}.get(part, part)
        ]
        # A double squeeze for scent is everybody's default and means nothing without a scent
        if asked and not plan[f"{part}.enabled"] and asked != ["gesture.double_squeeze"]:
            told.append(f"{asked[0]} asks for {part}, but {part}.enabled is false.")
    return told


def differences(old: FlatPlan, new: FlatPlan) -> list[tuple[str, str, str]]:
    """(key, old value, new value) of every setting in which two plans differ, as they are kept:
    numbers with four decimals.
    """
    both = [(key, _value(old[key]), _value(new[key])) for key in wire.SCHEMA]
    return [(key, before, after) for key, before, after in both if before != after]


def from_object(text: str) -> FlatPlan:
    """The plan that an object sent as its stored form. Raises KitbagError when it is none."""
    plan, problems = wire.from_json(text.encode())
    if problems:
        key, given, allowed = problems[0]
        raise KitbagError(
            where=f"care plan of the object, {key}",
            reason=Reason.BAD_ANSWER,
            given=given,
            allowed=allowed,
            next_step="use the version of this tool that belongs to the object's firmware",
        )
    return plan
