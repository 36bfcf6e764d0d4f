"""Gestures as they are drawn: what somebody does, and over which air.

A touch lasts from the moment its pressure leaves zero until it is there again. Lengths are drawn
evenly over the whole of what the words mean, the border between a pat and a squeeze included.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp
from typing import Any

from sense.airs import Pressure, later, rooms
from support.lcg import Random
from support.pressure import hold, together

EACH = 300
LEAST_PA, MOST_PA = 200.0, 6_000.0
PAT_S = (0.06, 0.3)
SQUEEZE_S = (0.3, 1.5)
BORDER_S = 0.05  # so near to 0.3 s a pat and a squeeze are the same touch
_TOGETHER_S = 3.0


@dataclass(frozen=True)
class Drawn:
    """Somebody's gesture. `each_s` holds the length of each touch of a squeeze or pat."""

    kind: str
    shape: Any
    start_s: float
    air: Pressure
    each_s: tuple[float, ...] = ()

    @property
    def clear(self) -> bool:
        """No touch of it lies at the border between pat and squeeze."""
        return all(abs(one_s - PAT_S[1]) > BORDER_S for one_s in self.each_s)


def holds(least_pa: float = LEAST_PA, most_pa: float = MOST_PA, seed: int = 77) -> Iterator[Drawn]:
    """2.5 to 90 s; in half of those over 8 s the grip is changed once."""
    random = Random(seed)
    airs = [air.pressure for air in rooms()]
    for number in range(EACH):
        start_s = 6 + random.uniform(0, 0.2)
        peak_pa = _peak(random, least_pa, most_pa)
        hold_s = random.choice((random.uniform(2.5, 10), random.uniform(10, 90)))
        dips: list[tuple[float, float, float]] = []
        if hold_s > 8 and random.below(2):
            dips.append((random.uniform(3, hold_s - 3), random.uniform(0.02, 0.74), 0.3))
        shape = hold(
            start_s, peak_pa, hold_s, random.uniform(0.26, 0.47), random.uniform(0.3, 1.0),
            random.uniform(0, 0.2) if hold_s > 10 else 0.0, dips,
        )  # fmt: skip
        yield Drawn("hold", shape, start_s, _air(random, airs, number))


def regripped() -> Iterator[Drawn]:
    """Holds of 12 to 40 s whose grip is changed one to three times, down to 0 to 0.75 of it."""
    random = Random(78)
    airs = [air.pressure for air in rooms()]
    for number in range(EACH):
        start_s = 6 + random.uniform(0, 0.2)
        peak_pa = _peak(random)
        hold_s = random.uniform(12, 40)
        part_s = (hold_s - 5) / 3
        dips = [
            (3 + part * part_s + random.uniform(0, part_s - 1.74),
             random.uniform(0.02, 0.74), random.uniform(0, 0.75))
            for part in range(1 + random.below(3))
        ]  # fmt: skip
        shape = hold(start_s, peak_pa, hold_s, random.uniform(0.26, 0.47),
                     random.uniform(0.3, 1.0), dips=dips)  # fmt: skip
        yield Drawn("hold", shape, start_s, _air(random, airs, number))


def squeezes() -> Iterator[Drawn]:
    """One to three that begin within three seconds, one much like the other."""
    random = Random(79)
    airs = [air.pressure for air in rooms()]
    for number in range(EACH):
        start_s = 6 + random.uniform(0, 0.2)
        peak_pa, usual_s = _peak(random), random.uniform(*SQUEEZE_S)
        at_s = start_s
        each_s: list[float] = []
        shapes: list[Any] = []
        for _ in range(1 + random.below(3)):
            if at_s - start_s > _TOGETHER_S:
                break
            one_s = _like(random, usual_s, SQUEEZE_S)
            rise_s = one_s * random.uniform(0.15, 0.35)
            fall_s = one_s * random.uniform(0.15, 0.35)
            shapes.append(_touch(random, at_s, peak_pa, one_s, rise_s, fall_s))
            each_s.append(one_s)
            at_s += one_s + random.uniform(0.2, 0.6)
        air = _air(random, airs, number)
        yield Drawn("squeeze", together(shapes), start_s, air, tuple(each_s))


def pats() -> Iterator[Drawn]:
    """Three to six, 1.2 to 3.3 a second and never less than 0.1 s apart; up in 0.02 s, one of ten
    in more than 0.14 s where it lasts so long.
    """
    random = Random(80)
    airs = [air.pressure for air in rooms()]
    for number in range(EACH):
        start_s = 6 + random.uniform(0, 0.2)
        peak_pa, usual_s = _peak(random), random.uniform(*PAT_S)
        every_s = random.uniform(0.3, 0.8)
        at_s = start_s
        each_s: list[float] = []
        shapes: list[Any] = []
        for _ in range(3 + random.below(4)):
            one_s = _like(random, usual_s, PAT_S)
            # About log-normal; an edge is longer than its 10 to 90 %, which is what was measured
            rise_s = min(0.5 * one_s, 0.02 * exp(random.noise(1.5)) / 0.59)
            fall_s = (one_s - rise_s) * random.uniform(0.3, 0.9)
            shapes.append(_touch(random, at_s, peak_pa, one_s, rise_s, fall_s))
            each_s.append(one_s)
            at_s += max(one_s + 0.1, every_s * random.uniform(0.9, 1.1))
        air = _air(random, airs, number)
        yield Drawn("pat", together(shapes), start_s, air, tuple(each_s))


def _peak(random: Any, least_pa: float = LEAST_PA, most_pa: float = MOST_PA) -> float:
    return least_pa * (most_pa / least_pa) ** random.uniform()


def _like(random: Any, usual_s: float, within_s: tuple[float, float]) -> float:
    return max(within_s[0], min(within_s[1], usual_s * random.uniform(0.85, 1.15)))


def _touch(
    random: Any, at_s: float, peak_pa: float, one_s: float, rise_s: float, fall_s: float
) -> Any:
    peak_pa = max(LEAST_PA, peak_pa * random.uniform(0.8, 1.2))
    return hold(at_s, peak_pa, one_s - rise_s - fall_s, rise_s, fall_s)


def _air(random: Any, airs: list[Pressure], number: int) -> Pressure:
    return later(airs[number % len(airs)], random.uniform(0, 7200))
