"""Gestures, bouts and nights out of a history: pure. And the words in which a night is told.

A night runs from noon to noon in the holder's time zone and bears the date on which it begins.
Every night of the covered time is there: used, not used, or unknown; the last two are not the
same, and which one it is, is the point of the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta, tzinfo
from typing import Literal

from kitbag.wire import records as wire

from .history import LEVEL_NOTHING, History, Log
from .records import FieldValue, LogRecord
from .timeline import Boot, Moment, TimeQuality, weakest
from .zones import local, night_bounds, night_of

GESTURES = {
    wire.HOLD: "hold",
    wire.LONG_HOLD: "long_hold",
    wire.REST: "rest",
    wire.SQUEEZE: "squeeze",
    wire.PAT: "pat",
}
BOUTS = ("hold", "long_hold")
# In these states the heater is asked for warmth
WARM_STATES = ("warming", "holding", "fading", "cannot_reach")

# A night counts as not used only when the log covers this much of it
KNOWN_SHARE = 0.95
# ... and when this much of it lies between the first and the last contact
SEEN_MIN = 360.0
MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
_LISTENED = 4  # breath records in a hold, a quarter of a minute apart: a minute of listening
FINE_MS = 30 * MINUTE_MS

PARTLY_SEEN = "partly_seen"
_AGREED = ("not_logged", "guest")

Use = Literal["used", "not_used", "unknown"]


@dataclass(frozen=True)
class Gesture:
    """What someone did with the object. Times in ms UTC; the others as their names say.

    A hold that no record ended has no `end`; `end_reason` says why. `breathed`: whether breathing
    was found in a long one; None where nobody listened, or not for long.
    """

    epoch: int
    boot: int
    seq: int
    kind: str
    count: int | None
    start: Moment
    noticed: Moment | None
    end: Moment | None
    end_reason: str
    duration_s: float | None
    noticed_after_s: float | None
    peak_pa: float | None
    mean_pa: float | None
    confidence: float | None
    breathed: bool | None = None

    @property
    def quality(self) -> TimeQuality:
        """The weaker of what is known of its start and its end."""
        ends = [self.start, self.end] if self.end else [self.start]
        return weakest(moment.quality for moment in ends) or "unknown"


@dataclass(frozen=True)
class Stretch:
    """From `start_ms` to `end_ms` (UTC) something lasted: `kind` says what."""

    kind: str
    start_ms: int
    end_ms: int

    @property
    def minutes(self) -> float:
        return (self.end_ms - self.start_ms) / MINUTE_MS


@dataclass(frozen=True)
class Mark:
    """At `utc_ms` something was. `fields` are those of its record."""

    kind: str
    utc_ms: int
    fields: dict[str, FieldValue]


@dataclass(frozen=True)
class Temperature:
    """Pad and face (°C) at `utc_ms`, in the state `state` where that is known."""

    utc_ms: int
    pad_c: float | None
    face_c: float | None


@dataclass
class Diary:
    """Everything in a history that has a place in time, and a count of what has none."""

    gestures: list[Gesture] = field(default_factory=list[Gesture])
    marks: list[Mark] = field(default_factory=list[Mark])
    warmth: list[Stretch] = field(default_factory=list[Stretch])
    touch: list[Stretch] = field(default_factory=list[Stretch])
    temperatures: list[Temperature] = field(default_factory=list[Temperature])
    known: list[Stretch] = field(default_factory=list[Stretch])
    silent: list[Stretch] = field(default_factory=list[Stretch])
    restarts: list[Mark] = field(default_factory=list[Mark])
    withheld: list[Mark] = field(default_factory=list[Mark])


@dataclass(frozen=True)
class Night:
    """One night of one object. Minutes and counts are of what could be dated to this night.

    `use` is "unknown" where the log does not cover the night and `reason` says why: no_power,
    gap, clock_unknown, not_logged (as agreed in the care plan), guest (lent, as agreed), withheld
    (by its holder), no_data, or partly_seen: less than six hours of it lie between the first and
    the last contact. `source` is "events" or "totals" (logging level 1: sums only). `known_min`
    of the `span_min` between the first and the last contact are covered by the log; None where
    the holder withheld something of the night: the log does not say which part.
    """

    date: date
    start_ms: int
    end_ms: int
    use: Use
    reason: str
    source: str
    quality: TimeQuality | None
    span_min: float
    known_min: float | None
    withheld: bool
    gestures: list[Gesture]
    marks: list[Mark]
    warmth: list[Stretch]
    touch: list[Stretch]
    temperatures: list[Temperature]
    known: list[Stretch]
    silent: list[Stretch]
    restarts: list[Mark]
    holds: int
    long_holds: int
    held_min: float | None
    longest_hold_min: float | None
    first_hold: Moment | None
    squeezes: int
    pats: int
    rests: int
    stops: int
    scents: int
    warmth_min: float | None
    warmth_times: int | None
    touch_min: float | None
    pad_max_c: float | None
    face_max_c: float | None


def gestures(log: Log) -> list[Gesture]:
    """The gestures of a log, by boot and seq, holds that were cut short among them."""
    found: list[Gesture] = []
    marks = _marks(log)
    last_boot = log.timeline.boots[-1].boot if log.timeline.boots else 0
    for boot in log.timeline.boots:
        begun: tuple[LogRecord, int] | None = None
        breaths: list[bool] = []
        for record, uptime_ms in boot.records:
            if record.kind == wire.BREATH:
                breaths.append(record.fields["breaths_per_min"] is not None)
            elif record.kind == wire.HOLD_START:
                breaths = []
                if begun:  # the record of its end did not come down
                    found.append(_cut(boot, *begun, _missing(log, boot, begun, marks)))
                begun = record, uptime_ms
            elif record.kind in GESTURES:
                gesture = _whole(boot, record, uptime_ms)
                if record.kind in (wire.HOLD, wire.LONG_HOLD, wire.REST):
                    if begun and not _same(begun, gesture, uptime_ms):
                        found.append(_cut(boot, *begun, _missing(log, boot, begun, marks)))
                    begun = None
                    gesture = replace(gesture, breathed=_breathed(breaths))
                    breaths = []
                found.append(gesture)
        if begun:
            why = "still_held" if boot.boot == last_boot else "power_lost"
            if boot.boot != last_boot and _next_cause(log, boot) not in ("power_on", "unknown"):
                why = "restarted"
            if _missing(log, boot, begun, marks) == "withheld":
                why = "withheld"
            found.append(_cut(boot, *begun, why))
    return found


def _marks(log: Log) -> list[tuple[int, int]]:
    """(place of its boot, uptime) of every moment around which its holder withheld something.

    A mark tells it in hours of powered time before itself.
    """
    found: list[tuple[int, int]] = []
    boots = log.timeline.boots
    for place, boot in enumerate(boots):
        for record, uptime_ms in boot.records:
            ago_h = record.fields.get("ago_h") if record.kind == wire.WITHHELD else None
            if not isinstance(ago_h, int):
                continue
            at, then_ms = place, uptime_ms - ago_h * HOUR_MS
            while then_ms < 0 and at and boots[at - 1].boot == boots[at].boot - 1:
                at -= 1
                then_ms += boots[at].last_ms
            found.append((at, max(0, then_ms)))
    return found


def _missing(
    log: Log, boot: Boot, begun: tuple[LogRecord, int], marks: list[tuple[int, int]]
) -> str:
    """Why a hold that began has no end: its holder kept the rest, or a record is missing."""
    place = log.timeline.boots.index(boot)
    kept = any(at == place and abs(then_ms - begun[1]) <= DAY_MS for at, then_ms in marks)
    return "withheld" if kept else "record_missing"


def _breathed(breaths: list[bool]) -> bool | None:
    return True if any(breaths) else False if len(breaths) >= _LISTENED else None


def _same(begun: tuple[LogRecord, int], gesture: Gesture, end_ms: int) -> bool:
    """Whether the hold that began there is the one that ended here."""
    if gesture.duration_s is None:
        return True
    since = begun[0].fields["since_s"]
    start_ms = begun[1] - 1000 * (since if isinstance(since, (int, float)) else 0)
    return abs(end_ms - 1000 * gesture.duration_s - start_ms) < 5_000


def _next_cause(log: Log, boot: Boot) -> str:
    place = log.timeline.boots.index(boot) + 1
    return log.timeline.boots[place].cause if place < len(log.timeline.boots) else "unknown"


def _whole(boot: Boot, record: LogRecord, end_ms: int) -> Gesture:
    fields = record.fields
    duration_s = _number(fields["duration_s"])
    after_s = _number(fields["noticed_after_s"])
    peak_pa, share = _number(fields["peak_pa"]), _number(fields["mean_of_peak"])
    start_ms = end_ms - round(1000 * (duration_s or 0))
    count = fields.get("count")
    return Gesture(
        epoch=record.epoch,
        boot=boot.boot,
        seq=record.seq,
        kind=GESTURES[record.kind],
        count=count if isinstance(count, int) else None,
        start=boot.at(start_ms) if duration_s is not None else Moment("unknown"),
        noticed=boot.at(start_ms + round(1000 * after_s))
        if after_s is not None and duration_s is not None
        else None,
        end=boot.at(end_ms),
        end_reason="",
        duration_s=duration_s,
        noticed_after_s=after_s,
        peak_pa=peak_pa,
        mean_pa=None if peak_pa is None or share is None else peak_pa * share,
        confidence=_number(fields["confidence"]),
    )


def _cut(boot: Boot, record: LogRecord, uptime_ms: int, reason: str) -> Gesture:
    fields = record.fields
    start_ms = uptime_ms - round(1000 * (_number(fields["since_s"]) or 0))
    after_s = _number(fields["noticed_after_s"])
    return Gesture(
        epoch=record.epoch,
        boot=boot.boot,
        seq=record.seq,
        kind="hold",
        count=None,
        start=boot.at(start_ms),
        noticed=boot.at(start_ms + round(1000 * after_s)) if after_s is not None else None,
        end=None,
        end_reason=reason,
        duration_s=None,
        noticed_after_s=after_s,
        peak_pa=_number(fields["peak_pa"]),
        mean_pa=None,
        confidence=None,
    )


def _number(value: FieldValue) -> float | None:
    return value if isinstance(value, (int, float)) else None


def dated(moment: Moment, where: tzinfo) -> date | None:
    """The night that a moment surely belongs to, if there is one."""
    if moment.utc_ms is not None:
        return night_of(moment.utc_ms, where)
    if moment.earliest_ms is None or moment.latest_ms is None:
        return None
    first, last = night_of(moment.earliest_ms, where), night_of(moment.latest_ms, where)
    return first if first == last else None


def _place(moment: Moment) -> int | None:
    """One point for a moment, where a picture or a sum needs one: the middle of what is known."""
    if moment.utc_ms is not None:
        return moment.utc_ms
    if moment.earliest_ms is None or moment.latest_ms is None:
        return None
    return (moment.earliest_ms + moment.latest_ms) // 2


def placed(moment: Moment, within_ms: int = FINE_MS) -> int | None:
    """One point for a moment whose bounds are no further apart than `within_ms`, else None."""
    place = _place(moment)
    if moment.utc_ms is not None or place is None:
        return place
    wide = (moment.latest_ms or place) - (moment.earliest_ms or place) > within_ms
    return None if wide else place


def diary(history: History) -> Diary:
    """All that can be placed in time."""
    book = Diary()
    for log in history.logs:
        book.gestures += gestures(log)
        for place, uptime_ms in _marks(log):
            utc_ms = _place(log.timeline.boots[place].at(uptime_ms))
            if utc_ms is not None:
                book.withheld.append(Mark("withheld", utc_ms, {}))
        before: Boot | None = None
        for boot in log.timeline.boots:
            _enter(book, log, boot)
            if before:
                _between(book, log, before, boot)
            before = boot
    return book


def _enter(book: Diary, log: Log, boot: Boot) -> None:
    warm_since: int | None = None
    for record, uptime_ms in boot.records:
        utc_ms = _place(boot.at(uptime_ms))
        if utc_ms is None:
            continue
        fields = dict(record.fields)
        if record.kind == wire.BOOT:
            book.restarts.append(Mark("boot", utc_ms, fields))
        elif record.kind == wire.WARMTH_STATE:
            warm = fields["state"] in WARM_STATES
            if warm and warm_since is None:
                warm_since = utc_ms
            elif not warm and warm_since is not None:
                book.warmth.append(Stretch("warm", warm_since, utc_ms))
                warm_since = None
        elif record.kind == wire.TOUCH_END:
            lasted = _number(fields["duration_s"]) or 0
            book.touch.append(Stretch("touch", utc_ms - round(1000 * lasted), utc_ms))
        if record.kind in (wire.WARMTH_STATE, wire.WARMTH_SAMPLE):
            pad_c, face_c = _number(fields["pad_c"]), _number(fields["face_c"])
            book.temperatures.append(Temperature(utc_ms, pad_c, face_c))
        if record.kind in (wire.SCENT, wire.STOP, wire.BUTTON, wire.GUARD, wire.TALLY, wire.PLAN):
            book.marks.append(Mark(record.name, utc_ms, fields))
    start_ms, end_ms = _place(boot.at(0)), _place(boot.at(boot.last_ms))
    if warm_since is not None and end_ms is not None:
        book.warmth.append(Stretch("warm", warm_since, end_ms))
    if start_ms is None or end_ms is None:
        return
    _cover(book, log, boot, start_ms, end_ms)


def _cover(book: Diary, log: Log, boot: Boot, start_ms: int, end_ms: int) -> None:
    """What of this boot the log covers, and what not: gaps, and times that were not to be kept."""
    kind = "clock_unknown"
    if placed(boot.at(0)) is not None and placed(boot.at(boot.last_ms)) is not None:
        kind = "known"
    at_ms = start_ms
    last: LogRecord | None = None
    for record, uptime_ms in boot.records:
        utc_ms = _place(boot.at(uptime_ms))
        if utc_ms is None:
            continue
        missing = any(
            (last.seq if last else record.seq - 1) < gap.first_seq < record.seq for gap in log.gaps
        )
        part = _kept(log, last.seq if last else record.seq, kind)
        _add(book, Stretch("gap" if missing else part, at_ms, max(at_ms, utc_ms)))
        at_ms, last = max(at_ms, utc_ms), record
    _add(book, Stretch(_kept(log, last.seq, kind) if last else kind, at_ms, end_ms))


def _kept(log: Log, seq: int, kind: str) -> str:
    """`kind`, or why nothing was to be written after `seq`."""
    if log.lent_at(seq):
        return "guest"
    return kind if log.level_at(seq) > LEVEL_NOTHING else "not_logged"


def _between(book: Diary, log: Log, before: Boot, boot: Boot) -> None:
    """The time between two boots: without power, or a restart that took a moment."""
    start_ms, end_ms = _place(before.end()), _place(boot.start())
    if start_ms is None or end_ms is None or end_ms <= start_ms:
        return
    if before.records and log.lent_at(before.records[-1][0].seq):
        _add(book, Stretch("guest", start_ms, end_ms))
    elif boot.cause in ("power_on", "unknown") or boot.boot != before.boot + 1:
        _add(book, Stretch("no_power", start_ms, end_ms))
    else:
        _add(book, Stretch("known", start_ms, end_ms))


def _add(book: Diary, stretch: Stretch) -> None:
    """Enter a stretch, joined to the one before where they touch and are of a kind."""
    if stretch.end_ms <= stretch.start_ms:
        return
    row = book.known if stretch.kind == "known" else book.silent
    if row and row[-1].kind == stretch.kind and row[-1].end_ms == stretch.start_ms:
        row[-1] = Stretch(stretch.kind, row[-1].start_ms, stretch.end_ms)
    else:
        row.append(stretch)


def nights(history: History, where: tzinfo) -> list[Night]:
    """Every night between the first and the last moment of which anything is known."""
    book = diary(history)
    moments = [
        *(stretch.start_ms for stretch in [*book.known, *book.silent]),
        *(stretch.end_ms for stretch in [*book.known, *book.silent]),
    ]
    if not moments:
        return []
    first_ms, last_ms = min(moments), max(moments)
    night, last = night_of(first_ms, where), night_of(max(first_ms, last_ms - 1), where)
    found: list[Night] = []
    while night <= last:
        found.append(_night(book, night, where, first_ms, last_ms))
        night += timedelta(days=1)
    return found


def undated(history: History, where: tzinfo) -> int:
    """How many gestures belong to no night for certain."""
    book = diary(history)
    return sum(1 for g in book.gestures if dated(g.start, where) is None)


def _night(book: Diary, night: date, where: tzinfo, first_ms: int, last_ms: int) -> Night:
    start_ms, end_ms = night_bounds(night, where)
    own = [g for g in book.gestures if dated(g.start, where) == night]
    bouts = [g for g in own if g.kind in BOUTS]
    marks = [m for m in book.marks if start_ms <= m.utc_ms < end_ms]
    warmth = _clipped(book.warmth, start_ms, end_ms)
    touch = _clipped(book.touch, start_ms, end_ms)
    known = _clipped(book.known, start_ms, end_ms)
    silent = _clipped(book.silent, start_ms, end_ms)
    withheld = any(start_ms <= mark.utc_ms < end_ms for mark in book.withheld)
    temperatures = [t for t in book.temperatures if start_ms <= t.utc_ms < end_ms]
    span_min = (min(end_ms, last_ms) - max(start_ms, first_ms)) / MINUTE_MS
    known_min = _minutes(known)
    tallies = [m.fields for m in marks if m.kind == "tally"]
    used = any(g.kind != "rest" for g in own) or bool(warmth) or bool(tallies)
    use, reason = _use(used, span_min, known_min, silent, withheld)
    events = not tallies or bool(own)
    lengths = [g.duration_s / 60 for g in bouts if g.duration_s is not None]
    starts = [g.start for g in bouts if _place(g.start) is not None]
    known_use = use != "unknown"
    scents = sum(m.kind == "scent" for m in marks)
    return Night(
        date=night,
        start_ms=start_ms,
        end_ms=end_ms,
        use=use,
        reason=reason,
        source="events" if events else "totals",
        quality=weakest(g.quality for g in own),
        span_min=span_min,
        known_min=None if withheld else known_min,
        withheld=withheld,
        gestures=own,
        marks=marks,
        warmth=warmth,
        touch=touch,
        temperatures=temperatures,
        known=[] if withheld else known,
        silent=silent,
        restarts=[m for m in book.restarts if start_ms <= m.utc_ms < end_ms],
        holds=len(bouts) if events else int(_total(tallies, "holds")),
        long_holds=sum(g.kind == "long_hold" for g in own),
        held_min=(sum(lengths) if known_use else None) if events else _total(tallies, "held_min"),
        longest_hold_min=max(lengths, default=None),
        first_hold=min(starts, key=lambda start: _place(start) or 0, default=None),
        squeezes=sum(g.kind == "squeeze" for g in own),
        pats=sum(g.kind == "pat" for g in own),
        rests=sum(g.kind == "rest" for g in own),
        stops=sum(m.kind == "stop" for m in marks),
        scents=scents if events else int(_total(tallies, "scents")),
        warmth_min=(_minutes(warmth) if known_use else None)
        if events
        else _total(tallies, "warm_min"),
        warmth_times=(len(warmth) if known_use else None) if events else None,
        touch_min=(_minutes(touch) if known_use else None)
        if events
        else _total(tallies, "touch_min"),
        pad_max_c=max((t.pad_c for t in temperatures if t.pad_c is not None), default=None),
        face_max_c=max((t.face_c for t in temperatures if t.face_c is not None), default=None),
    )


def _use(
    used: bool, span_min: float, known_min: float, silent: Sequence[Stretch], withheld: bool
) -> tuple[Use, str]:
    if used:
        return "used", ""
    if withheld:
        return "unknown", "withheld"
    seen = known_min >= KNOWN_SHARE * span_min
    # Of what was not to be written, nobody may say that it was not used, however short it was
    if span_min < SEEN_MIN and (seen or not any(s.kind in _AGREED for s in silent)):
        return "unknown", PARTLY_SEEN
    if seen:
        return "not_used", ""
    longest: dict[str, float] = {}
    for stretch in silent:
        longest[stretch.kind] = longest.get(stretch.kind, 0) + stretch.minutes
    return "unknown", max(longest, key=lambda kind: longest[kind]) if longest else "no_data"


def _clipped(stretches: Iterable[Stretch], start_ms: int, end_ms: int) -> list[Stretch]:
    return [
        Stretch(s.kind, max(s.start_ms, start_ms), min(s.end_ms, end_ms))
        for s in stretches
        if s.start_ms < end_ms and s.end_ms > start_ms
    ]


def _minutes(stretches: Iterable[Stretch]) -> float:
    return sum(stretch.minutes for stretch in stretches)


def _total(tallies: Iterable[dict[str, FieldValue]], name: str) -> float:
    return sum(_number(tally[name]) or 0 for tally in tallies)


# --- In words ------------------------------------------------------------------------------------

_UNKNOWN = {
    "no_power": "the object was without power, so nothing is known",
    "gap": "that part of the log is missing, so nothing is known",
    "clock_unknown": "the times of that night are not known well enough",
    "not_logged": "nothing was written down, as agreed",
    "guest": "others had it, so nothing was written down, as agreed",
    "withheld": "withheld by its holder",
    "no_data": "nothing is known of it",
    PARTLY_SEEN: "not used in the short part of it that was brought home",
}
_CUT = {
    "power_lost": "One hold was under way when the power went; how long it lasted is not known.",
    "restarted": "One hold was under way when the object restarted; "
    "how long it lasted is not known.",
    "still_held": "It was being held when the log was read.",
    "withheld": "The end of one hold was withheld by its holder.",
    "record_missing": "The end of one hold is missing from the log.",
}


def describe(night: Night, where: tzinfo, scent_name: str = "") -> list[str]:
    """One night in plain sentences, the first one with its name."""
    name = f"Night of {night.date:%a} {night.date.day} {night.date:%B}"
    if night.use == "unknown":
        return [f"{name}: {_UNKNOWN.get(night.reason, _UNKNOWN['no_data'])}."]
    if night.use == "not_used":
        return [f"{name}: not used. The object was on all the time."]
    said = [f"{name}: {_held(night, where)}."]
    if warm := _warmth(night):
        said.append(warm)
    if comfort := _comfort(night, scent_name):
        said.append(comfort)
    said += sorted({_CUT[g.end_reason] for g in night.gestures if g.end_reason})
    if night.withheld:
        said.append("Something of it was withheld by its holder.")
    said += _resting(night, where)
    said += _silences(night, where)
    return said


def _held(night: Night, where: tzinfo) -> str:
    if not night.holds:
        return "not held"
    told = f"held {_times(night.holds)}"
    if night.held_min:
        total = _duration(night.held_min)
        told += f", {total}" if night.holds == 1 else f", {total} in all"
    if night.holds > 1 and night.longest_hold_min:
        told += f"; longest {_duration(night.longest_hold_min)}"
    if night.first_hold and (first_ms := placed(night.first_hold, MINUTE_MS)):
        word = "at" if night.holds == 1 else "first hold"
        told += f"; {word} {_clock(first_ms, where)}"
    return told


def _warmth(night: Night) -> str:
    if not night.warmth_min:
        return ""
    told = f"Warmth {_duration(night.warmth_min)}"
    if night.pad_max_c is not None:
        told += f", pad at most {night.pad_max_c:.1f} °C"
        if night.face_max_c is not None:
            told += f", face {night.face_max_c:.1f} °C"
    return told + "."


def _comfort(night: Night, scent_name: str) -> str:
    parts: list[str] = []
    if night.squeezes:
        parts.append(f"squeezed {_times(night.squeezes)}")
    if night.pats:
        parts.append(f"patted {_times(night.pats)}")
    if night.scents:
        parts.append(f"scent{f' ({scent_name})' if scent_name else ''} {_times(night.scents)}")
    if night.touch_min:
        parts.append(f"touch {_duration(night.touch_min)}")
    if night.stops:
        parts.append(f"stopped {_times(night.stops)}")
    told = ", ".join(parts)
    return f"{told[0].upper()}{told[1:]}." if told else ""


def _resting(night: Night, where: tzinfo) -> list[str]:
    guards = [m for m in night.marks if m.kind == "guard" and m.fields.get("reaction") != "none"]
    acted = [m for m in guards if m.fields.get("reaction") != "W"]
    # While the cell is charged warmth rests: nothing to tell of
    acted = [m for m in acted if m.fields.get("function") != "SF19"]
    if not acted:
        return []
    first = acted[0]
    at = _clock(first.utc_ms, where)
    return [f"The warm part was resting from {at} (safety function {first.fields['function']})."]


def _silences(night: Night, where: tzinfo) -> list[str]:
    words = {
        "no_power": "The object was without power for a time between {} and {}.",
        "gap": "The log has a gap from {} to {}.",
        "clock_unknown": "From {} to {} the times are not known well.",
        "not_logged": "From {} to {} nothing was written down, as agreed.",
        "guest": "From {} to {} others had it, and nothing was written down, as agreed.",
    }
    told = [
        words[s.kind].format(_clock(s.start_ms, where), _clock(s.end_ms, where))
        for s in night.silent
        if s.minutes >= 1
    ]
    brief = [s for s in night.silent if s.minutes < 1 and s.kind == "no_power"]
    causes = [m for m in night.restarts if m.fields.get("cause") not in ("power_on", "unknown")]
    restarts = sorted([s.end_ms for s in brief] + [m.utc_ms for m in causes])
    return told + [f"The object restarted at {_clock(at_ms, where)}." for at_ms in restarts]


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _duration(minutes: float) -> str:
    if minutes < 1:
        return f"{max(1, round(minutes * 60))} seconds"
    whole = round(minutes)
    hours, rest = divmod(whole, 60)
    if not hours:
        return f"{whole} minute{'s' if whole != 1 else ''}"
    told = f"{hours} hour{'s' if hours != 1 else ''}"
    return f"{told} {rest} minutes" if rest > 1 else f"{told} 1 minute" if rest else told


def _clock(utc_ms: int, where: tzinfo) -> str:
    return f"{local(utc_ms, where):%H:%M}"
