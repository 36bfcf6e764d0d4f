"""The report of a look at the bladder: lines for people, fields for programs."""

from __future__ import annotations

from typing import Any

from ..object_client import Hello
from .figures import Figures
from .judge import (
    RIGID_PA_PER_K,
    USUAL_NOISE_PA,
    WEATHER_PA_PER_MIN,
    Health,
    Verdict,
    beyond_pa_per_min,
    is_more_than_weather,
)


def report_lines(hello: Hello, figures: Figures, verdict: Verdict) -> list[str]:
    """For people. What is unknown says so; what was not looked at is left out."""
    who = f"Object {hello.device}, firmware {hello.firmware}"
    rows = [
        ("Noise", _noise(figures)),
        ("Drift", _drift(figures)),
        ("Tautness", _tautness(figures)),
        ("Hug", _hug(figures, verdict)),
        ("Headroom", _headroom(figures)),
        ("Next", verdict.next_step),
    ]
    told = [f"  {name:<9} {words}" for name, words in rows if words]
    return [f"{who}: {verdict.health.word}. {verdict.why}", *told]


def report_fields(hello: Hello, figures: Figures, verdict: Verdict) -> dict[str, Any]:
    """For programs: null is unknown."""
    return {
        "object": hello.device,
        "firmware": hello.firmware,
        "health": verdict.health.word,
        "why": verdict.why,
        "next_step": verdict.next_step,
        "noise_pa": _round(figures.noise_pa, 2),
        "drift_pa_per_min": _round(figures.drift_pa_per_min, 1),
        "drift_k_per_min": _round(figures.drift_k_per_min, 3),
        "tautness_pa_per_k": _round(figures.tautness_pa_per_k, 1),
        "rest_pa": _round(figures.rest_pa, 1),
        "hug_peak_pa": _round(figures.peak_pa, 1),
        "hug_s": _round(figures.hug_s, 2),
        "hug_fall_per_s": _round(figures.fall_per_s, 4),
        "noticed_after_s": _round(figures.noticed_after_s, 2),
        "headroom_pa": _round(figures.headroom_pa, 0),
        "headroom_of_peak": _round(figures.headroom_of_peak, 2),
    }


def _round(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _noise(figures: Figures) -> str:
    if not figures.live or figures.rest_pa is None:
        return ""
    if figures.noise_pa is None:
        return "unknown: it had not lain still for long enough"
    return f"{figures.noise_pa:.1f} Pa (a BME280 with these settings has {USUAL_NOISE_PA:g})"


def _drift(figures: Figures) -> str:
    drift = figures.drift_pa_per_min
    if drift is None:
        return ""
    beyond = beyond_pa_per_min(figures)
    if abs(drift) <= WEATHER_PA_PER_MIN:
        why = f"no more than weather, which is at most about {WEATHER_PA_PER_MIN:.0f}"
    elif not is_more_than_weather(beyond):
        why = "no more than weather and its own warmth make it"
    elif beyond < 0:
        why = "falls faster than weather and its own warmth make it: does it leak?"
    else:
        why = "rises faster than weather and its own warmth make it: did it lie quite still?"
    return f"{round(drift, 1) + 0.0:+.1f} Pa/min: {why}"  # never -0.0


def _tautness(figures: Figures) -> str:
    if figures.rest_pa is None:
        return ""
    if figures.tautness_pa_per_k is None:
        return "unknown until it has warmed and cooled with nobody holding it"
    return f"{figures.tautness_pa_per_k:.0f} Pa/K (0 is slack, {RIGID_PA_PER_K:.0f} rigid)"


def _hug(figures: Figures, verdict: Verdict) -> str:
    if figures.peak_pa is None:
        return ""
    least = "at least " if verdict.health is Health.CLIPPED else ""
    if figures.noticed_after_s is None:
        noticed = "when it was noticed is not in the log"
    else:
        noticed = f"noticed {figures.noticed_after_s:.2f} s after its onset"
    return f"{least}{figures.peak_pa:.0f} Pa at its peak; {noticed}"


def _headroom(figures: Figures) -> str:
    if figures.headroom_pa is None:
        return ""
    times = figures.headroom_of_peak
    felt = times is not None and figures.hug_s is not None
    beside = f", {times:.1f} times this hug" if felt else ""
    return f"{figures.headroom_pa:.0f} Pa up to 1100 hPa{beside}"
