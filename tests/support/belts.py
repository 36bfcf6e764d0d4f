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

# A BME280 at ×1, ×4, filter 4 (datasheet 3.4.4, 9.1 and table 12)
_CONVERSION_S = 0.012
_FILTER = 0.25
_RAW_NOISE_PA = 2.1


def counted_rightly(path: Path, amplitude_pa: float, breath: Callable[[], Any]) -> tuple[int, int]:
    """(right within one a minute, all) of the windows where an eye sees breathing."""
    right = windows = 0
    for _, x in every(path, "yes"):
        began = counted(x)
        for t, told in _listened(x, amplitude_pa, breath()):
            if t < SLOW_WINDOW_S:
                continue
            seen = rate(began, t)
            if seen is not None:
                windows += 1
                right += abs(told - seen) <= WITHIN_PER_MIN
    return right, windows


def left_unknown(path: Path, amplitude_pa: float, breath: Callable[[], Any]) -> tuple[int, int]:
    """(unknown, all) of the windows where an eye sees none."""
    unknown = windows = 0
    for _, x in every(path, "no"):
        for t, told in _listened(x, amplitude_pa, breath()):
            if t >= WINDOW_S:
                windows += 1
                unknown += told == 0
    return unknown, windows


def every(path: Path, visible: str | None = None) -> Iterator[tuple[str, list[float]]]:
    """(session, one value each 40 ms), half of the 5 to 95 % span being 1."""
    sessions: dict[str, list[float]] = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            if visible in (None, row["visible"]):
                sessions.setdefault(row["session"], []).append(float(row["x"]) / 500)
    yield from sessions.items()


def _listened(
    x: list[float], amplitude_pa: float, breath: Any, every_s: int = 5
) -> Iterator[tuple[int, float]]:
    """(second, rate told, 0 for unknown): in a held bladder, beside a heart, through the chip's
    noise and filter, which smooths what the recording has of noise too.
    """
    random = Random(3)
    filtered_pa = amplitude_pa * x[0]
    converted = 0
    for i, value in enumerate(x):
        t = i / HZ
        while converted * _CONVERSION_S <= t:
            heart_pa = 0.8 * math.sin(2 * math.pi * 1.17 * converted * _CONVERSION_S)
            exact_pa = amplitude_pa * value + heart_pa + random.noise(_RAW_NOISE_PA)
            filtered_pa += (exact_pa - filtered_pa) * _FILTER
            converted += 1
        breath.sample(1000 * i // HZ, 103_000 + filtered_pa)
        if i % (HZ * every_s) == 0:
            breath.look()
            yield i // HZ, breath.per_min or 0.0


def counted(x: list[float]) -> list[float]:
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


def rate(began: list[float], until_s: float) -> float | None:
    """Breaths a minute of the window that ends at `until_s`."""
    for window_s in (WINDOW_S, SLOW_WINDOW_S):
        inside = [t for t in began if until_s - window_s <= t <= until_s]
        if len(inside) > 3:
            return 60 * (len(inside) - 1) / (inside[-1] - inside[0])
    return None
