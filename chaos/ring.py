"""What lies on the log's partition, read by the page docs/wire.md alone: none of the project's own
code takes part, so that it cannot agree with a mistake in there.
"""

from __future__ import annotations

import struct
from binascii import crc_hqx
from dataclasses import dataclass, field

SECTOR = 4096
SLOT = 16
HEADER = 64  # bytes: the same header twice
PER_SECTOR = (SECTOR - HEADER) // SLOT

FREE = b"\xff" * SLOT
VOID = b"\x00" * SLOT

BOOT, ANCHOR, GUARD, EXCEPTION, SENSE_FAULT = 1, 2, 18, 19, 20
STOP, BUTTON, BATTERY, PLAN, DROPPED, TALLY, WITHHELD = 16, 17, 21, 23, 24, 25, 29
# By their places in the lists of words
TASKS = ("none", "app", "warmth", "senses", "comfort", "link", "journal", "boot")
BY_BUTTON = 6
LEAK, CLIPPED = 4, 6


@dataclass(frozen=True)
class Slot:
    """A record with a good CRC. `boot` is None where no header tells it."""

    seq: int
    boot: int | None
    uptime_ms: int
    kind: int
    raw: bytes


@dataclass
class Ring:
    """A partition of `sectors`. `next` is the seq after the last slot that is used."""

    sectors: int
    epoch: int = 0
    next: int = 0
    good: dict[int, Slot] = field(default_factory=dict[int, Slot])
    void: set[int] = field(default_factory=set[int])
    free: set[int] = field(default_factory=set[int])  # before `next`
    damaged: set[int] = field(default_factory=set[int])


def read(image: bytes) -> Ring:
    """The ring on a partition. Raises ValueError where it has sectors of several logs."""
    ring = Ring(len(image) // SECTOR)
    parts = [image[at : at + SECTOR] for at in range(0, len(image), SECTOR)]
    headers = [_header(part) for part in parts]
    blank = FREE * (SECTOR // SLOT)
    known = [(first, place) for place, (_, _, first) in _there(headers)]
    if not known:
        return ring
    epochs = {epoch for _, (epoch, _, _) in _there(headers)}
    if len(epochs) != 1:
        raise ValueError(f"sectors of the logs {sorted(epochs)}")
    ring.epoch = epochs.pop()
    newest, newest_place = max(known)
    for place, part in enumerate(parts):
        header = headers[place]
        if header is not None:
            _take(ring, part, header[2], header[1])
        if header is not None or part == blank:
            continue
        # Its header is lost: its seq follows from its place, its round from what it holds
        ahead = (place - newest_place) % ring.sectors
        rounds = (newest + ahead * PER_SECTOR, newest + (ahead - ring.sectors) * PER_SECTOR)
        for first in rounds:
            if first > 0 and any(
                _good(ring.epoch, slot, seq) for seq, slot in _slots(part, first)
            ):
                _take(ring, part, first, None)
                break
    used = (*ring.good, *ring.void, *ring.damaged)
    ring.next = max(max(used, default=0) + 1, newest)
    ring.free = {seq for seq in ring.free if seq < ring.next}
    return ring


def _there(
    headers: list[tuple[int, int, int] | None],
) -> list[tuple[int, tuple[int, int, int]]]:
    return [(place, header) for place, header in enumerate(headers) if header is not None]


# (epoch, boot, first seq)
def _header(sector: bytes) -> tuple[int, int, int] | None:
    for at in (0, HEADER // 2):
        copy = sector[at : at + 26]
        if copy[:4] == b"KBJ1" and _crc(copy[:24]) == int.from_bytes(copy[24:], "little"):
            epoch, boot, first = struct.unpack_from("<III", copy, 8)
            return epoch, boot, first
    return None


def _slots(sector: bytes, first: int) -> list[tuple[int, bytes]]:
    return [
        (first + place, sector[HEADER + place * SLOT : HEADER + (place + 1) * SLOT])
        for place in range(PER_SECTOR)
    ]


def _take(ring: Ring, sector: bytes, first: int, boot: int | None) -> None:
    for seq, raw in _slots(sector, first):
        if raw == FREE:
            ring.free.add(seq)
        elif raw == VOID:
            ring.void.add(seq)
        elif _good(ring.epoch, raw, seq):
            # Its low byte counts on from the boot that began the sector
            whole = None if boot is None else boot + ((raw[1] - boot) & 0xFF)
            uptime_ms = int.from_bytes(raw[2:6], "little")
            ring.good[seq] = Slot(seq, whole, uptime_ms, raw[0], raw)
        else:
            ring.damaged.add(seq)


def _good(epoch: int, raw: bytes, seq: int) -> bool:
    told = int.from_bytes(raw[14:], "little")
    return raw not in (FREE, VOID) and _crc(raw[:14], _hqx(epoch, seq)) == told


def _hqx(epoch: int, seq: int) -> int:
    return crc_hqx(struct.pack("<II", epoch, seq), 0xFFFF)


# FFFF is written as 0
def _crc(data: bytes, start: int = 0xFFFF) -> int:
    return crc_hqx(data, start) % 0xFFFF


def of_use(slot: Slot) -> bool:
    """Whether it says something about what people did."""
    if slot.kind == SENSE_FAULT:
        return slot.raw[6] in (LEAK, CLIPPED)
    return slot.kind not in (
        BOOT, ANCHOR, GUARD, EXCEPTION, BATTERY, PLAN, DROPPED, WITHHELD,
    )  # fmt: skip
