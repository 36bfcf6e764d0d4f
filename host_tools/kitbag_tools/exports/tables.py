"""The four tables: what their columns are, and their rows out of a history. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo

from kitbag.wire import records as wire

from ..history import History
from ..nights import Gesture, Night, dated, gestures
from ..timeline import Moment
from ..zones import local
from .schema import Column, Row, Table, Value

QUALITY_LEVELS: dict[str, str] = {
    "anchored_both": "between two clock comparisons of the same boot; right within 1 s",
    "anchored_one": "near enough to one clock comparison of the same boot; right within 1 s",
    "bounded": "not claimed to a second; the earliest and latest columns hold it",
    "unknown": "at most one bound is known",
}
_WHY_NO_TIME = {
    "bounded": "too far from any clock comparison to claim a second",
    "unknown": "no clock comparison before or none after",
}

DEVICE = Column("device", "text", "the object's id")
EPOCH = Column("log_epoch", "text", "which log of the object: new after each formatting")
BOOT = Column("boot", "number", "which start of the object, counted by itself", decimals=0)
SEQ = Column("seq", "number", "the record's number in its log", decimals=0)
QUALITY = Column("time_quality", "text", "how well the time is known", levels=QUALITY_LEVELS)
_EARLIEST = "earliest time that is possible"
_LATEST = "latest time that is possible"
REASON = Column(
    "time_reason", "text", "why there is no time; empty where there is one", derivation="host"
)


def _start_columns(of: str) -> list[Column]:
    return [
        Column("start_local", "time", f"{of} in the holder's zone, ISO 8601 with its offset"),
        Column("start_clock", "text", f"{of} as a clock on the wall showed it, hh:mm:ss"),
        Column("start_utc_earliest", "time", f"{of}: {_EARLIEST}", "UTC"),
        Column("start_utc_latest", "time", f"{of}: {_LATEST}", "UTC"),
    ]


_START_S = "from the export's start (--start; else the noon before the first night)"

# --- events --------------------------------------------------------------------------------------

_UNITS = {
    "_s": "s", "_h": "h", "_ms": "ms", "_min": "min", "_pa": "Pa", "_c": "°C", "_v": "V",
    "_a": "A", "_w": "W", "_pa_per_k": "Pa/K",
}  # fmt: skip
_PAYLOAD = {
    "cause": "what made the object start",
    "why": "what it answered to",
    "battery_v": "voltage of its battery",
    "boot_id": "the boot's full number, as the object counts them",
    "utc_s": "what a host's clock showed (whole seconds since 1970)",
    "utc_milli": "and the milliseconds of that",
    "rtt_ms": "how long asking and answering took; half of it is the anchor's uncertainty",
    "since_s": "how long the hold had been going on when this was written",
    "peak_pa": "highest pressure above rest during the gesture",
    "noticed_after_s": "from the onset to its detection",
    "tautness_pa_per_k": "how the air bladder's pressure rises with its temperature, as learned",
    "duration_s": "how long it lasted",
    "mean_of_peak": "mean pressure as a share of the peak",
    "confidence": "how sure the object is of the kind, 0 to 1",
    "count": "how many made up the gesture",
    "state": "state of the warmth",
    "pad_c": "temperature of the pad, the hot side",
    "face_c": "temperature of the face against the skin",
    "target_c": "pad temperature asked for",
    "duty": "share of time the heater was on",
    "power_w": "power into the pad",
    "dose_cem43_min": "heat dose of the last 24 h of powered time, CEM43",
    "pulse_s": "length of the scent pulse",
    "left_today": "scent pulses left in the budget",
    "pattern": "touch pattern",
    "strength": "touch strength, 0 to 1 as felt",
    "per_min": "beats or breaths a minute of the pattern",
    "breaths_per_min": "the holder's breaths a minute; empty: unknown",
    "amplitude_pa": "half a breath's swing in the bladder",
    "quality": "how well the last breaths agree, 0 to 1",
    "how": "what stopped it",
    "held_s": "how long the button was down",
    "function": "safety function",
    "reaction": "what it did: W told, O off for now, L off until the button, X off for service",
    "current_a": "current through the pad",
    "task": "part of the firmware",
    "code": "what the firmware calls the error",
    "fault": "what is wrong with the sense of touch",
    "gauge_pa": "pressure above rest",
    "pressure_pa": "pressure in the bladder, absolute",
    "bladder_c": "temperature in the bladder",
    "crc": "checksum of the care plan in force",
    "records": "records that flash refused since the object started",
    "holds": "holds since the last tally",
    "held_min": "minutes held since the last tally",
    "warm_min": "minutes warm since the last tally",
    "scents": "scent pulses since the last tally",
    "touch_min": "minutes of touch since the last tally",
    "rested_s": "how long nothing had touched it before; after a start, since that",
    "ago_h": "something was withheld about so many hours of powered time before",
    "handled_s": "from the first touch to the last; written a minute after that",
}


def _payload_columns() -> list[Column]:
    """A column for each field of any record kind, in the order of the wire format."""
    found: dict[str, tuple[object, list[str]]] = {}
    for kind in wire.KINDS:
        for name, _, scale in wire.fields(kind):
            found.setdefault(name, (scale, []))[1].append(wire.KINDS[kind].split(None, 1)[0])
    columns: list[Column] = []
    for name, (scale, kinds) in found.items():
        unit = max((u for u in _UNITS if name.endswith(u)), key=len, default="")
        columns.append(
            Column(
                name,
                "text" if isinstance(scale, list) else "number",
                f"{_PAYLOAD.get(name, name)} (in {', '.join(kinds)})",
                _UNITS.get(unit, ""),
                decimals=4,
            )
        )
    return columns


EVENTS = Table(
    "events",
    "Everything the object wrote into its log, as it wrote it, with the times worked out.",
    "a record of the log",
    [
        SEQ,
        BOOT,
        Column("uptime_ms", "number", "since that start of the object", "ms", decimals=0),
        Column("start_utc", "time", "when it was written; a gesture's record: its end", "UTC"),
        QUALITY,
        Column("kind", "text", "kind of record; unknown_N for one this tool does not know"),
        Column("start_s", "number", "when it was written", "s", _START_S),
        *_start_columns("when it was written"),
        REASON,
        DEVICE,
        EPOCH,
        *_payload_columns(),
        Column("raw", "text", "the payload of a kind that this tool does not know, in hex"),
    ],
)

# --- hugs ----------------------------------------------------------------------------------------

_KIND_LEVELS = {
    "hold": "held for 2 s or longer",
    "long_hold": "held for 30 s or longer",
    "squeeze": "squeezed for 0.3 to 1.5 s; count says how often",
    "pat": "patted; count says how often",
    "rest": "something lay on it, or it lay on something",
}
_REST_LEVELS = {
    "yes": "no breathing was found in a minute or more: arms that breathe, or a weight",
    "no": "somebody breathed there",
}
_END_REASONS = {
    "power_lost": "the power went while it was held",
    "restarted": "the object restarted while it was held",
    "still_held": "it was being held when the log was read",
    "withheld": "its holder withheld the rest",
    "record_missing": "the record of its end did not come down",
}

HUGS = Table(
    "hugs",
    "What was done with the object: holds, squeezes, pats.",
    "a gesture",
    [
        Column("start_s", "number", "onset", "s", _START_S),
        Column("end_s", "number", "end", "s", _START_S),
        Column("noticed_s", "number", "when the object noticed it", "s", _START_S),
        Column("kind", "text", "kind of gesture", levels=_KIND_LEVELS),
        Column("count", "number", "how many made up the gesture", decimals=0),
        Column("peak_pa", "number", "highest pressure above rest", "Pa"),
        Column("mean_pa", "number", "mean pressure above rest", "Pa", "peak times mean_of_peak"),
        Column("confidence", "number", "how sure the object is of the kind, 0 to 1"),
        Column(
            "may_be_rest",
            "text",
            "a guess at long holds: did something merely lie on it?",
            levels=_REST_LEVELS,
        ),
        Column("duration_s", "number", "how long it lasted", "s"),
        Column("noticed_after_s", "number", "from onset to detection", "s"),
        Column("start_utc", "time", "onset", "UTC"),
        *_start_columns("onset"),
        Column("end_utc", "time", "end", "UTC"),
        QUALITY,
        REASON,
        Column("end_reason", "text", "why the end is empty", levels=_END_REASONS),
        Column("night", "text", "the night it belongs to: the day on whose noon that began"),
        DEVICE,
        EPOCH,
        BOOT,
        SEQ,
    ],
)

# --- nights --------------------------------------------------------------------------------------

_USE_LEVELS = {
    "used": "held, squeezed, patted or warm",
    "not_used": "nothing of that, and the log covers at least 95 % of the night",
    "unknown": "nothing of that is known, and the log does not cover the night; see reason",
}
_REASONS = {
    "no_power": "the object was without power",
    "gap": "records are missing",
    "clock_unknown": "its times are not known well enough",
    "not_logged": "nothing was written down, as the care plan says",
    "guest": "others had it, and nothing was written down, as the care plan says",
    "withheld": "its holder withheld something of it, and nothing else of it was written",
    "no_data": "no record covers it",
    "partly_seen": "less than six hours of it lie between the first and the last contact",
}
_WITHHELD_LEVELS = {
    "yes": "counts are of what was not withheld; which part of the night it was is not known"
}
_SUM = "of the gestures that could be dated to this night"

NIGHTS = Table(
    "nights",
    "Every night between the first and the last contact, used or not.",
    "a night, from noon to noon in the holder's zone",
    [
        Column("night", "text", "the day on whose noon it began"),
        Column("use", "text", "was the object used", levels=_USE_LEVELS),
        Column("reason", "text", "why the use is unknown", levels=_REASONS),
        Column("holds", "number", "holds, long ones among them", "", _SUM, 0),
        Column("long_holds", "number", "holds of 30 s or longer", "", _SUM, 0),
        Column("held_min", "number", "held in all", "min", _SUM, 2),
        Column("longest_hold_min", "number", "longest hold", "min", _SUM, 2),
        Column("first_hold_utc", "time", "onset of the first hold", "UTC"),
        Column("first_hold_clock", "text", "the same on the wall, hh:mm:ss"),
        Column("first_hold_h", "number", "the same, from the night's noon", "h", "", 3),
        Column("squeezes", "number", "squeeze gestures", "", _SUM, 0),
        Column("pats", "number", "pat gestures", "", _SUM, 0),
        Column("rests", "number", "times something lay on it", "", _SUM, 0),
        Column("stops", "number", "times it was told to stop", "", _SUM, 0),
        Column("warmth_min", "number", "minutes in which warmth was given", "min", "", 1),
        Column("warmth_times", "number", "times warmth was given", decimals=0),
        Column("pad_max_c", "number", "highest pad temperature in the log", "°C", "", 2),
        Column("face_max_c", "number", "highest face temperature in the log", "°C", "", 2),
        Column("scents", "number", "scent pulses given", decimals=0),
        Column("touch_min", "number", "minutes in which touch was given", "min", "", 1),
        Column(
            "withheld", "text", "did its holder withhold something of it", levels=_WITHHELD_LEVELS
        ),
        Column(
            "known_min",
            "number",
            "minutes of the night that the log covers; empty where something was withheld",
            "min",
            "",
            1,
        ),
        Column("span_min", "number", "minutes between first and last contact", "min", "", 1),
        Column("no_power_min", "number", "minutes without power, at most", "min", "", 1),
        Column("gap_min", "number", "minutes in which records are missing", "min", "", 1),
        Column("source", "text", "events, or totals where only sums were kept"),
        Column("time_quality", "text", "the weakest among its gestures", levels=QUALITY_LEVELS),
        Column("start_utc", "time", "the noon at which it began", "UTC"),
        Column("start_local", "time", "the same in the holder's zone, with its offset"),
        Column("start_clock", "text", "the same as a clock on the wall showed it"),
        Column("length_h", "number", "23 or 25 when the clocks change", "h", "", 2),
        Column("zone", "text", "the holder's time zone"),
        DEVICE,
    ],
)

# --- breaths -------------------------------------------------------------------------------------

_NO_BREATH = "no breathing that could be told from what else moves"

BREATHS = Table(
    "breaths",
    "Breathing as the object feels it in a long hold.",
    "a quarter of a minute of a long hold",
    [
        Column("t_s", "number", "when: the end of what was listened to", "s", _START_S),
        Column("per_min", "number", "breaths a minute; empty: unknown", "1/min", "", 2),
        Column("quality", "number", "how well the last breaths agree, 0 to 1", "", "", 3),
        Column("per_min_reason", "text", "why there is no rate; empty where there is one"),
        Column("amplitude_pa", "number", "half a breath's swing in the bladder", "Pa", "", 2),
        Column("start_utc", "time", "the same moment", "UTC"),
        *_start_columns("the moment"),
        QUALITY,
        REASON,
        DEVICE,
        EPOCH,
        BOOT,
        SEQ,
    ],
)

TABLES = (EVENTS, HUGS, NIGHTS, BREATHS)


# --- rows ----------------------------------------------------------------------------------------


def event_rows(history: History, where: tzinfo, start_ms: int) -> Iterator[Row]:
    """Rows of EVENTS, by log, boot and seq."""
    for log in history.logs:
        for timed in log.timeline.records():
            record = timed.record
            row: dict[str, Value] = {
                "device": history.device,
                "log_epoch": f"{record.epoch:08x}",
                "seq": record.seq,
                "boot": record.boot,
                "uptime_ms": timed.uptime_ms,
                "kind": record.name,
                "start_s": _seconds(timed.at, start_ms),
                **_times(timed.at, where),
                **record.fields,
            }
            yield row


def breath_rows(history: History, where: tzinfo, start_ms: int) -> Iterator[Row]:
    """Rows of BREATHS, by log, boot and seq."""
    for log in history.logs:
        for timed in log.timeline.records():
            record = timed.record
            if record.kind != wire.BREATH:
                continue
            per_min = record.fields["breaths_per_min"]
            yield {
                "t_s": _seconds(timed.at, start_ms),
                "per_min": per_min,
                "quality": record.fields["quality"],
                "per_min_reason": _NO_BREATH if per_min is None else None,
                "amplitude_pa": None if per_min is None else record.fields["amplitude_pa"],
                **_times(timed.at, where),
                "device": history.device,
                "log_epoch": f"{record.epoch:08x}",
                "boot": record.boot,
                "seq": record.seq,
            }


_MAY_BE_REST = {True: "no", False: "yes", None: None}


def hug_rows(history: History, where: tzinfo, start_ms: int) -> Iterator[Row]:
    """Rows of HUGS, by log, boot and seq."""
    for log in history.logs:
        for gesture in gestures(log):
            yield _hug_row(history, gesture, where, start_ms)


def _hug_row(history: History, gesture: Gesture, where: tzinfo, start_ms: int) -> Row:
    end, night = gesture.end, dated(gesture.start, where)
    row: dict[str, Value] = {
        "kind": gesture.kind,
        "count": gesture.count,
        "end_s": _seconds(end, start_ms),
        "noticed_s": _seconds(gesture.noticed, start_ms),
        "start_s": _seconds(gesture.start, start_ms),
        "peak_pa": gesture.peak_pa,
        "mean_pa": gesture.mean_pa,
        "confidence": gesture.confidence,
        "may_be_rest": _MAY_BE_REST[gesture.breathed],
        "duration_s": gesture.duration_s,
        "noticed_after_s": gesture.noticed_after_s,
        **_times(gesture.start, where),
        "end_utc": None if end is None or end.utc_ms is None else utc_text(end.utc_ms),
        "end_reason": gesture.end_reason or None,
        "night": night.isoformat() if night else None,
        "device": history.device,
        "log_epoch": f"{gesture.epoch:08x}",
        "boot": gesture.boot,
        "seq": gesture.seq,
    }
    row["time_quality"] = gesture.quality
    row["time_reason"] = _WHY_NO_TIME.get(gesture.quality)
    return row


def night_row(night: Night, device: str, where: tzinfo, zone_name: str) -> Row:
    """One row of NIGHTS."""
    unknown = night.use == "unknown"
    first = night.first_hold.utc_ms if night.first_hold else None
    noon = local(night.start_ms, where)

    def counted(number: int) -> int | None:
        return None if unknown else number

    def silent(kind: str) -> float:
        return sum(s.minutes for s in night.silent if s.kind == kind)

    return {
        "device": device,
        "night": night.date.isoformat(),
        "use": night.use,
        "reason": night.reason or None,
        "holds": counted(night.holds),
        "long_holds": counted(night.long_holds),
        "held_min": night.held_min,
        "longest_hold_min": night.longest_hold_min,
        "first_hold_utc": None if first is None else utc_text(first),
        "first_hold_clock": None if first is None else f"{local(first, where):%H:%M:%S}",
        "first_hold_h": None if first is None else (first - night.start_ms) / 3_600_000,
        "squeezes": counted(night.squeezes),
        "pats": counted(night.pats),
        "rests": counted(night.rests),
        "stops": counted(night.stops),
        "warmth_min": night.warmth_min,
        "warmth_times": night.warmth_times,
        "pad_max_c": night.pad_max_c,
        "face_max_c": night.face_max_c,
        "scents": counted(night.scents),
        "touch_min": night.touch_min,
        "withheld": "yes" if night.withheld else None,
        "known_min": night.known_min,
        "span_min": night.span_min,
        "no_power_min": silent("no_power"),
        "gap_min": silent("gap"),
        "source": None if unknown else night.source,
        "time_quality": night.quality,
        "start_utc": utc_text(night.start_ms),
        "start_local": noon.isoformat(),
        "start_clock": f"{noon:%H:%M:%S}",
        "length_h": (night.end_ms - night.start_ms) / 3_600_000,
        "zone": zone_name,
    }


def _times(moment: Moment, where: tzinfo) -> dict[str, Value]:
    at = None if moment.utc_ms is None else local(moment.utc_ms, where)
    bounded = at is None
    early, late = moment.earliest_ms, moment.latest_ms
    return {
        "start_utc": None if moment.utc_ms is None else utc_text(moment.utc_ms),
        "start_local": None if at is None else at.isoformat(timespec="milliseconds"),
        "start_clock": None if at is None else f"{at:%H:%M:%S}",
        "start_utc_earliest": utc_text(early) if bounded and early is not None else None,
        "start_utc_latest": utc_text(late) if bounded and late is not None else None,
        "time_quality": moment.quality,
        "time_reason": _WHY_NO_TIME.get(moment.quality),
    }


def _seconds(moment: Moment | None, start_ms: int) -> float | None:
    if moment is None or moment.utc_ms is None:
        return None
    return (moment.utc_ms - start_ms) / 1000


def utc_text(utc_ms: int) -> str:
    """ISO 8601 with milliseconds and Z."""
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=utc_ms)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
