"""From an object's own time (boot, milliseconds since it began) to UTC: pure, and never invented.

The object has no wall clock. What ties its time to the world are anchors: moments at which a host
saw both clocks. Between and around them the object's crystal is trusted as far as physics lets
us, and the result says how far:

    anchored_both   between two anchors of the same boot        within a second
    anchored_one    an anchor in the same boot, near enough     within a second
    bounded         no such anchor; earliest and latest are known
    unknown         at most one of the two is known

Times are integer milliseconds (UTC since 1970, uptime since the boot began).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Literal

from kitbag.wire import records as wire

from .records import LogRecord
from .store import Anchor

TimeQuality = Literal["anchored_both", "anchored_one", "bounded", "unknown"]
QUALITIES: tuple[TimeQuality, ...] = ("anchored_both", "anchored_one", "bounded", "unknown")

CLAIM_MS = 1_000  # what "anchored" promises

# How far a crystal may be from its nominal rate when nothing is known about this one: tolerance,
# ageing and temperature of the parts the boards use
RATE_UNKNOWN = 40e-6
# How far the rate moves about its own mean once that is known. A crystal loses 0.034 ppm per
# K^2 away from 25 C: a pad beside it and a cold room make no more than 10 ppm of that, and they
# follow the day, so that half a day is the longest they add up over; ageing and season make 1.
RATE_SWING = 10e-6
RATE_SWING_MS = 12 * 3_600_000
RATE_CREEP = 1e-6
RATE_SPAN_MS = 3_600_000  # a rate is only measured over an hour or more

# How far the clocks of two computers, or of one on two days, may be apart and both be called right
HOST_CLOCKS_MS = 500

UPTIME_WRAP_MS = 1 << 32  # in a record; the object itself counts on


@dataclass(frozen=True)
class Moment:
    """When something was. `utc_ms` is None unless anchored; the bounds hold wherever known."""

    quality: TimeQuality
    utc_ms: int | None = None
    earliest_ms: int | None = None
    latest_ms: int | None = None

    @property
    def anchored(self) -> bool:
        return self.utc_ms is not None


UNKNOWN = Moment("unknown")


@dataclass(frozen=True)
class TimedRecord:
    """A record, its uptime without wraps, and when it was written."""

    record: LogRecord
    uptime_ms: int
    at: Moment


@dataclass
class Boot:
    """One stretch of powered time: its records and the anchors that fell into it.

    `last_ms` is the uptime of the last thing known of it: its last record or contact.
    """

    boot: int
    records: list[tuple[LogRecord, int]]
    anchors: list[Anchor]
    last_ms: int
    cause: str = "unknown"
    rate: float = 0.0  # utc per uptime, minus one
    rate_error: float = RATE_UNKNOWN
    after_ms: int | None = None  # nothing of this boot was before ...
    before_ms: int | None = None  # ... or after

    def start(self) -> Moment:
        """When this boot began."""
        return self.at(0)

    def end(self) -> Moment:
        """When the last thing known of this boot was."""
        return self.at(self.last_ms)

    def at(self, uptime_ms: int) -> Moment:
        """When `uptime_ms` of this boot was."""
        if self.anchors:
            utc_ms, error_ms, both = self._near(uptime_ms)
            if error_ms <= CLAIM_MS:
                quality: TimeQuality = "anchored_both" if both else "anchored_one"
                return Moment(quality, utc_ms, utc_ms - error_ms, utc_ms + error_ms)
            earliest, latest = utc_ms - error_ms, utc_ms + error_ms
        else:
            earliest = latest = None
        # The neighbours bound it too, and this boot's own length: it ran for at least last_ms
        slack = RATE_UNKNOWN * self.last_ms
        earliest = _latest(earliest, _plus(self.after_ms, uptime_ms - slack))
        latest = _earliest(latest, _plus(self.before_ms, uptime_ms - self.last_ms + slack))
        if earliest is None or latest is None:
            return Moment("unknown", None, earliest, latest)
        return Moment("bounded", None, min(earliest, latest), max(earliest, latest))

    def _near(self, uptime_ms: int) -> tuple[int, int, bool]:
        """(utc_ms, worst error in ms, between two anchors?) by this boot's own anchors."""
        place = bisect_right(self.anchors, uptime_ms, key=attrgetter("uptime_ms"))
        before = self.anchors[place - 1] if place else None
        after = self.anchors[place] if place < len(self.anchors) else None
        if before and before.uptime_ms == uptime_ms:
            return before.utc_ms, _error(before), len(self.anchors) > 1
        if before and after:
            span = after.uptime_ms - before.uptime_ms
            share = (uptime_ms - before.uptime_ms) / span
            utc = before.utc_ms + share * (after.utc_ms - before.utc_ms)
            nearest = min(uptime_ms - before.uptime_ms, after.uptime_ms - uptime_ms)
            # Over a short span the measured rate says less than the crystal's own limits
            drift = _wander(nearest) + _local(span) * nearest
            drift = min(drift, 2 * RATE_UNKNOWN * nearest)
            return round(utc), _up(drift + max(_error(before), _error(after))), True
        anchor = before or after
        assert anchor is not None  # asked only where there are anchors
        away = abs(uptime_ms - anchor.uptime_ms)
        utc = anchor.utc_ms + (uptime_ms - anchor.uptime_ms) * (1 + self.rate)
        if self.rate_error < RATE_UNKNOWN:
            drift = min(_wander(away) + self.rate_error * away, 2 * RATE_UNKNOWN * away)
        else:
            drift = RATE_UNKNOWN * away
        return round(utc), _up(drift + _error(anchor)), False


@dataclass
class Timeline:
    """All boots of one log, in order, with what is known of their times.

    `doubts` are anchors that contradict the others and were left out, as sentences.
    """

    boots: list[Boot]
    doubts: list[str] = field(default_factory=list[str])

    def boot(self, number: int) -> Boot | None:
        place = bisect_left(self.boots, number, key=attrgetter("boot"))
        found = self.boots[place : place + 1]
        return found[0] if found and found[0].boot == number else None

    def records(self) -> list[TimedRecord]:
        """Every record with its time, by boot and seq."""
        return [
            TimedRecord(record, uptime_ms, boot.at(uptime_ms))
            for boot in self.boots
            for record, uptime_ms in boot.records
        ]


def weakest(qualities: Iterable[TimeQuality]) -> TimeQuality | None:
    """The one that promises least; None of none."""
    given = set(qualities)
    return next((quality for quality in reversed(QUALITIES) if quality in given), None)


def timeline(records: Sequence[LogRecord], contacts: Iterable[Anchor]) -> Timeline:
    """The timeline of one log (one device, one epoch).

    `records` by boot and seq. Anchors are the log's own ANCHOR records and `contacts`, the ones
    this host kept.
    """
    boots: dict[int, Boot] = {}
    for number, group in groupby(records, key=attrgetter("boot")):
        unwrapped = _unwrapped(group)
        boots[number] = Boot(number, unwrapped, [], max(up for _, up in unwrapped))
    contacts = list(contacts)
    for contact in contacts:
        boot = boots.setdefault(contact.boot, Boot(contact.boot, [], [], 0))
        boot.last_ms = max(boot.last_ms, contact.uptime_ms)
    ordered = [boots[number] for number in sorted(boots)]
    for boot in ordered:
        boot.cause = _cause(boot)

    anchors = sorted(
        {*contacts, *(anchor for boot in ordered for anchor in _recorded(boot))},
        key=lambda a: (a.boot, a.uptime_ms, a.utc_ms, a.rtt_ms),
    )
    kept, doubts = _consistent(anchors, boots)
    for anchor in kept:
        boots[anchor.boot].anchors.append(anchor)
    for boot in ordered:
        boot.anchors = _thinned(boot.anchors)
    _learn_rates(ordered)
    _bound(ordered)
    return Timeline(ordered, doubts)


def _unwrapped(group: Iterable[LogRecord]) -> list[tuple[LogRecord, int]]:
    """Records of one boot with uptimes that go on where 32 bits wrap.

    A gesture's record bears the time of its end and so may lie a little before the one before it.
    """
    unwrapped: list[tuple[LogRecord, int]] = []
    last = 0
    for record in group:
        ahead = (record.uptime_ms - last) % UPTIME_WRAP_MS
        last += ahead if ahead < UPTIME_WRAP_MS // 2 else ahead - UPTIME_WRAP_MS
        unwrapped.append((record, last))
    return unwrapped


def _cause(boot: Boot) -> str:
    for record, _ in boot.records:
        if record.kind == wire.BOOT:
            return str(record.fields.get("cause") or "unknown")
    return "unknown"


def _recorded(boot: Boot) -> Iterable[Anchor]:
    for record, uptime_ms in boot.records:
        if record.kind == wire.ANCHOR:
            fields = record.fields
            utc_s, milli, rtt = fields["utc_s"], fields["utc_milli"], fields["rtt_ms"]
            if isinstance(utc_s, int) and isinstance(milli, int):
                rtt_ms = rtt if isinstance(rtt, int) else 0xFFFF
                yield Anchor(record.epoch, boot.boot, uptime_ms, utc_s * 1000 + milli, rtt_ms)


def _consistent(anchors: list[Anchor], boots: dict[int, Boot]) -> tuple[list[Anchor], list[str]]:
    """The longest chain of anchors that one real clock can have shown, and sentences on the rest.

    A computer whose clock was wrong gives an anchor that contradicts the others. When two chains
    are equally long nobody can say which is right, and the anchors they disagree on are left out.
    """
    longest: list[int] = []  # of the chain that ends with each anchor
    for i, anchor in enumerate(anchors):
        fits = (longest[j] for j in range(i) if _agree(anchors[j], anchor, boots))
        longest.append(1 + max(fits, default=0))
    beyond = [1] * len(anchors)  # of the chain that begins with each anchor
    for i in reversed(range(len(anchors))):
        fits = (
            beyond[j] for j in range(i + 1, len(anchors)) if _agree(anchors[i], anchors[j], boots)
        )
        beyond[i] = 1 + max(fits, default=0)
    best = max(longest, default=0)
    # On a longest chain, and the only one at its place on it
    on_best = [i for i in range(len(anchors)) if longest[i] + beyond[i] - 1 == best]
    alone = {rank for rank in range(1, best + 1) if [longest[i] for i in on_best].count(rank) == 1}
    kept = [anchors[i] for i in on_best if longest[i] in alone]
    left_out = [anchor for anchor in anchors if anchor not in kept]
    # Once a boot: a visit leaves an anchor in the log and one in the store
    doubted = dict.fromkeys(anchor.boot for anchor in left_out)
    doubts = [
        f"A visit in boot {boot} came with a computer clock that contradicts other visits; "
        "its time was not used."
        for boot in doubted
    ]
    return kept, doubts


def _agree(a: Anchor, b: Anchor, boots: dict[int, Boot]) -> bool:
    """Whether one clock can have shown `a` and then `b`."""
    slack = _error(a) + _error(b) + HOST_CLOCKS_MS
    passed = b.utc_ms - a.utc_ms
    if a.boot == b.boot:
        counted = b.uptime_ms - a.uptime_ms
        return abs(passed - counted) <= slack + RATE_UNKNOWN * counted
    rest_of_a = boots[a.boot].last_ms - a.uptime_ms
    counted = rest_of_a + b.uptime_ms
    return passed >= counted - slack - RATE_UNKNOWN * counted


def _thinned(anchors: list[Anchor]) -> list[Anchor]:
    """One anchor a contact: of those within a second the one with the shortest way."""
    thinned: list[Anchor] = []
    for anchor in anchors:
        if thinned and anchor.uptime_ms - thinned[-1].uptime_ms < 1_000:
            if anchor.rtt_ms < thinned[-1].rtt_ms:
                thinned[-1] = anchor
        else:
            thinned.append(anchor)
    return thinned


def _learn_rates(boots: list[Boot]) -> None:
    """Give each boot the object's rate as the best pair of anchors, here or nearby, shows it."""
    best: tuple[float, float] | None = None  # error, rate
    own: dict[int, tuple[float, float]] = {}
    for boot in boots:
        if len(boot.anchors) < 2:
            continue
        first, last = boot.anchors[0], boot.anchors[-1]
        span = last.uptime_ms - first.uptime_ms
        if span < RATE_SPAN_MS:
            continue
        error = (_error(first) + _error(last)) / span + _local(span)
        rate = (last.utc_ms - first.utc_ms) / span - 1
        own[boot.boot] = error, rate
        if best is None or error < best[0]:
            best = error, rate
    for boot in boots:
        known = own.get(boot.boot, best)
        if known and known[0] < RATE_UNKNOWN:
            boot.rate_error, boot.rate = known


def _bound(boots: list[Boot]) -> None:
    """Bound every boot by what is known of the ones before and after it."""
    after: int | None = None
    for boot in boots:
        boot.after_ms = after
        after = _latest(after, boot.end().earliest_ms)
    before: int | None = None
    for boot in reversed(boots):
        boot.before_ms = before
        before = _earliest(before, boot.start().latest_ms)


def _error(anchor: Anchor) -> int:
    # The object's and the host's clock are each read to a whole millisecond
    return anchor.rtt_ms // 2 + 2


def _wander(away_ms: float) -> float:
    """What a clock of known mean rate may have wandered `away_ms` from an anchor, in ms."""
    return RATE_SWING * min(away_ms, RATE_SWING_MS) + RATE_CREEP * away_ms


def _local(span_ms: float) -> float:
    """How far the rate seen over `span_ms` may be from the mean rate: a night is not a day."""
    return RATE_SWING * min(span_ms, RATE_SWING_MS) / span_ms


def _up(value: float) -> int:
    return int(value) + 1


def _plus(base: int | None, more: float) -> int | None:
    return None if base is None else base + round(more)


def _latest(a: int | None, b: int | None) -> int | None:
    return b if a is None else a if b is None else max(a, b)


def _earliest(a: int | None, b: int | None) -> int | None:
    return b if a is None else a if b is None else min(a, b)
