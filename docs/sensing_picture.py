"""Draws docs/images/sensing.svg: what one bladder measures in four minutes, and what is felt.

The sense is the firmware's own, on CPython; what presses it are the shapes of its tests. Called by
`make pictures`, alone by `python docs/sensing_picture.py`.
"""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

ROOT = Path(__file__).resolve().parents[1]

_TAUT_PA_PER_K = 200.0
_WARMER_FROM_S, _WARMER_UNTIL_S, _K_PER_S = 20.0, 140.0, 0.03
_LIFT_FROM_S, _LIFT_UNTIL_S, _LIFT_PA_PER_S = 205.0, 214.0, -42.0
_ENDS_S = 240.0
_INK, _BLUE, _WARM, _GREY = "#33302e", "#3b6ea5", "#c8743a", "#8a8580"


def _senses() -> tuple[Any, Any]:
    """The tests' shapes, on the firmware's own sense."""
    if "micropython" not in sys.modules:
        micropython = types.ModuleType("micropython")
        micropython.const = lambda value: value  # type: ignore[attr-defined]
        sys.modules["micropython"] = micropython
    sys.path[:0] = [str(ROOT / "firmware"), str(ROOT / "tests")]
    from support import pressure

    return pressure, pressure.Barometer(seed=4)


def _warmer_k(t_s: float) -> float:
    return _K_PER_S * (min(max(t_s, _WARMER_FROM_S), _WARMER_UNTIL_S) - _WARMER_FROM_S)


def _air_pa(t_s: float) -> float:
    """What nobody's arm does: the pad warms the air, and a lift goes up."""
    lift = _LIFT_PA_PER_S * (min(max(t_s, _LIFT_FROM_S), _LIFT_UNTIL_S) - _LIFT_FROM_S)
    return _TAUT_PA_PER_K * _warmer_k(t_s) + lift


def draw(path: Path) -> None:
    pressure, barometer = _senses()
    shapes = pressure.together([
        pressure.pats(12, 700, 4),
        pressure.hold(40, 1400, 70, creep=0.1, dips=((30, 0.7, 0.4),)),
        pressure.squeezes(165, 1800, 2),
    ])  # fmt: skip
    times: list[float] = []
    measured: list[float] = []
    rest: list[float] = []
    plain = barometer.give

    def seen(pressure_pa: float, bladder_c: float = 22.0) -> None:
        plain(pressure_pa, bladder_c)
        times.append(barometer.ms / 1000)
        measured.append(pressure_pa - pressure.ROOM_PA)
        rest.append(barometer.sense.rest_pa - pressure.ROOM_PA)

    barometer.give = seen
    felt = barometer.play(lambda t: shapes(t) + _air_pa(t), _ENDS_S, lambda t: 22 + _warmer_k(t))
    with matplotlib.rc_context({"svg.hashsalt": "kitbag", "font.size": 9}):
        figure = Figure(figsize=(8, 3.6))
        axes = figure.add_axes((0.08, 0.14, 0.9, 0.82))
        axes.plot(times, measured, color=_BLUE, linewidth=0.9)
        axes.plot(times, rest, color=_WARM, linewidth=1.1, linestyle="--")
        top = max(measured)
        for gesture in felt.gestures:
            start_s, end_s = gesture.start_ms / 1000, gesture.end_ms / 1000
            axes.axvspan(start_s, end_s, color=_GREY, alpha=0.18, linewidth=0)
            words = gesture.kind.replace("_", " ")
            words += f" × {gesture.count}" if gesture.count > 1 else ""
            axes.text((start_s + end_s) / 2, top * 1.06, words, ha="center", color=_INK)
        axes.text(72.5, 860, "a new grip", color=_INK)
        axes.text(43, _air_pa(40) + 60, "baseline: unseen while it is held", color=_WARM)
        axes.text(117, 460, "the pad warms the air", color=_WARM)
        axes.text(217, _air_pa(_ENDS_S) + 90, "after a lift", color=_WARM, ha="left")
        axes.set_xlabel("s")
        axes.set_ylabel("Pa in the bladder")
        axes.set_xlim(0, _ENDS_S)
        axes.set_ylim(min(rest) - 120, top * 1.18)
        axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(path, metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    draw(ROOT / "docs" / "images" / "sensing.svg")
