"""Bits that go bad: one anywhere, or one in each copy of a sector's header."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass

from chips import SECTOR, Chips, Power, PowerCut, Tear
from firmware_copy import Firmware
from promise import Device, Findings, Promise, Writer, bit_at, flip
from recover import Recovery
from script import play, some_records

HEADER = 64  # bytes
_COPY = 32
_COPY_BITS = 26 * 8  # the rest of a copy is padding
_LEFT = 90  # slots that stay free in the newest sector
_TORN_AFTER = 40  # records before the one that a cut tears there


@dataclass(frozen=True)
class Used:
    """A ring that has gone round: whole sectors, and a newest one that holds a header, records, a
    torn slot and free space.
    """

    chips: Chips
    promise: Promise

    @property
    def newest(self) -> int:
        return self.promise.places[max(self.promise.held)][0]

    @property
    def oldest(self) -> int:
        return self.promise.places[min(self.promise.held)][0]


def used(firmware: Firmware, sectors: int, records: int, seed: int) -> Used:
    session = play(firmware, sectors, records, seed)
    promise = session.promise_at_end.copy()
    made = some_records(firmware, seed)
    found = Findings()
    power = Power(session.end.copy(), watch=promise.watch)
    writer = Writer(Device(firmware, power), promise, found)
    per_sector = firmware.records.RECORDS_PER_SECTOR
    while max(promise.held) % per_sector != _TORN_AFTER:
        writer.write(*made[max(promise.held) % len(made)])
    promise.flights.clear()
    cutting = Power(power.chips, 2, Tear(0.5), promise.watch)
    try:
        Writer(Device(firmware, cutting), promise, found).write(*made[0])
    except PowerCut:
        promise.flights.clear()
    writer = Writer(Device(firmware, Power(cutting.chips, watch=promise.watch)), promise, found)
    while max(promise.held) % per_sector != per_sector - _LEFT:
        writer.write(*made[max(promise.held) % len(made)])
    return Used(cutting.chips, promise)


def check_bit(recovery: Recovery, ring: Used, bit: int, found: Findings) -> None:
    """One bad bit, found at a start; one in free space also while the object runs."""
    sector, offset = divmod(bit >> 3, SECTOR)
    own = ring.promise.seq_at(sector, offset)
    excused = frozenset(() if own is None else (own,))
    newest = max(ring.promise.held)
    # So that the slot is written if it ever will be
    more = own - newest + 2 if own is not None and own > newest else 3
    found.bits += 1
    _bad(recovery, ring, (bit,), excused, found, more)
    if more > 3:
        promise = ring.promise.copy()
        promise.settled = newest
        power = Power(ring.chips.copy(), watch=promise.watch)
        device = Device(recovery.firmware, power)
        flip(power.chips.data, (bit,))
        writer = recovery.write(device, promise, found, more)
        if writer.refused > 1:
            found.wrong_with("lost", writer.refused, f"dropped for one bad bit, {bit}")
        promise.judge(recovery.host.visit(device), found, recovery.firmware, excused)
        again = Device(recovery.firmware, Power(power.chips))
        promise.judge(recovery.host.visit(again), found, recovery.firmware, excused)


def check_pair(
    recovery: Recovery, ring: Used, sector: int, pair: tuple[int, int], found: Findings
) -> None:
    """Bit `pair[0]` of the first and `pair[1]` of the second copy of the header of `sector`."""
    found.bits += 2
    excused = ring.promise.in_sector(sector)
    _bad(recovery, ring, _in_copies(sector, pair), excused, found)


def pairs(chance: random.Random) -> tuple[int, int]:
    return chance.randrange(_COPY_BITS), chance.randrange(_COPY_BITS)


def first_copy() -> range:
    return range(_COPY_BITS)


def check_cut_and_pair(
    recovery: Recovery, left: Chips, promise: Promise, chance: random.Random, found: Findings
) -> None:
    """After a cut, a bad bit in both copies of the header where it came, or of a sector beside."""
    at = promise.places[max(promise.held)][0] if promise.held else 0
    sector = (at + chance.choice((-1, 0, 0, 0, 1))) % left.sectors
    found.cuts += 1
    check_pair(recovery, Used(left, promise), sector, pairs(chance), found)


def _in_copies(sector: int, pair: tuple[int, int]) -> tuple[int, int]:
    return bit_at(sector, 0, pair[0]), bit_at(sector, _COPY, pair[1])


def _bad(
    recovery: Recovery, ring: Used, bits: tuple[int, ...], excused: Collection[int],
    found: Findings, more: int = 3,
) -> None:  # fmt: skip
    chips = ring.chips.copy()
    flip(chips.data, bits)
    promise = ring.promise.copy()
    promise.settled = max(promise.held, default=0)
    recovery.check(chips, promise, found, frozenset(excused), more)
