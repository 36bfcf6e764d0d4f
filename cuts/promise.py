"""What was promised, kept beside the object in plain Python, and whether a host finds it kept.

A record is promised when `write` has returned and was not counted as dropped. The promise ends
when the erase of the sector begins in which it was written, if no older record is kept elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from chips import SECTOR, Erase, Flash, Nvs, Operation, Power, Program
from counts import Counts
from firmware_copy import Firmware

READ_MAX = 126  # slots in an answer, as on the line

Told: TypeAlias = tuple[bytes, int]  # a record as a host has it: its slot and its boot
Flight: TypeAlias = tuple[int, int, int, tuple[Any, ...]]  # kind, boot, uptime_ms, values


@dataclass
class Findings(Counts):
    """What was done, and what was wrong."""

    WRONG = ("lost", "wrong", "unnamed", "unfounded", "reused", "plan_mixed", "latch_half")
    MOST = ("read_b",)

    operations: int = 0
    cuts: int = 0
    second_cuts: int = 0
    bits: int = 0
    acknowledged: int = 0  # records asked back after a cut or a flip, all visits together
    lost: int = 0
    wrong: int = 0  # delivered with another content or boot, or never written
    unnamed: int = 0  # given up, and the host was told of no gap
    unfounded: int = 0  # gaps told where nothing that was promised had been
    reused: int = 0  # seqs given out twice, or `next` gone back
    plan_mixed: int = 0
    latch_half: int = 0
    spent: int = 0  # records that went with their bad bit
    read_b: int = 0  # flash that a start reads, at most


_known: dict[Told, Told] = {}


def _same(told: Told) -> Told:
    return _known.setdefault(told, told)


class Clock:
    """kitbag.clock.Clock, moved by hand."""

    def __init__(self) -> None:
        self.ms = 1000

    def uptime_ms(self) -> int:
        return self.ms


class Device:
    """The parts of an object that last, built as `kitbag.app` builds them."""

    def __init__(self, firmware: Firmware, power: Power) -> None:
        self.firmware = firmware
        self.power = power
        self.memory = firmware.memory(Nvs(power))
        self.boot: int = self.memory.number("boot", 0) + 1
        self.memory.keep_number("boot", self.boot)
        self.started = power.operations
        self.clock = Clock()
        self.journal = firmware.journal(Flash(power), self.boot, self.clock)


@dataclass(frozen=True)
class Visit:
    """What a host was told: `records` by seq, and the seqs of other slots."""

    epoch: int
    first: int
    next: int
    records: dict[int, Told]
    damaged: list[int]
    erased: list[int]


@dataclass(frozen=True)
class _Decoded:
    told: dict[int, Told]
    damaged: list[int]
    erased: list[int]
    newest_boot: int


class Host:
    """Asks for everything and decodes it as the host tool does."""

    def __init__(self, firmware: Firmware) -> None:
        self._firmware = firmware
        self._decoded = lru_cache(maxsize=2048)(self._decode)

    def visit(self, device: Device) -> Visit:
        journal = device.journal
        visit = Visit(journal.epoch, journal.first, journal.next, {}, [], [])
        buffer = bytearray(READ_MAX * 16)
        at = journal.first
        while at < journal.next:
            boot, count = journal.read(at, READ_MAX, buffer)
            slots = bytes(buffer[: 16 * count])
            decoded = self._decoded(journal.epoch, boot, at, slots, None)
            if decoded.newest_boot > device.boot:  # the host tool knows better then
                decoded = self._decoded(journal.epoch, boot, at, slots, device.boot)
            visit.records.update(decoded.told)
            visit.damaged.extend(decoded.damaged)
            visit.erased.extend(decoded.erased)
            at += count
        return visit

    # The same object for the same record: comparing is then looking at its address
    def _decode(
        self, epoch: int, boot: int, first: int, slots: bytes, newest_boot: int | None
    ) -> _Decoded:
        chunk = self._firmware.chunk(epoch, boot, first, slots)
        decoded = self._firmware.decode(chunk, 1 << 40 if newest_boot is None else newest_boot)
        told = {record.seq: _same((record.slot, record.boot)) for record in decoded.records}
        newest = 0 if newest_boot else max((boot for _, boot in told.values()), default=0)
        return _Decoded(told, decoded.damaged, decoded.erased, newest)


class Promise:
    """The model. `watch` is told of every operation on the chips, `written` of every record."""

    def __init__(self) -> None:
        self.epoch: int | None = None
        self.held: dict[int, Told] = {}
        self.places: dict[int, tuple[int, int]] = {}  # of those: sector and offset
        self.given_up: dict[int, Told] = {}  # by the last erase
        self.flights: list[Flight] = []  # may be there though nobody was told so
        self.told_next = 0  # what hosts know
        self.settled = 0  # up to this seq all was written before a bit went bad
        self._last = Program(0, 0, b"")

    def copy(self) -> Promise:
        other = Promise()
        other.epoch = self.epoch
        other.held = dict(self.held)
        other.places = dict(self.places)
        other.given_up = self.given_up
        other.flights = list(self.flights)
        other.told_next = self.told_next
        other.settled = self.settled
        other._last = self._last
        return other

    def watch(self, operation: Operation) -> None:
        if isinstance(operation, Program):
            self._last = operation
        elif isinstance(operation, Erase):
            there = {seq for seq, (sector, _) in self.places.items() if sector == operation.sector}
            if there and max(there) < min(self.held.keys() - there, default=max(there) + 1):
                self.given_up = {seq: self.held.pop(seq) for seq in there}
                for seq in there:
                    del self.places[seq]

    def written(self, seq: int, told: Told) -> bool:
        """A write has returned; False where hosts know that seq for something else."""
        self.held[seq] = told
        self.places[seq] = (self._last.sector, self._last.offset)
        return seq >= self.told_next

    def seq_at(self, sector: int, offset: int) -> int | None:
        """The seq of the slot at `offset`, worked out from any record of its sector."""
        if offset < 64:
            return None
        for seq, (where, at) in self.places.items():
            if where == sector:
                return seq + (offset - at) // 16
        return None

    def in_sector(self, sector: int) -> set[int]:
        return {seq for seq, (where, _) in self.places.items() if where == sector}

    def begin_anew(self) -> None:
        """The log was given up, as that of a ring without one readable header is."""
        self.held.clear()
        self.places.clear()
        self.given_up = {}
        self.told_next = 0

    def judge(
        self, visit: Visit, found: Findings, firmware: Firmware, excused: Collection[int] = ()
    ) -> int:
        """Compare. Of `excused` seqs the `settled` records may be missing, but never wrong; how
        many are.
        """
        missing = 0
        held = self.held
        found.acknowledged += len(held)
        if held and visit.epoch != self.epoch:
            lost = held.keys() - set(excused)
            found.wrong_with("lost", len(lost), f"the log was given up, and {len(lost)} with it")
            return len(held) - len(lost)
        records = visit.records
        same = records == held
        if not same:
            for seq, told in held.items():
                there = records.get(seq)
                if there is None and seq in excused and seq <= self.settled:
                    missing += 1
                elif there is None:
                    found.wrong_with("lost", 1, f"{seq} of [{visit.first}, {visit.next})")
                elif there != told:
                    found.wrong_with("wrong", 1, f"{seq} is {there}, was {told}")
        for seq in () if same else records.keys() - held.keys():
            if records[seq] != self.given_up.get(seq) and not self._flying(seq, visit, firmware):
                found.wrong_with("wrong", 1, f"{seq} is {records[seq]}, never written")
        named = {*visit.damaged, *visit.erased}
        unnamed = [
            seq for seq in self.given_up
            if visit.first <= seq and seq not in records and seq not in named
        ]  # fmt: skip
        found.wrong_with("unnamed", len(unnamed), f"{unnamed[:3]}")
        unfounded = named - self.given_up.keys() - set(excused) - held.keys() if named else named
        found.wrong_with("unfounded", len(unfounded), f"{sorted(unfounded)[:3]}")
        least = max(self.told_next, max(held, default=0) + 1)
        if visit.next < least:
            found.wrong_with("reused", 1, f"next is {visit.next}, was {least}")
        self.told_next = max(self.told_next, visit.next)
        return missing

    # A record that was being written when the power went may have become whole
    def _flying(self, seq: int, visit: Visit, firmware: Firmware) -> bool:
        return any(
            visit.records[seq]
            == (bytes(firmware.records.pack(kind, boot, ms, visit.epoch, seq, values)), boot)
            for kind, boot, ms, values in self.flights
        )


class Writer:
    """Writes records on a device and keeps the promise up to date."""

    def __init__(self, device: Device, promise: Promise, found: Findings) -> None:
        self._device = device
        self._promise = promise
        self._found = found
        self.refused = 0

    def write(self, kind: int, values: tuple[Any, ...]) -> None:
        device, promise, journal = self._device, self._promise, self._device.journal
        pack = device.firmware.records.pack
        device.clock.ms += 37
        boot, ms = device.boot, device.clock.ms
        dropped = journal.dropped
        flight = (kind, boot, ms, values)
        promise.flights.append(flight)
        if self.refused:
            dropped_kind = device.firmware.records.DROPPED
            promise.flights.append((dropped_kind, boot, ms, (self.refused,)))
        journal.write(kind, *values)
        if journal.dropped != dropped:
            self.refused += 1
            return
        promise.flights.remove(flight)
        seq = journal.next - 1
        promise.epoch = journal.epoch
        slot = bytes(pack(kind, boot, ms, journal.epoch, seq, values))
        if not promise.written(seq, _same((slot, boot))):
            self._found.wrong_with("reused", 1, f"{seq} was given out before")


def flip(data: bytearray, bits: Iterable[int]) -> None:
    for bit in bits:
        data[bit >> 3] ^= 1 << (bit & 7)


def bit_at(sector: int, offset: int, bit: int) -> int:
    return (sector * SECTOR + offset) * 8 + bit
