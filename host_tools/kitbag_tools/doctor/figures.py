"""What was watched, in figures: pure, from readings to numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from ..object_client import Felt
from .watch import Watched

RANGE_END_PA = 110_000.0  # where the BME280's range ends
# Mean |difference| of two normal numbers is 2 / sqrt(pi) of their sigma, and two samples a tenth
# of a second apart still share a tenth of their noise (filter 4, 60 to 80 conversions a second)
_SIGMA_OF_STEP = math.sqrt(math.pi) / 2 / math.sqrt(1 - 0.1)

_BASE_S = 2.0  # before a hug, the pressure of so long is what it rises from ...
_ONSET_S = 0.5  # ... without its onset, which comes before the object can notice
_SETTLE_S = 1.0  # after the arms have closed, before a hug counts as steady
# Arms let go of half within so long; no leak that leaves anything to measure is as quick
_LETTING_GO_S = 0.5
_NOTHING_LEFT = 0.05  # of the peak
_STEADY_MIN_S = 1.5  # a shorter steady part says nothing of a leak


@dataclass(frozen=True)
class Figures:
    """None is unknown. `live`: the sensor answered, and not always the same.

    At rest: `noise_pa` RMS from sample to sample, `stir_pa` RMS around the line that the pressure
    kept, `drift_pa_per_min` and `drift_k_per_min` the slopes of pressure and bladder temperature.
    Of the hug, over the pressure before it: `peak_pa`; `hug_s` from half of that to letting go;
    `fall_per_s` the share of its pressure that a steady hug lost in a second. `top_pa` is the
    highest absolute pressure.
    """

    live: bool
    rest_pa: float | None = None
    noise_pa: float | None = None
    stir_pa: float | None = None
    drift_pa_per_min: float | None = None
    drift_k_per_min: float | None = None
    tautness_pa_per_k: float | None = None
    top_pa: float | None = None
    peak_pa: float | None = None
    hug_s: float | None = None
    fall_per_s: float | None = None
    noticed_after_s: float | None = None

    @property
    def headroom_pa(self) -> float | None:
        """From rest up to where the sensor's range ends."""
        return None if self.rest_pa is None else RANGE_END_PA - self.rest_pa

    @property
    def headroom_of_peak(self) -> float | None:
        """The same, as a multiple of the hug's peak."""
        if self.headroom_pa is None or not self.peak_pa or self.peak_pa < 0:
            return None
        return self.headroom_pa / self.peak_pa


def measure(watched: Watched) -> Figures:
    """The figures of what was watched."""
    rest, hug = watched.rest, watched.hug
    if watched.lost or not all(map(_believable, [*rest, *hug])):
        return Figures(live=False)
    if len(rest) < 2:
        return Figures(live=True)
    pressures = [felt.pressure_pa for felt in rest]
    if min(pressures) == max(pressures):
        return Figures(live=False)
    pa_per_s, stir_pa = _line(rest, pressures)
    k_per_s, _ = _line(rest, [felt.bladder_c for felt in rest])
    step_pa = rest[-1].step_pa
    newest = hug[-1] if hug else rest[-1]
    top_pa, peak_pa, hug_s, fall_per_s = _hug(hug, fmean(pressures[-len(pressures) // 10 :]))
    return Figures(
        live=True,
        rest_pa=fmean(pressures),
        noise_pa=None if step_pa is None else step_pa * _SIGMA_OF_STEP,
        stir_pa=stir_pa,
        drift_pa_per_min=pa_per_s * 60,
        drift_k_per_min=k_per_s * 60,
        tautness_pa_per_k=newest.tautness_pa_per_k,
        top_pa=top_pa,
        peak_pa=peak_pa,
        hug_s=hug_s,
        fall_per_s=fall_per_s,
        noticed_after_s=watched.noticed_after_s,
    )


def _believable(felt: Felt) -> bool:
    numbers = (felt.pressure_pa, felt.bladder_c, felt.step_pa, felt.tautness_pa_per_k)
    return all(number is None or math.isfinite(number) for number in numbers)


_Hug = tuple[float | None, float | None, float | None, float | None]


def _hug(hug: Sequence[Felt], rest_pa: float) -> _Hug:
    """(top_pa, peak_pa, hug_s, fall_per_s) of Figures."""
    if not hug:
        return None, None, None, None
    top_pa = max(felt.pressure_pa for felt in hug)
    noticed_s = next((_s(felt) for felt in hug if felt.touched), None)
    if noticed_s is None:  # too little for the object to notice: what did the pressure reach?
        return top_pa, top_pa - rest_pa, None, None
    before = [
        felt.pressure_pa
        for felt in hug
        if noticed_s - _BASE_S - _ONSET_S <= _s(felt) <= noticed_s - _ONSET_S
    ]
    base_pa = fmean(before) if before else rest_pa
    peak_pa = top_pa - base_pa
    if peak_pa <= 0:
        return top_pa, peak_pa, None, None
    held, gone_s = _held(
        [felt for felt in hug if _s(felt) >= noticed_s - _ONSET_S], base_pa, peak_pa
    )
    hug_s = gone_s - _s(held[0])
    from_s = _s(held[0]) + _SETTLE_S
    steady = [felt for felt in held if _s(felt) >= from_s]
    if len(steady) < 3 or _s(steady[-1]) - _s(steady[0]) < _STEADY_MIN_S:
        return top_pa, peak_pa, hug_s, None
    over = [felt.pressure_pa - base_pa for felt in steady]
    pa_per_s, _ = _line(steady, over)
    return top_pa, peak_pa, hug_s, -pa_per_s / fmean(over)


def _held(hug: Sequence[Felt], base_pa: float, peak_pa: float) -> tuple[list[Felt], float]:
    """From where the arms had closed halfway to just before they let go, or nothing was left;
    and the time (s) at which they had.
    """
    over = [felt.pressure_pa - base_pa for felt in hug]
    first = next(i for i, pa in enumerate(over) if pa > peak_pa / 2)
    later = first
    for i in range(first, len(hug)):
        while later < len(hug) - 1 and _s(hug[later]) - _s(hug[i]) < _LETTING_GO_S:
            later += 1
        if over[later] < max(over[i] / 2, _NOTHING_LEFT * peak_pa):
            return list(hug[first : i + 1]), _s(hug[later])
    return list(hug[first:]), _s(hug[-1])


def _s(felt: Felt) -> float:
    return felt.uptime_ms / 1000


def _line(readings: Sequence[Felt], values: Sequence[float]) -> tuple[float, float]:
    """The straight line closest to `values`: (slope per second, RMS of what is beside it)."""
    times = [_s(felt) for felt in readings]
    mid_t, mid_v = fmean(times), fmean(values)
    spread = sum((t - mid_t) ** 2 for t in times)
    if not spread:
        return 0.0, 0.0
    pairs = list(zip(times, values, strict=True))
    slope = sum((t - mid_t) * (v - mid_v) for t, v in pairs) / spread
    beside = fmean((v - mid_v - slope * (t - mid_t)) ** 2 for t, v in pairs)
    return slope, math.sqrt(beside)
