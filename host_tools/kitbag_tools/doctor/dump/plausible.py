"""Records among damaged slots that agree by chance: pure.

One slot of random bytes in 65,536 has a right checksum. Where many lie together such a one is to
be expected some day, so a record beside damage must also look like one and fit what lies around
it. A newer object's kinds of record are lost there; nothing else that is true is.
"""

from __future__ import annotations

from collections.abc import Sequence

from kitbag.wire import reading
from kitbag.wire import records as wire

from ...records import Decoded, LogRecord
from ...timeline import UPTIME_WRAP_MS

FEW = 4  # so many damaged slots in a sector are not looked at: the chance is below 1 in 10,000
_LATE_MS = 3_600_000  # a gesture's record bears its end, and may come so much later


def doubtful(decoded: Decoded) -> list[LogRecord]:
    """Those of a sector's records that are more likely chance than records."""
    if len(decoded.damaged) <= FEW:
        return []
    damaged = set(decoded.damaged)
    beside = [r for r in decoded.records if {r.seq - 1, r.seq + 1} & damaged]
    suspects = {record.seq for record in beside}
    sure = [record for record in decoded.records if record.seq not in suspects]
    return [record for record in beside if not (has_form(record.slot) and _fits(record, sure))]


def has_form(slot: bytes) -> bool:
    """Whether a slot is of a known kind, its words are known and zeros are behind its fields."""
    if slot[0] not in wire.KINDS:
        return False
    used = sum(abs(width) for _, width, _ in wire.fields(slot[0]))
    if any(slot[6 + used : wire.SLOT - 2]):
        return False
    values = reading.unpack(slot)[3].values()
    return not any(str(value).startswith("unknown_") for value in values)


def _fits(record: LogRecord, sure: Sequence[LogRecord]) -> bool:
    """Whether boot and uptime lie between those of the records around it."""
    before = next((r for r in reversed(sure) if r.seq < record.seq), None)
    after = next((r for r in sure if r.seq > record.seq), None)
    return (before is None or _in_order(before, record)) and (
        after is None or _in_order(record, after)
    )


def _in_order(earlier: LogRecord, later: LogRecord) -> bool:
    if earlier.boot != later.boot:
        return earlier.boot < later.boot
    return (later.uptime_ms - earlier.uptime_ms + _LATE_MS) % UPTIME_WRAP_MS < UPTIME_WRAP_MS // 2
