"""A scenario as plain steps for the simulated board: what presses on it, and every other event.

Gestures become edges of gauge pressure. All times are true seconds since the start.
"""

from __future__ import annotations

from collections.abc import Iterator

from .scenario import Event, Scenario

Step = list[object]  # [t_s, word, ...], see player.py of the simulated board


def steps(scenario: Scenario) -> list[Step]:
    """In order of time; what happens at one time keeps the scenario's order."""
    found: list[Step] = []
    if scenario.setup:
        found.append([0.0, "visit", "setup"])
    for event in scenario.events:
        found += _of(event)
    return sorted(found, key=lambda step: step[0])  # pyright: ignore[reportArgumentType, reportCallIssue]


def _of(event: Event) -> Iterator[Step]:
    t = event.t_s
    values = event.values
    if event.do == "hug":
        yield from _press(
            t,
            values["rise_s"],
            values["hold_s"],
            values["release_s"],
            values["peak_pa"],
            held=True,
        )
    elif event.do == "squeeze":
        each_s = values["each_s"]
        edge_s = 0.3 * each_s
        for i in range(values["count"]):
            start = t + i * (each_s + values["gap_s"])
            yield from _press(
                start, edge_s, each_s - 2 * edge_s, edge_s, values["peak_pa"], held=True
            )
    elif event.do == "pat":
        each_s = values["each_s"]
        edge_s = each_s / 3
        for i in range(values["count"]):
            start = t + i * values["period_s"]
            yield from _press(start, edge_s, edge_s, edge_s, values["peak_pa"], held=False)
    elif event.do == "breathe":
        yield [t, "breathe", values["per_min"], values["amplitude_pa"], values["for_s"]]
    elif event.do == "button":
        yield [t, "button", True]
        yield [t + values["hold_s"], "button", False]
    elif event.do == "place":
        yield [t, "place", values["where"]]
    elif event.do == "world":
        for key, value in values.items():
            yield [t, "world", key, float(value) if not isinstance(value, bool) else value]
    elif event.do == "sync":
        yield [t, "visit", "sync"]
    elif event.do == "usb":
        yield [t, "usb", values["attached"]]
    elif event.do == "power":
        yield [t, "power", values["off_s"]]
    elif event.do == "fault":
        yield [t, "fault", values["kind"], values["parameters"]]
    elif event.do == "clear":
        yield [t, "clear", values["kind"]]


def _press(
    t: float, rise_s: float, hold_s: float, release_s: float, peak_pa: float, *, held: bool
) -> Iterator[Step]:
    if held:
        yield [t, "hold", 1]
    yield [t, "edge", rise_s, 0.0, peak_pa]
    yield [t + rise_s + hold_s, "edge", release_s, peak_pa, 0.0]
    if held:
        yield [t + rise_s + hold_s + release_s, "hold", -1]
