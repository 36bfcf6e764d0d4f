"""Scenario files: what happens to a simulated object, checked key by key before anything runs."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from kitbag.wire import plan as care_plan

from .. import plans, toml_files
from ..errors import KitbagError, Reason
from .recordings import Knots, read_knots

Tree = dict[str, Any]

DEFAULT_START = datetime(2026, 3, 1, 22, 0, tzinfo=UTC)
LONGEST_S = 31 * 86_400.0
MOST_KB = 1024  # thousands of events


@dataclass(frozen=True)
class Number:
    """A number from `low` to `high`; without a default it must be given."""

    low: float
    high: float
    default: float | None = None
    whole: bool = False
    unit: str = ""

    def allowed(self) -> str:
        kind = "a whole number" if self.whole else "a number"
        return f"{kind} from {self.low:g} to {self.high:g}{' ' + self.unit if self.unit else ''}"


@dataclass(frozen=True)
class Word:
    """One of a few words."""

    words: tuple[str, ...]
    default: str | None = None

    def allowed(self) -> str:
        return "one of " + ", ".join(self.words)


@dataclass(frozen=True)
class Flag:
    """true or false."""

    default: bool | None = None

    def allowed(self) -> str:
        return "true or false"


@dataclass(frozen=True)
class Text:
    """Any text; `None` as a default means that it may be left out."""

    required: bool = False
    default: str | None = None

    def allowed(self) -> str:
        return "text"


Rule = Number | Word | Flag | Text

WORLD: dict[str, Rule] = {
    "room_c": Number(-20, 45, 20.0, unit="C"),
    "body_c": Number(20, 42, 34.0, unit="C"),
    "pad_w": Number(0.1, 60, 3.0, unit="W"),
    "insulation": Number(0.05, 100, 1.0),
    "fabric": Number(0.05, 20, 1.0),
    "perfusion": Number(0, 20, 1.0),
    "battery_v": Number(2.5, 4.5, 4.0, unit="V"),
    "ambient_pa": Number(20_000, 120_000, 101_325.0, unit="Pa"),
    "bladder_pa_per_k": Number(0, 340, 120.0, unit="Pa/K"),
    "clock_ppm": Number(-1000, 1000, 20.0, unit="ppm"),
    "cutout": Flag(False),
    # The plant itself, for those who vary it
    "pad_j_per_k": Number(5, 500, 35.0, unit="J/K"),
    "fabric_j_per_k": Number(5, 500, 25.0, unit="J/K"),
    "skin_j_per_k": Number(10, 1000, 100.0, unit="J/K"),
    "stuffing_j_per_k": Number(5, 1000, 40.0, unit="J/K"),
    "pad_fabric_k_per_w": Number(0.1, 20, 1.5, unit="K/W"),
    "fabric_skin_k_per_w": Number(0.1, 20, 1.5, unit="K/W"),
    "skin_core_k_per_w": Number(0.1, 50, 3.3, unit="K/W"),
    "pad_stuffing_k_per_w": Number(0.5, 200, 10.0, unit="K/W"),
    "stuffing_room_k_per_w": Number(0.5, 500, 20.0, unit="K/W"),
    "fabric_room_k_per_w": Number(0.5, 200, 8.3, unit="K/W"),
    "pad_sensor_lag_s": Number(0.5, 120, 10.0, unit="s"),
    "face_sensor_lag_s": Number(0.5, 120, 15.0, unit="s"),
    "ntc_noise_c": Number(0, 2, 0.03, unit="K"),
}

_PEAK = Number(100, 20_000, unit="Pa")
_TIME_S = Number(0, LONGEST_S, unit="s")

EVENTS: dict[str, dict[str, Rule]] = {
    "hug": {
        "peak_pa": _PEAK,
        "rise_s": Number(0.1, 3, 0.4, unit="s"),
        "hold_s": _TIME_S,
        "release_s": Number(0.05, 10, 0.5, unit="s"),
    },
    "squeeze": {
        "peak_pa": Number(100, 20_000, 3000.0, unit="Pa"),
        "count": Number(1, 20, 1, whole=True),
        "gap_s": Number(0.05, 60, 0.4, unit="s"),
        "each_s": Number(0.1, 3, 0.5, unit="s"),
    },
    "pat": {
        "peak_pa": Number(100, 20_000, 1000.0, unit="Pa"),
        "count": Number(1, 60, 3, whole=True),
        "period_s": Number(0.2, 10, 0.5, unit="s"),
        "each_s": Number(0.05, 0.5, 0.15, unit="s"),
    },
    "breathe": {
        "per_min": Number(1, 60, unit="per minute"),
        "amplitude_pa": Number(0, 5000, unit="Pa"),
        "for_s": _TIME_S,
    },
    "button": {"hold_s": Number(0.01, 600, 0.2, unit="s")},
    "place": {"where": Word(("body", "neck", "bed", "floor"))},
    "usb": {"attached": Flag()},
    "sync": {},
    "power": {
        "off_s": Number(0.001, LONGEST_S, 1.0, unit="s"),
        "amid": Word(("anything", "program", "erase"), "anything"),
    },
}

_ENV_C = Number(-20, 100, 22.0, unit="C")
_COUPLING = Number(0, 1, 0.0)
_OFFSET_C = Number(-30, 30, unit="K")

# Kinds that the simulated board can do, with their parameters
FAULTS: dict[str, dict[str, Rule]] = {
    "heater_fet_short": {},
    "heater_fet_leak": {"fraction": Number(0, 1, 0.35)},
    "heater_open": {},
    "heater_intermittent": {"fraction": Number(0, 1, 0.1)},
    "ntc_pad_short": {},
    "ntc_pad_open": {},
    "ntc_pad_frozen": {},
    "ntc_pad_offset": {"c": _OFFSET_C},
    "ntc_pad_detached": {"env_c": _ENV_C, "coupling": _COUPLING},
    "ntc_skin_short": {},
    "ntc_skin_open": {},
    "ntc_skin_frozen": {},
    "ntc_skin_offset": {"c": _OFFSET_C},
    "ntc_skin_detached": {"env_c": _ENV_C, "coupling": _COUPLING},
    "ntc_both_offset": {"c": _OFFSET_C},
    "ntc_swapped": {},
    "adc_spikes": {"per_min": Number(0.01, 60, 1.0)},
    "adc_error": {},
    "output_miswired": {"to": Word(("motor", "diffuser"), "motor")},
    "vm_hang": {},
    "watchdog_reset": {},
    "soft_reset": {},
    "brownout": {},
    "battery_sag": {"v": Number(0, 4.5, 3.0, unit="V")},
    "clock_jump": {"s": Number(-1e9, 1e9, 3600.0, whole=True, unit="s")},
    "starvation": {"ms": Number(0, 60_000, 300.0, unit="ms")},
    "second_switch_welded": {},
    "keepalive_stuck": {},
    "bme280_stuck": {},
    "bme280_garbage": {},
    "bme280_bus_hang": {},
    "bladder_leak": {"pa_per_s": Number(0, 20_000, 10.0, unit="Pa/s")},
    "charging": {"amps": Number(0.05, 3, 0.5, unit="A")},
    "cell_hot": {"c": Number(-20, 100, 65.0, unit="C")},
    "task_exception": {
        "task": Word(("warmth", "senses", "link", "comfort", "journal", "app"), "warmth"),
        "error": Word(("unexpected", "memory"), "unexpected"),
    },
    "crash_loop": {},
    "setpoint_garbage": {"value": Word(("nan", "high", "low", "text"), "nan")},
    "link_lost": {},
    "limits_corrupt": {},
    "update_interrupted": {},
}

# These end by themselves: there is nothing to clear
MOMENTS = (
    "vm_hang",
    "watchdog_reset",
    "soft_reset",
    "brownout",
    "clock_jump",
    "task_exception",
)

_TOP: dict[str, Rule] = {
    "name": Text(),
    "duration_s": Number(1, LONGEST_S, unit="s"),
    "start": Text(),
    "zone": Text(),
    "seed": Number(0, 2**53, 1, whole=True),
    "plan": Text(),
    "setup": Flag(True),
}

_PRESSURE: dict[str, Rule] = {
    "file": Text(required=True),
    "time": Text(),
    "rate_hz": Number(1e-6, 10_000, unit="Hz"),
    "value": Text(default="p_Pa"),
    "session": Text(),
    "into": Word(("ambient", "bladder"), "ambient"),
    "start_s": Number(-LONGEST_S, LONGEST_S, 0.0, unit="s"),
    "gain": Number(-1e9, 1e9, 1.0),
    "relative": Flag(False),
}
_MAY_BE_ABSENT = ("time", "rate_hz", "session")


@dataclass(frozen=True)
class Pressure:
    """A recording that plays into the world, already as knots in scenario seconds and Pa."""

    into: str
    relative: bool
    knots: Knots


@dataclass(frozen=True)
class Event:
    """Something that happens at `t_s`. `values` holds the event's own keys, complete."""

    t_s: float
    do: str
    values: Tree = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Scenario:
    """A checked scenario. Times are seconds since its start, `world` is complete."""

    path: Path
    name: str
    duration_s: float
    start: datetime
    zone: str | None
    seed: int
    plan: Tree | None
    setup: bool
    world: Tree
    pressures: tuple[Pressure, ...]
    events: tuple[Event, ...]


def load(path: Path | str, seed: int | None = None) -> Scenario:
    """The scenario in the TOML file `path`; `seed` replaces its own.

    Raises KitbagError (exit 2) that names the place, what was given and what is allowed.
    """
    return _Reader(Path(path)).scenario(seed)


class _Reader:
    def __init__(self, path: Path) -> None:
        self._path = path

    def scenario(self, seed: int | None) -> Scenario:
        tree = self._toml(self._path, "scenario", MOST_KB)
        top = self._checked(
            {
                key: value
                for key, value in tree.items()
                if key not in ("world", "pressure", "event")
            },
            _TOP,
            "",
            also=("world", "pressure", "event"),
        )
        start = self._start(tree.get("start"))
        duration_s = float(top["duration_s"])
        plan = self._plan(top["plan"]) if top["plan"] is not None else None
        if plan is not None and not top["setup"]:
            raise self._error(
                "setup", "false, with a plan", "true: the plan is applied in the set-up visit",
                "remove the plan, or the line setup = false",
            )  # fmt: skip
        world = self._checked(self._table(tree, "world"), WORLD, "[world]")
        pressures = [
            self._pressure(item, f"[[pressure]] {i}")
            for i, item in enumerate(self._tables(tree, "pressure"), 1)
        ]
        events = [
            self._event(item, f"[[event]] {i}", duration_s)
            for i, item in enumerate(self._tables(tree, "event"), 1)
        ]
        return Scenario(
            path=self._path,
            name=top["name"] if top["name"] is not None else self._path.stem,
            duration_s=duration_s,
            start=start,
            zone=self._zone(top["zone"]),
            seed=int(
                self._value(seed, _TOP["seed"], "--seed") if seed is not None else top["seed"]
            ),
            plan=plan,
            setup=top["setup"],
            world={
                key: float(value) if isinstance(WORLD[key], Number) else value
                for key, value in world.items()
            },
            pressures=tuple(pressures),
            events=tuple(sorted(events, key=lambda event: event.t_s)),
        )

    # --- the parts -----------------------------------------------------------------------------

    def _toml(self, path: Path, what: str, most_kb: int) -> Tree:
        try:
            return toml_files.load(path, most_kb)[1]
        except toml_files.UnreadableError as error:
            given = str(error)
            if isinstance(error.__cause__, FileNotFoundError):
                given = "no such file"
            raise self._error(
                "", given, f"a readable {what} file, of at most {most_kb} KB", "check the path",
                path,
            ) from None  # fmt: skip
        except toml_files.NotTomlError as error:
            raise self._error(
                "", f"not TOML: {error}", "TOML 1.0", "mend that line", path
            ) from None

    def _start(self, given: object) -> datetime:
        if given is None:
            return DEFAULT_START
        start = given
        if isinstance(given, str):
            try:
                start = datetime.fromisoformat(given)
            except ValueError:
                start = None
        if not isinstance(start, datetime) or start.tzinfo is None:
            raise self._error(
                "start", given, 'a date and time with its offset, as "2026-03-01T22:00:00+00:00"',
                "write the offset too: the simulated night must not depend on this machine's zone",
            )  # fmt: skip
        if not 1_577_836_800 <= start.timestamp() <= 4_000_000_000:
            raise self._error(
                "start", given, "from 2020-01-01 to 2096-10-02", "choose a later start"
            )
        return start

    def _zone(self, given: str | None) -> str | None:
        if given is None:
            return None
        try:
            ZoneInfo(given)
        except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError
            raise self._error(
                "zone", given, 'a name of the IANA data base, as "Europe/London"',
                "correct the name, or leave it out to use the offset of start",
            ) from None  # fmt: skip
        return given

    def _plan(self, given: str) -> Tree:
        path = self._resolved(given)
        tree = self._toml(path, "care plan", plans.MOST_KB)
        _, problems = care_plan.parse(tree)
        if problems:
            key, value, allowed = problems[0]
            raise self._error(
                key or "the file", value, allowed,
                _did_you_mean(key, care_plan.SCHEMA) or f"run `kitbag plan check {given}`",
                path, Reason.INVALID_PLAN,
            )  # fmt: skip
        return tree

    def _pressure(self, item: Tree, place: str) -> Pressure:
        values = self._checked(item, _PRESSURE, place)
        if values["time"] is not None and values["rate_hz"] is not None:
            raise self._error(
                f"{place}.rate_hz", "time and rate_hz", "one of the two",
                "a file with a column of times needs no rate",
            )  # fmt: skip
        path = self._resolved(values["file"])
        knots = read_knots(
            path,
            time=values["time"] if values["rate_hz"] is None else None,
            rate_hz=values["rate_hz"],
            value=values["value"],
            session=values["session"],
        ).placed(values["start_s"], values["gain"], values["relative"])
        return Pressure(values["into"], values["relative"], knots)

    def _event(self, item: Tree, place: str, duration_s: float) -> Event:
        rest = dict(item)
        if "t_s" not in rest:
            raise self._error(f"{place}.t_s", "nothing", "seconds since the start", "add t_s")
        t_s = self._value(rest.pop("t_s"), Number(0, duration_s, unit="s"), f"{place}.t_s")
        if "do" not in rest:
            raise self._error(f"{place}.do", "nothing", _names(_DOINGS), "add do")
        do = rest.pop("do")
        if not isinstance(do, str) or do not in _DOINGS:
            raise self._error(f"{place}.do", do, _names(_DOINGS), _did_you_mean(do, _DOINGS))
        place = f"{place} {do}"
        if do == "world":
            return Event(t_s, do, self._world_change(rest, place))
        if do in ("fault", "clear"):
            kind = self._fault_kind(rest, place, do)
            rules = FAULTS[kind] if do == "fault" else {}
            rest.pop("kind")
            values = self._checked(rest, rules, f"{place} {kind}", also=("t_s", "do", "kind"))
            return Event(t_s, do, {"kind": kind, "parameters": values})
        return Event(t_s, do, self._checked(rest, EVENTS[do], place, also=("t_s", "do")))

    def _world_change(self, rest: Tree, place: str) -> Tree:
        if not rest:
            raise self._error(place, "no key", _names(WORLD), "say what changes, as room_c = 15")
        changes: Tree = {}
        for key, value in rest.items():
            if key not in WORLD:
                raise self._unknown(place, key, WORLD)
            changes[key] = self._value(value, WORLD[key], f"{place}.{key}")
        return changes

    def _fault_kind(self, rest: Tree, place: str, do: str) -> str:
        kind = rest.get("kind")
        if kind is None:
            raise self._error(f"{place}.kind", "nothing", _names(FAULTS), "add kind")
        if not isinstance(kind, str) or kind not in FAULTS:
            raise self._error(f"{place}.kind", kind, _names(FAULTS), _did_you_mean(kind, FAULTS))
        if do == "clear" and kind in MOMENTS:
            raise self._error(
                f"{place}.kind", kind, _names(k for k in FAULTS if k not in MOMENTS),
                "remove this event: what lasts a moment need not be cleared",
            )  # fmt: skip
        return kind

    # --- tables and values ---------------------------------------------------------------------

    def _table(self, tree: Tree, key: str) -> Tree:
        table = tree.get(key, {})
        if not isinstance(table, dict):
            raise self._error(key, table, f"a table [{key}]", f"write [{key}] above its keys")
        return table

    def _tables(self, tree: Tree, key: str) -> list[Tree]:
        tables = tree.get(key, [])
        if not isinstance(tables, list) or not all(isinstance(item, dict) for item in tables):
            raise self._error(
                key, tables, f"tables [[{key}]]", f"write [[{key}]], with two brackets, above each"
            )
        return tables

    def _checked(
        self, given: Tree, rules: dict[str, Rule], place: str, also: Iterable[str] = ()
    ) -> Tree:
        for key in given:
            if key not in rules:
                raise self._unknown(place, key, (*rules, *also))
        values: Tree = {}
        for key, rule in rules.items():
            where = f"{place}.{key}" if place else key
            if key in given and not (key == "start" and not place):
                values[key] = self._value(given[key], rule, where)
            elif isinstance(rule, Text):
                if rule.required:
                    raise self._error(where, "nothing", rule.allowed(), f"add {key}")
                values[key] = rule.default
            elif rule.default is None and key not in _MAY_BE_ABSENT:
                raise self._error(where, "nothing", rule.allowed(), f"add {key}")
            else:
                values[key] = rule.default
        return values

    def _value(self, given: object, rule: Rule, place: str) -> Any:
        fits = False
        if isinstance(rule, Number):
            if isinstance(given, (int, float)) and not isinstance(given, bool):
                fits = rule.low <= given <= rule.high and math.isfinite(given)
                fits = fits and not (rule.whole and given != int(given))
                if fits and rule.whole:
                    return int(given)
        elif isinstance(rule, Flag):
            fits = isinstance(given, bool)
        elif isinstance(rule, Word):
            fits = isinstance(given, str) and given in rule.words
        else:
            fits = isinstance(given, str) and bool(given)
        if not fits:
            near = _did_you_mean(given, rule.words) if isinstance(rule, Word) else ""
            raise self._error(place, given, rule.allowed(), near or "correct this value")
        return given

    def _resolved(self, given: str) -> Path:
        path = Path(given)
        return path if path.is_absolute() else self._path.parent / path

    # --- errors --------------------------------------------------------------------------------

    def _unknown(self, place: str, key: str, known: Iterable[str]) -> KitbagError:
        return self._error(
            f"{place}.{key}" if place else key, "an unknown key", _names(known),
            _did_you_mean(key, known),
        )  # fmt: skip

    def _error(
        self,
        place: str,
        given: object,
        allowed: str,
        next_step: str,
        path: Path | None = None,
        reason: Reason = Reason.INVALID_SCENARIO,
    ) -> KitbagError:
        where = str(path or self._path)
        if isinstance(given, bool):
            given = "true" if given else "false"
        return KitbagError(
            where=f"{where}: {place}" if place else where,
            reason=reason,
            given=given,
            allowed=allowed,
            next_step=next_step,
        )


_DOINGS = (*EVENTS, "world", "fault", "clear")


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _did_you_mean(given: object, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(str(given), list(known), n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else "choose one of these"
