"""Which boot began a sector whose header is gone: pure.

A record bears the low byte of its boot only. A `boot` record in the sector has the whole number;
else the logs' order gives it, as long as the object started fewer than 256 times in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kitbag.wire import records as wire

from ...records import Decoded

_WRAP = 0x100


@dataclass(frozen=True)
class Span:
    """The boots of a sector: the one that began it and the last that wrote into it."""

    first: int
    last: int


def sector_boot(decoded: Decoded, before: Span | None, after: Span | None) -> int | None:
    """The boot of a sector's first good record; None where its neighbours contradict each other.

    `decoded` holds its records under any boot. `before` and `after` are the nearest sectors of
    the same log whose boots are known.
    """
    lows = [record.slot[1] for record in decoded.records]
    if not lows:
        return None
    told = _told(decoded, lows[0])
    if told is not None:
        return told
    up = None if before is None else before.last + (lows[0] - before.last) % _WRAP
    down = None if after is None else after.first - (after.first - lows[-1]) % _WRAP
    if down is not None:
        down -= (lows[-1] - lows[0]) % _WRAP
    if up is None or down is None:
        return down if up is None else up
    return up if up == down else None


def _told(decoded: Decoded, low: int) -> int | None:
    for record in decoded.records:
        number = record.fields.get("boot_id") if record.kind == wire.BOOT else None
        if isinstance(number, int):
            return number - (number - low) % _WRAP
    return None


def span_of(boot: int, decoded: Decoded) -> Span:
    """The boots of a sector that `boot` began."""
    return Span(boot, max([boot, *(record.boot for record in decoded.records)]))


def nearest(known: Sequence[tuple[int, Span]], first_seq: int) -> tuple[Span | None, Span | None]:
    """The spans before and after `first_seq`; `known` by first seq."""
    before = [span for first, span in known if first < first_seq]
    after = [span for first, span in known if first > first_seq]
    return (before[-1] if before else None), (after[0] if after else None)
