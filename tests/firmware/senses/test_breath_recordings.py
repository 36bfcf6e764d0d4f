"""The holder's breathing as real belts recorded it, into a held bladder with its noise."""

import csv
import math
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles

import pytest
from numpy import float32

from kitbag.senses.breath import Breath
from support.lcg import Random

HZ = 25
WINDOW_S = 30
SLOW_WINDOW_S = 50  # fewer than four breaths in half a minute say nothing


def belts(path: Path, visible: str) -> Iterator[tuple[str, list[float]]]:
    """(session, one value each 40 ms), half of the 5 to 95 % span being 1."""
    sessions: dict[str, list[float]] = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            if row["visible"] == visible:
                sessions.setdefault(row["session"], []).append(float(row["x"]) / 500)
    yield from sessions.items()


def listened(
    x: list[float], amplitude_pa: float, number: type, every_s: int = 5
) -> Iterator[tuple[int, float]]:
    """(second, rate told, 0 for unknown): in a held bladder, beside a heart and the noise. All is
    worked out in `number`; the chip's is float32.
    """
    breath, random = Breath(), Random(3)
    for i, value in enumerate(x):
        t = i / HZ
        heart_pa = 0.8 * math.sin(2 * math.pi * 1.17 * t)
        pressure_pa = 103_000 + amplitude_pa * value + heart_pa + random.noise(0.9)
        breath.sample(1000 * i // HZ, number(pressure_pa))
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


@pytest.mark.parametrize("number", [float, float32])
@pytest.mark.parametrize("amplitude_pa", [5.0, 15.0, 40.0])
def test_breathing_that_is_visible_is_counted(recordings, amplitude_pa, number):
    right = windows = 0
    for _, x in belts(recordings / "breathing_25hz.csv", "yes"):
        began = counted(x)
        for t, told in listened(x, amplitude_pa, number):
            if t < SLOW_WINDOW_S:
                continue
            seen = rate(began, t)
            if seen is not None:
                windows += 1
                right += abs(told - seen) <= 1
    assert windows > 50
    assert right >= 0.9 * windows, (right, windows)


@pytest.mark.parametrize("number", [float, float32])
@pytest.mark.parametrize("amplitude_pa", [5.0, 15.0, 40.0])
def test_where_none_is_visible_it_is_unknown(recordings, amplitude_pa, number):
    unknown = windows = 0
    for _, x in belts(recordings / "breathing_25hz.csv", "no"):
        for t, told in listened(x, amplitude_pa, number):
            if t >= WINDOW_S:
                windows += 1
                unknown += told == 0
    assert windows > 100
    assert unknown >= 0.95 * windows, (unknown, windows)
