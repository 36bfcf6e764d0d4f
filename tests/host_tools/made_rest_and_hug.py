"""Readings of a bladder as an object gives them: a minute of rest, then a hug."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from kitbag_tools.object_client import Felt

STEP_MS = 50
AIR_PA = 101_325.0


def readings(
    *,
    rest_s: float = 60.0,
    wait_s: float = 3.0,
    peak_pa: float = 1500.0,
    hug_s: float = 5.5,
    fall_per_s: float = 0.0,
    noise_pa: float = 0.8,
    drift_pa_per_min: float = 0.0,
    k_per_min: float = 0.0,
    base_pa: float = AIR_PA,
    tautness_pa_per_k: float | None = None,
    end_pa: float = 110_000.0,
) -> Iterator[Felt]:
    """One every 50 ms, for ever: after the hug it lies still again.

    The arms close within 0.4 s, are noticed at 60 Pa, and let go within 0.4 s; a touch is told
    until a second later, as the object does. The sensor ends at `end_pa`.
    """
    random = Random(7)
    uptime_ms = 100_000
    onset_s = rest_s + wait_s
    while True:
        t = (uptime_ms - 100_000) / 1000
        since = t - onset_s
        shape = max(0.0, min(1.0, since / 0.4, (hug_s - since) / 0.4))
        over = peak_pa * shape * max(0.0, 1 - fall_per_s * max(0.0, since - 0.4))
        still = base_pa + drift_pa_per_min * t / 60
        yield Felt(
            uptime_ms=uptime_ms,
            pressure_pa=min(still + over + random.gauss(0, noise_pa), end_pa),
            bladder_c=21.0 + k_per_min * t / 60,
            step_pa=noise_pa * 1.07,
            tautness_pa_per_k=tautness_pa_per_k,
            touched=over > 60 or (peak_pa > 60 and hug_s <= since < hug_s + 1.0),
            lost=False,
        )
        uptime_ms += STEP_MS
