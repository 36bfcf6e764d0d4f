"""Breathing as real belts recorded it, played into a held bladder with its noise, and judged."""

import csv
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import quantiles
from typing import Any

from support.lcg import Random

RECORDING = "breathing_25hz.csv"
HZ = 25
WINDOW_S = 30
SLOW_WINDOW_S = 50  # fewer than four breaths in half a minute say nothing
WITHIN_PER_MIN = 1.0


def counted_rightly(path: Path, amplitude_pa: float, breath: Callable[[], Any]) -> tuple[int, int]:
    """(right within one a minute, all) of the windows where an eye sees breathing."""
    right = windows = 0
    for _, x in _belts(path, "yes"):
        began = _counted(x)
        for t, told in _listened(x, amplitude_pa, breath()):
            if t < SLOW_WINDOW_S:
                continue
            seen = _rate(began, t)
            if seen is not None:
                windows += 1
                right += abs(told - seen) <= WITHIN_PER_MIN
    return right, windows


def left_unknown(path: Path, amplitude_pa: float, breath: Callable[[], Any]) -> tuple[int, int]:
    """(unknown, all) of the windows where an eye sees none."""
    unknown = windows = 0
    for _, x in _belts(path, "no"):
        for t, told in _listened(x, amplitude_pa, breath()):
            if t >= WINDOW_S:
                windows += 1
                unknown += told == 0
    return unknown, windows


def _belts(path: Path, visible: str) -> Iterator[tuple[str, list[float]]]:
    """(session, one value each 40 ms), half of the 5 to 95 % span being 1."""
    sessions: dict[str, list[float]] = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            if row["visible"] == visible:
                sessions.setdefault(row["session"], []).append(float(row["x"]) / 500)
    yield from sessions.items()


def _listened(
    x: list[float], amplitude_pa: float, breath: Any, every_s: int = 5
) -> Iterator[tuple[int, float]]:
    """(second, rate told, 0 for unknown): in a held bladder, beside a heart and the noise."""
    random = Random(3)
    for i, value in enumerate(x):
        t = i / HZ
        heart_pa = 0.8 * math.sin(2 * math.pi * 1.17 * t)
        pressure_pa = 103_000 + amplitude_pa * value + heart_pa + random.noise(0.9)
        breath.sample(1000 * i // HZ, pressure_pa)
        if i % (HZ * every_s) == 0:
            breath.look()
            yield i // HZ, breath.per_min or 0.0


def _counted(x: list[float]) -> list[float]:
    """When each breath of a clean recording begins, in s: what an eye sees, looking both ways."""
    half = HZ // 2
    smooth = [sum(x[max(0, i - half) : i + half]) / len(x[max(0, i - half) : i + half])
              for i in range(len(x))]  # fmt: skip
    found: list[float] = []
    top = bottom = smooth[0]
    rising = False
    for i, value in enumerate(smooth):
        around = smooth[max(0, i - 20 * HZ) : i + 20 * HZ : 5]
        tenths = quantiles(around, n=10)
        swing = 0.3 * (tenths[8] - tenths[0])
        if rising:
            top = max(top, value)
            if value < top - swing:
                rising, bottom = False, value
        else:
            bottom = min(bottom, value)
            if value > bottom + swing:
                rising, top = True, value
                found.append(i / HZ)
    return found


def _rate(began: list[float], until_s: float) -> float | None:
    """Breaths a minute of the window that ends at `until_s`."""
    for window_s in (WINDOW_S, SLOW_WINDOW_S):
        inside = [t for t in began if until_s - window_s <= t <= until_s]
        if len(inside) > 3:
            return 60 * (len(inside) - 1) / (inside[-1] - inside[0])
    return None
