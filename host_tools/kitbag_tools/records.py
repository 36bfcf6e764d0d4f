"""From journal slots to log records: pure, and never a wrong record out of a damaged slot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kitbag.wire import reading
from kitbag.wire import records as wire

FieldValue = float | int | str | None

# Of the 128 bits of a slot, how many are set in a record. A void or free slot with one bad bit is
# none, though a CRC of 16 bits fits one in some thousand of them.
_BITS_MIN = 2
_BITS_MAX = 126

_U32 = 0xFFFFFFFF  # epoch and seq are so wide on the object


@dataclass(frozen=True)
class Chunk:
    """Journal slots as they lie on flash. `boot` is that of their sector's first record."""

    epoch: int
    boot: int
    first_seq: int
    slots: bytes

    @property
    def count(self) -> int:
        return len(self.slots) // wire.SLOT

    @property
    def end_seq(self) -> int:
        """The seq after the last slot."""
        return self.first_seq + self.count


@dataclass(frozen=True)
class LogRecord:
    """One record of an object's log, with its place in it.

    `uptime_ms` counts from the start of `boot` and wraps at 2**32. `fields` are in the units of
    `kitbag.wire.records.KINDS`; None is "missing". `slot` is the record as it lies on flash.
    """

    epoch: int
    boot: int
    seq: int
    uptime_ms: int
    kind: int
    slot: bytes

    @property
    def name(self) -> str:
        """The kind in words; `unknown_N` for one that a newer object has."""
        known = wire.KINDS.get(self.kind)
        return known.split(None, 1)[0] if known else f"unknown_{self.kind}"

    @property
    def fields(self) -> Mapping[str, FieldValue]:
        return reading.unpack(self.slot)[3]


@dataclass(frozen=True)
class Decoded:
    """What a chunk holds. `damaged`, `erased` and `silent` (void) are lists of seq.

    The object uses its slots in turn, so a free one among those that it gives out was erased to
    make room, and a power cut came before anything could be written there.
    """

    records: list[LogRecord] = field(default_factory=list[LogRecord])
    damaged: list[int] = field(default_factory=list[int])
    erased: list[int] = field(default_factory=list[int])
    silent: list[int] = field(default_factory=list[int])


def decode(chunk: Chunk, newest_boot: int) -> Decoded:
    """Every slot of `chunk`, checked: a record only where the CRC over log, seq and slot is right.

    `newest_boot` is the boot that the object is in: no record can be of a later one.
    """
    decoded = Decoded()
    for place in range(chunk.count):
        slot = chunk.slots[place * wire.SLOT : (place + 1) * wire.SLOT]
        seq = chunk.first_seq + place
        if is_record(slot, chunk.epoch, seq):
            decoded.records.append(record_of(slot, chunk, seq, newest_boot))
            continue
        state = wire.check(slot, chunk.epoch, seq)
        if state == "void":
            decoded.silent.append(seq)
        elif state == "free":
            decoded.erased.append(seq)
        else:
            decoded.damaged.append(seq)
    return decoded


def is_record(slot: bytes, epoch: int, seq: int) -> bool:
    """Whether `slot` is a whole record that was written as `seq` of the log `epoch`."""
    return (
        len(slot) == wire.SLOT
        and 0 <= epoch <= _U32
        and 0 <= seq <= _U32
        and wire.check(slot, epoch, seq) == "good"
        and _BITS_MIN <= int.from_bytes(slot, "little").bit_count() <= _BITS_MAX
    )


def record_of(slot: bytes, chunk: Chunk, seq: int, newest_boot: int) -> LogRecord:
    """The record in a slot of `chunk` that was found good."""
    boot = boot_in(slot[1], chunk.boot, newest_boot)
    return LogRecord(chunk.epoch, boot, seq, int.from_bytes(slot[2:6], "little"), slot[0], slot)


def boot_in(low: int, sector_boot: int, newest_boot: int) -> int:
    """The full boot of a record that bears its low byte."""
    boot = reading.boot_of(low, sector_boot)
    if boot > newest_boot:
        # The sector's header was unreadable and the object named a boot that is too late; the low
        # byte in the record still tells which of the last 256 boots it was
        boot = newest_boot - ((newest_boot - low) & 0xFF)
    return boot
