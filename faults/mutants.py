"""The firmware with one safety function taken away: some row has to notice.

Whatever no row notices is decoration, or a row is missing. Where one function is covered by
another, the variants of a row (F17b and the like) are there to tell them apart.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_WARMTH = "firmware/kitbag/warmth"
_APP = "firmware/kitbag/app.py"
_HEAT = "firmware/kitbag/tasks/heat.py"


@dataclass(frozen=True)
class Edit:
    """`old`, which must stand there exactly once, becomes `new`."""

    path: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutant:
    """`patch` names a function of patches.py, which works on a table; `edits` make another image,
    for a whole object. `hunters` are the rows that are asked first, then all those that this
    function or one of `near` answers when it is there.
    """

    function: str
    name: str
    removes: str
    hunters: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    patch: str = ""
    argument: str = ""
    edits: tuple[Edit, ...] = ()
    cutout: bool = False  # the hardware's cut-out is what is taken away


# Who is likely to notice, by the guard's function; unknown ones are tried on every row
_HUNTERS = {
    "sensor_range": ("F7b", "F6b", "F20"),
    "reference": ("F18b", "F18"),
    "absolute": ("F2d", "F2e", "F17g"),
    "current_high": ("F1", "F2", "F3", "F41"),
    "current_low": ("F4", "F5", "F4b"),
    "no_response": ("F9b", "F10", "F9"),
    "fall": ("F8", "F9", "F11"),
    "face_fell": ("F14h", "F14"),
    "more_heat": ("F10b", "F11", "F10"),
    "face_hotter": ("F17f", "F21"),
    "face_colder": ("F14j", "F14c"),
    "face_follows": ("F14b", "F14"),
    "rise_unpowered": ("F2b",),
    "overshoot": ("F2c",),
    "frozen": ("F15", "F16", "F14d"),
    "jump": ("F19", "F17"),
    "stale": ("F38c", "F38"),
    "dose_stop": ("F30c",),
    "on_time": ("F31",),
    "mean_power": ("F34e",),
    "second_switch": ("F40", "F40d", "F40b"),
    "apart_at_rest": ("F17b", "F17e"),
    "clock": ("F36",),
    "limits_changed": ("F37",),
    "cell": ("F42", "F42b"),
}

# Only a whole object can be late
_WHOLE_ONLY = ("stale",)

# What doubts a thermistor leaves the answer to the probe
_NEAR = {5: ("SF6", "SF7"), 6: ("SF5", "SF7"), 7: ("SF5", "SF6")}

_OTHERS = (
    Mutant("SF2", "absolute: pad only", "L1, the limit at the face", ("F2e", "F17g"),
           patch="only_pad_limit"),
    Mutant("SF2", "absolute: face only", "L2, the limit at the pad", ("F2d", "F17d"),
           patch="only_face_limit"),
    Mutant("SF3", "pad as measured", "what this very pad draws, as SF3's measure", ("F3",),
           ("SF4",), patch="unmeasured"),
    Mutant("SF6", "probe", "the coupling probe: it always believes",
           ("F12", "F13", "F10", "F9", "F11"), _NEAR[6], patch="no_probe"),
    Mutant("SF7", "probe: sides", "the probe's question which side is heated", ("F21", "F14b"),
           patch="no_sides"),
    Mutant("SF7", "probe: a face at rest", "that a face which fell has to fall on", ("F14i",),
           patch="no_rest"),
    Mutant("SF9", "two late turns", "that starving ends heat", ("F38",), edits=(
        Edit(_HEAT, "if late and self._behind and self.active:", "if False:"),)),
    Mutant("SF10", "power cap", "the cap of mean power on a strong pad", ("F8",),
           patch="no_cap"),
    Mutant("SF11", "suspicion", "that a suspicious cycle does not renew the second switch",
           ("F1", "F3", "F41"), ("SF3",), patch="no_suspicion"),
    Mutant("SF11", "renewed whatever is found", "that the second switch opens when heat is barred",
           ("F1", "F41"), patch="renewed_when_barred"),
    Mutant("SF13", "proof", "the proof of both switches before each heat",
           ("F40b", "F4b", "F13b", "F40"), ("SF11", "SF4"), patch="no_proof"),
    Mutant("SF13", "proof: agreement", "that both thermistors agree after a rest", ("F13b",),
           patch="no_agreement"),
    Mutant("SF14", "latch in flash", "that a latch outlives a reset", ("F8", "F6"),
           patch="no_memory"),
    Mutant("SF14", "third latch", "that the third latch of a day is for service", ("F7c",),
           patch="no_third"),
    Mutant("SF14", "a minute without a finding", "that an acknowledgement waits for it", ("F7d",),
           patch="at_once"),
    Mutant("SF16", "the level is believed", "the check of what the plan asks for",
           ("F34b", "F34", "F34c"), patch="any_level"),
    Mutant("SF12", "watchdog", "the watchdog", ("F23",), edits=(
        Edit(_APP, "machine.WDT(timeout=limits.WATCHDOG_MS)",
             'type("Dog", (), {"feed": lambda self: None})()'),)),
    Mutant("SF12", "look back", "the lock after a start that a panic or the watchdog caused",
           ("F23", "F24", "F25"), edits=(
        Edit(_APP, "self.heat.condemn(guard.LOCK, 12)", "pass"),)),
    Mutant("SF12", "funnel", "the latch after an unexpected error", ("F22",), edits=(
        Edit(_APP, "self.heat.condemn(guard.LATCH, 12)", "pass"),)),
    Mutant("SF15", "boot.py", "that boot.py pulls every output low", ("F24b", "F24"), edits=(
        Edit("firmware/boot.py", "    Pin(_pin, Pin.OUT, value=0)", "    pass"),)),
    Mutant("SF18", "image", "the check of the files on the object", ("F44b", "F44"), edits=(
        Edit(_APP, "if not late.load(_IMAGE).whole():", "if False:"),)),
    Mutant("SF17", "cut-out", "the hardware's cut-out", cutout=True),
)  # fmt: skip

# Where no row is: what would be taken away, and why nothing is
NOT_MUTATED = {
    "SF16": "no host can start an output, so there is no link to end heat with; F35 shows that",
}


def mutants(root: Path) -> Iterator[Mutant]:
    """One for each function that the guard in `root` runs, and the others."""
    for number, where, method in guard_functions(root):
        if method in _WHOLE_ONLY:
            path = f"{_WARMTH}/{where.split('.')[0]}.py"
            yield Mutant(
                f"SF{number}", method, f"{method} of the guard", _HUNTERS[method],
                edits=(Edit(path, f", {method}),", ", lambda self, r: False),"),),
            )  # fmt: skip
            continue
        yield Mutant(
            f"SF{number}", method, f"{method} of the guard",
            _HUNTERS.get(method, ()), _NEAR.get(number, ()), patch="no_guard_function",
            argument=f"{where}.{method}",
        )  # fmt: skip
    yield from _OTHERS


def guard_functions(root: Path) -> list[tuple[int, str, str]]:
    """(number, "module.Class", method) of everything that a class of kitbag.warmth lists in its
    FUNCTIONS, read from the sources.
    """
    found: list[tuple[int, str, str]] = []
    for path in sorted((root / _WARMTH).glob("*.py")):
        for node in ast.parse(path.read_bytes()).body:
            if isinstance(node, ast.ClassDef):
                found += [(number, f"{path.stem}.{node.name}", method)
                          for number, method in _listed(node)]  # fmt: skip
    if not found:
        raise LookupError(f"no class in {root / _WARMTH} has FUNCTIONS")
    return found


def _listed(one: ast.ClassDef) -> Iterator[tuple[int, str]]:
    for node in one.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "FUNCTIONS":
            assert isinstance(node.value, ast.Tuple)
            for entry in node.value.elts:
                number, _, method = ast.unparse(entry).strip("()").split(", ")
                yield int(number), method
