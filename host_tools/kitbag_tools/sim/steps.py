"""A scenario as plain steps for the simulated board: what presses on it, and every other event.

Gestures become edges of gauge pressure. All times are true seconds since the start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .scenario import Scenario, Tree

Step = list[object]  # [t_s, word, ...], see player.py of the simulated board
Timed = Iterator[tuple[float, Step]]


def steps(scenario: Scenario) -> list[Step]:
    """In order of time; what happens at one time keeps the scenario's order."""
    found: list[tuple[float, Step]] = []
    if scenario.setup:
        found.append((0.0, ["visit", "setup"]))
    for event in scenario.events:
        found += _MAKERS[event.do](event.t_s, event.values)
    found.sort(key=lambda pair: pair[0])
    return [[t_s, *step] for t_s, step in found]


def _hug(t: float, values: Tree) -> Timed:
    return _press(
        t, values["rise_s"], values["hold_s"], values["release_s"], values["peak_pa"], held=True
    )


def _squeeze(t: float, values: Tree) -> Timed:
    each_s = values["each_s"]
    edge_s = 0.3 * each_s
    for i in range(values["count"]):
        start = t + i * (each_s + values["gap_s"])
        yield from _press(start, edge_s, each_s - 2 * edge_s, edge_s, values["peak_pa"], held=True)


def _pat(t: float, values: Tree) -> Timed:
    edge_s = values["each_s"] / 3
    for i in range(values["count"]):
        start = t + i * values["period_s"]
        yield from _press(start, edge_s, edge_s, edge_s, values["peak_pa"], held=False)


def _button(t: float, values: Tree) -> Timed:
    yield t, ["button", True]
    yield t + values["hold_s"], ["button", False]


def _world(t: float, values: Tree) -> Timed:
    for key, value in values.items():
        yield t, ["world", key, value if isinstance(value, bool) else float(value)]


def _plain(*word: str, keys: tuple[str, ...] = ()) -> Callable[[float, Tree], Timed]:
    """A step that takes the event's values as they are."""

    def make(t: float, values: Tree) -> Timed:
        yield t, [*word, *(values[key] for key in keys)]

    return make


def _press(
    t: float, rise_s: float, hold_s: float, release_s: float, peak_pa: float, *, held: bool
) -> Timed:
    if held:
        yield t, ["hold", 1]
    yield t, ["edge", rise_s, 0.0, peak_pa]
    yield t + rise_s + hold_s, ["edge", release_s, peak_pa, 0.0]
    if held:
        yield t + rise_s + hold_s + release_s, ["hold", -1]


_MAKERS: dict[str, Callable[[float, Tree], Timed]] = {
    "hug": _hug,
    "squeeze": _squeeze,
    "pat": _pat,
    "button": _button,
    "world": _world,
    "sync": _plain("visit", "sync"),
    "breathe": _plain("breathe", keys=("per_min", "amplitude_pa", "for_s")),
    "place": _plain("place", keys=("where",)),
    "usb": _plain("usb", keys=("attached",)),
    "power": _plain("power", keys=("off_s", "amid")),
    "fault": _plain("fault", keys=("kind", "parameters")),
    "clear": _plain("clear", keys=("kind",)),
}
