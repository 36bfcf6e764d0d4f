"""Dumps of log partitions, written by the firmware's own journal on NOR flash in memory."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from unittest.mock import patch

import support.on_cpython  # noqa: F401
from kitbag.journal import Journal
from kitbag.wire import records as wire
from support.fakes import Clock
from support.nor import Nor

HEADER = wire.HEADER_SLOTS * wire.SLOT


@dataclass(frozen=True)
class Dump:
    """Bytes of a partition and what is in them: seq -> (boot, slot). `firsts` are the sectors'
    first seqs in their order, None for a free one.
    """

    data: bytes
    epoch: int
    records: dict[int, tuple[int, bytes]]
    firsts: tuple[int | None, ...]

    @property
    def sectors(self) -> list[bytes]:
        return [self.data[i : i + wire.SECTOR] for i in range(0, len(self.data), wire.SECTOR)]

    def of_sector(self, sector: int) -> set[int]:
        """The seqs of the records in a sector."""
        first = self.firsts[sector]
        if first is None:
            return set()
        return {s for s in self.records if first <= s < first + wire.RECORDS_PER_SECTOR}


def dump_of(nor: Nor, journal: Journal, boots: dict[int, int]) -> Dump:
    """What `nor` holds, where `boots` has the boot of each seq."""
    records: dict[int, tuple[int, bytes]] = {}
    slot = bytearray(wire.SLOT)
    for seq in range(journal.first, journal.next):
        journal.read(seq, 1, slot)
        if wire.check(slot, journal.epoch, seq) == "good":
            records[seq] = boots[seq], bytes(slot)
    data = bytes(nor.data)
    headers = [wire.unpack_header(data[i : i + HEADER]) for i in range(0, len(data), wire.SECTOR)]
    return Dump(data, journal.epoch, records, tuple(h and h[3] for h in headers))


def write(
    nor: Nor, boots: range, each: int, kinds: bool = True, epoch: int | None = None
) -> tuple[Journal, dict[int, int]]:
    """Let `boots` write `each` records, of all sorts or of batteries only."""
    chance = random.Random(each)
    by_seq: dict[int, int] = {}
    clock = Clock()
    # The same epoch every time: the odds of a CRC hang on it
    drawn = chance.randbytes(4) if epoch is None else epoch.to_bytes(4, "little")
    with patch("os.urandom", lambda _: drawn):
        journal = Journal(nor, boots[0], clock)
        for boot in boots:
            clock = Clock(0)
            journal = Journal(nor, boot, clock)
            for i in range(each):
                clock.ms += chance.randrange(60_000)
                if kinds and i == 0:
                    journal.write(wire.BOOT, "power_on", "restart", 4.0, boot)
                elif kinds and i % 3 == 0:
                    journal.write(wire.HOLD, chance.uniform(2, 900), 1500, 0.8, 0.2, 0.9)
                else:
                    journal.write(wire.BATTERY, chance.uniform(3.3, 4.2))
                by_seq[journal.next - 1] = boot
    return journal, by_seq


@cache
def went_round() -> Dump:
    """Four sectors, more than two turns of the ring, boots beyond one byte, the newest half full;
    one slot void.
    """
    nor = Nor(4)
    journal, boots = write(nor, range(250, 280), 80)
    newest = (journal.next - 2) // wire.RECORDS_PER_SECTOR % 4
    void = newest * wire.SECTOR + HEADER + 20 * wire.SLOT
    nor.data[void : void + wire.SLOT] = wire.VOID
    return dump_of(nor, journal, boots)


@cache
def begun() -> Dump:
    """Six sectors, the ring not gone round yet, two of them free."""
    nor = Nor(6)
    journal, boots = write(nor, range(1, 6), 180)
    return dump_of(nor, journal, boots)


@cache
def other() -> Dump:
    """Another log of the same object, after `went_round`'s was formatted."""
    nor = Nor(4)
    journal, boots = write(nor, range(280, 283), 250)
    return dump_of(nor, journal, boots)


def garbled(data: bytes, at: int, size: int, seed: int = 1) -> bytes:
    """`data` with `size` bytes at `at` replaced by others."""
    return data[:at] + random.Random(seed).randbytes(size) + data[at + size :]


def without_header(dump: Dump, *sectors: int) -> bytes:
    data = dump.data
    for sector in sectors:
        data = garbled(data, sector * wire.SECTOR, HEADER, sector)
    return data
