"""Histories for tests: logs written with the wire format itself, stored as a visit would."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from host_tools.fake_object import Log
from kitbag.wire import records as wire
from kitbag_tools.history import History, load
from kitbag_tools.object_client import Contact, Hello, StoredPlan
from kitbag_tools.records import Chunk, decode
from kitbag_tools.store import Added, Gap, Store, Visit

DEVICE = "c0ffee01"
EVENING = datetime(2026, 3, 1, 22, 0, tzinfo=UTC)
EVENING_MS = int(EVENING.timestamp() * 1000)
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


def chunks_of(log: Log, first: int | None = None) -> list[Chunk]:
    """The log as a download would bring it."""
    at = log.first if first is None else first
    chunks: list[Chunk] = []
    while (found := log.read(at, 126)) is not None:
        start, boot, slots = found
        chunks.append(Chunk(log.epoch, boot, start, slots))
        at = chunks[-1].end_seq
    return chunks


def put(
    store: Store,
    log: Log,
    contacts: list[Contact],
    *,
    boot: int = 1,
    gaps: list[Gap] | None = None,
    plan: StoredPlan | None = None,
    device: str = DEVICE,
    utc_ms: int = EVENING_MS + 12 * HOUR,
) -> Added:
    """Store all of `log` in one visit."""
    chunks = chunks_of(log)
    hello = Hello(device, "0.1.0", 1, log.epoch, boot, 0, log.first, log.next, log.first)
    records = [record for chunk in chunks for record in decode(chunk, boot).records]
    return store.add(
        Visit(
            "sync",
            hello,
            utc_ms,
            chunks,
            records,
            gaps or [],
            contacts,
            plan,
            plan.crc if plan else None,
        )
    )


def history_of(folder: Path, log: Log, contacts: list[Contact], **more: object) -> History:
    """The history of one object that was read once."""
    with Store(folder / "made.sqlite3") as store:
        put(store, log, contacts, **more)  # type: ignore[arg-type]
        return load(store)


def boot(log: Log, number: int = 1, uptime_ms: int = 0, cause: str = "power_on") -> None:
    log.add(wire.BOOT, number, uptime_ms, cause, "restart", 4.0, number)


def beat(log: Log, number: int, from_ms: int, to_ms: int) -> None:
    """What an object that nobody touches still writes: its battery, every quarter of an hour."""
    for at in range(from_ms, to_ms + 1, 15 * MINUTE):
        log.add(wire.BATTERY, number, at, 3.95)


def held(
    log: Log, number: int, start_ms: int, seconds: float, peak_pa: float = 1500, end: bool = True
) -> None:
    """A hold and, unless it was cut short, its end."""
    log.add(wire.HOLD_START, number, start_ms + 2000, 2.0, peak_pa, 0.2, 120)
    if end:
        kind = wire.LONG_HOLD if seconds >= 30 else wire.HOLD
        log.add(kind, number, start_ms + round(1000 * seconds), seconds, peak_pa, 0.8, 0.2, 0.9)


def a_night(log: Log) -> None:
    """Eight hours in boot 1 with all sorts of things in them."""
    boot(log)
    held(log, 1, 11 * MINUTE, 1200)
    log.add(wire.WARMTH_STATE, 1, 11 * MINUTE + 3000, "warming", "hold", 21.0, 20.5, 36.0)
    for minute in range(1, 45):
        pad_c = min(36.2, 21 + minute)
        log.add(wire.WARMTH_SAMPLE, 1, (11 + minute) * MINUTE, pad_c, pad_c - 2, 0.4, 1.2, 0.001)
    log.add(wire.WARMTH_STATE, 1, 56 * MINUTE, "idle", "faded", 34.0, 32.5, None)
    log.add(wire.SQUEEZE, 1, 60 * MINUTE, 1.6, 2400, 2, 0.8, 0.2, 0.9)
    log.add(wire.SCENT, 1, 60 * MINUTE + 50, 4, "double_squeeze", 19)
    log.add(wire.TOUCH_START, 1, 61 * MINUTE, "heartbeat", "hold", 0.4, 55)
    log.add(wire.TOUCH_END, 1, 66 * MINUTE, "session_over", 300)
    beat(log, 1, 75 * MINUTE, 4 * HOUR)
    held(log, 1, 4 * HOUR + MINUTE, 12.5, 900)
    log.add(wire.PAT, 1, 4 * HOUR + 2 * MINUTE, 1.2, 500, 4, 0.6, 0.1, 0.8)
    log.add(wire.SQUEEZE, 1, 4 * HOUR + 3 * MINUTE, 2.2, 2600, 3, 0.8, 0.2, 0.9)
    log.add(wire.STOP, 1, 4 * HOUR + 3 * MINUTE + 20, "triple_squeeze", "idle")
    beat(log, 1, 4 * HOUR + 15 * MINUTE, 8 * HOUR)


def both_ends(last_ms: int = 8 * HOUR, number: int = 1) -> list[Contact]:
    """Contacts at the start and the end of a boot that began at EVENING."""
    return [
        Contact(number, 0, EVENING_MS, 8),
        Contact(number, last_ms, EVENING_MS + last_ms, 8),
    ]
