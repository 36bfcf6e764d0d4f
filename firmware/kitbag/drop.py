"""Last night taken back, on the object itself, before anyone has downloaded it.

Its records are cleared in place; no slot moves and nothing is erased. Safety, time and the log's
own stay. The way back from the newest record is measured in powered time, as records tell it:

- what was done within the last hour goes too, and begins no night of its own;
- the last night ends with the last act before that, which must be at most 16 h ago;
- it begins where nobody had touched the object for 6 h, at most 16 h before its end.
"""

import struct

from micropython import const

from .consent import ALWAYS
from .wire import records

_KEY = const(
    "drop"
)  # in NVS, from before the first slot is cleared until after the last: which ones
_RANGE = const("<II")

_HOUR_MS = const(3_600_000)
_PAUSE_MS = const(6 * 3_600_000)
_NIGHT_MS = const(16 * 3_600_000)
_CHUNK = const(31)  # slots between two turns of the others: some ms

_STAY = ALWAYS + (records.DROPPED, records.WITHHELD)
# What is written whether anyone is there or not; warmth because its charger or guard said so
_NO_ACT = (records.BLADDER, records.WARMTH_STATE, records.WARMTH_SAMPLE)
_LEAK = const(4)  # places in records.SENSE_FAULTS: what shows only in somebody's hands
_CLIPPED = const(6)


def last_night(journal, memory, log=None):
    """Clear last night and tell `log` (consent.Log) of it; without one clear what a power cut
    left of it. A generator: give the others a turn at each step.
    """
    slot = bytearray(records.SLOT)
    if log is not None:
        end = journal.next
        first, ago_ms = yield from _look_back(journal, slot)
        if first == end:
            return
        memory.keep_blob(_KEY, struct.pack(_RANGE, first, end))
        log.choose((ago_ms + _PAUSE_MS // 2) // _PAUSE_MS)
    first, end = struct.unpack(_RANGE, memory.blob(_KEY))
    whole = True
    for seq in range(first, end):
        if not seq & _CHUNK:
            yield
        state = _read(journal, seq, slot)
        # A damaged one may have been of use
        told = state == "damaged" or (state == "good" and _of_use(slot))
        if state == "lost" or (told and not journal.clear(seq)):
            whole = False
    if whole:  # else once more at the next start
        memory.forget(_KEY)


# The first seq of last night, and how long ago its middle was
def _look_back(journal, slot):
    first = seq = journal.next
    boot = journal.clock.boot & 0xFF
    since_boot_ms = journal.clock.uptime_ms()  # powered time from the start of `boot` until now
    limit_ms = _NIGHT_MS
    newest_ms = oldest_ms = 0  # ages of its acts
    while seq > journal.first:
        if not seq & _CHUNK:
            yield
        seq -= 1
        if _read(journal, seq, slot) != "good":
            continue
        kind, low, uptime_ms = struct.unpack_from("<BBI", slot, 0)
        if low != boot:
            boot = low
            since_boot_ms += uptime_ms
        age_ms = (since_boot_ms - uptime_ms) & 0xFFFFFFFF
        if age_ms > limit_ms:
            break
        if not _of_use(slot):
            continue
        if kind not in _NO_ACT:
            if oldest_ms > _HOUR_MS and age_ms - oldest_ms >= _PAUSE_MS:
                break
            if newest_ms <= _HOUR_MS:
                newest_ms = age_ms
                if age_ms > _HOUR_MS:
                    limit_ms = age_ms + _NIGHT_MS
            oldest_ms = age_ms
        first = seq
    return first, (newest_ms + oldest_ms) // 2


# What the slot of `seq` is; void too when the ring has come round to it meanwhile
def _read(journal, seq, slot):
    if seq < journal.first:
        return "void"
    try:
        journal.read(seq, 1, slot)
    except OSError:
        return "lost"
    return records.check(slot, journal.epoch, seq)


def _of_use(slot):
    if slot[0] == records.SENSE_FAULT:
        return slot[6] in (_LEAK, _CLIPPED)
    return slot[0] not in _STAY
