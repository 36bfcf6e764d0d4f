"""Takes one safety function out of the firmware while it is imported here, on CPython.

Each function gives context managers: inside them the object lacks what its name says.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch


def patched(name: str, argument: str) -> ExitStack:
    """Everything of patch `name`, to be used in `with`."""
    stack = ExitStack()
    for one in _PATCHES[name](argument):
        stack.enter_context(one)
    return stack


def _warmth(module: str) -> Any:
    return importlib.import_module(f"kitbag.warmth.{module}")


def _guard() -> Any:
    return _warmth("guard")


_HEARD = ("suspect", "doubt", "warning", "apart")


# It still keeps its books, which others read; nobody hears what it finds
def _no_guard_function(where: str) -> list[Any]:
    def deaf(trips: Any) -> Any:
        def judge(self: Any, r: Any) -> bool:
            before = {name: getattr(self, name) for name in _HEARD if hasattr(self, name)}
            trips(self, r)
            for name, value in before.items():
                setattr(self, name, value)
            return False

        return judge

    return [_exchanged(where, deaf)]


def _one_limit(hidden: str) -> list[Any]:
    def half(trips: Any) -> Any:
        return lambda self, r: trips(self, _Without(r, hidden))

    return [_exchanged("guard.Guard.absolute", half)]


class _Without:
    """Readings, one of which is very low."""

    def __init__(self, r: Any, hidden: str) -> None:
        self._r = r
        setattr(self, hidden, -99_000)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._r, name)


# One entry of the FUNCTIONS of "module.Class.method", made into another by `change`
def _exchanged(where: str, change: Callable[[Any], Any]) -> Any:
    module, owner, method = where.split(".")
    one = getattr(_warmth(module), owner)
    functions = tuple(
        (number, reaction, change(trips) if trips.__name__ == method else trips)
        for number, reaction, trips in one.FUNCTIONS
    )
    if functions == one.FUNCTIONS:
        raise LookupError(f"the guard runs no {where}")
    return patch.object(one, "FUNCTIONS", functions)


def _unmeasured(_: str) -> list[Any]:
    return [patch.object(_warmth("pad").Pad, "measured", lambda self, permille: True)]


def _no_cap(_: str) -> list[Any]:
    return [patch.object(_warmth("pad").Pad, "cap", lambda self, battery_mv: 1000)]


def _no_suspicion(_: str) -> list[Any]:
    never = property(lambda self: False, lambda self, value: None)
    return [patch.object(_guard().Guard, "suspect", never, create=True)]


def _no_proof(_: str) -> list[Any]:
    return [patch.object(_warmth("proof").Proof, "step", lambda self, r: None)]


def _no_probe(_: str) -> list[Any]:
    return [patch.object(_warmth("proof").Probe, "step", lambda self, r: None)]


def _no_agreement(_: str) -> list[Any]:
    return [patch.object(_warmth("proof").Proof, "_apart", lambda self, r: False)]


def _no_rest(_: str) -> list[Any]:
    return [patch.object(_warmth("proof").Probe, "_face_rests", lambda self: False)]


def _no_sides(_: str) -> list[Any]:
    probe = _warmth("proof").Probe
    real = probe.__init__

    def begin(self: Any, *arguments: Any) -> None:
        real(self, *arguments)
        self.sides_mc = None

    return [patch.object(probe, "__init__", begin)]


def _heat() -> Any:
    from kitbag.tasks import heat

    return heat


def _renewed_when_barred(_: str) -> list[Any]:
    heat = _heat().Heat
    real = heat._count

    def count(self: Any, r: Any) -> None:
        real(self, r)
        if self.guard.reaction:
            self._heater.renew()

    return [patch.object(heat, "_count", count)]


def _at_once(_: str) -> list[Any]:
    return [patch.object(_heat(), "_ACKNOWLEDGE_AFTER_MS", 0)]


def _no_memory(_: str) -> list[Any]:
    return [patch.object(_warmth("latch").Latch, "_keep", lambda self: None)]


def _no_third(_: str) -> list[Any]:
    def put(self: Any, reaction: int, function: int) -> int:
        if reaction >= _guard().LATCH:
            self.reaction, self.function = reaction, function
            self._keep()
        return reaction

    return [patch.object(_warmth("latch").Latch, "set", put)]


def _any_level(_: str) -> list[Any]:
    from kitbag.warmth import session
    from kitbag.wire import ceiling

    return [patch.object(session.Session, "_asked", lambda self, plan: ceiling.level_c(plan))]


_PATCHES: dict[str, Callable[[str], list[Any]]] = {
    "no_guard_function": _no_guard_function,
    "only_pad_limit": lambda _: _one_limit("face_mc"),
    "only_face_limit": lambda _: _one_limit("pad_mc"),
    "unmeasured": _unmeasured,
    "no_cap": _no_cap,
    "no_suspicion": _no_suspicion,
    "no_proof": _no_proof,
    "no_probe": _no_probe,
    "no_agreement": _no_agreement,
    "no_rest": _no_rest,
    "no_sides": _no_sides,
    "renewed_when_barred": _renewed_when_barred,
    "at_once": _at_once,
    "no_memory": _no_memory,
    "no_third": _no_third,
    "any_level": _any_level,
}
