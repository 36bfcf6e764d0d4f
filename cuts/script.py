"""A session to cut: boots, records of every kind, care plans, latches; every operation noted."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeAlias

from chips import Chips, Operation, Power
from firmware_copy import Firmware
from promise import Device, Findings, Flight, Promise, Told, Writer

FIRST_BOOT = 200
_PER_BOOT = 7  # records: more boots than the low byte of their number tells apart
_CHANGE_EVERY = 4  # boots
_SOME = 300  # different records

Record: TypeAlias = tuple[int, tuple[Any, ...]]


@dataclass(frozen=True)
class Written:
    """Operations `begin` to before `end` wrote a record that was acknowledged."""

    begin: int
    end: int
    flight: Flight
    seq: int
    told: Told
    place: tuple[int, int]


@dataclass(frozen=True)
class Changed:
    """Operations `begin` to before `end` changed a setting: what it was, what it is."""

    begin: int
    end: int
    what: str  # plan, latch or latches
    before: Any
    after: Any


@dataclass(frozen=True)
class Session:
    """`operations` on `start`, and what they meant. `promise` is that at the start."""

    start: Chips
    promise: Promise
    operations: list[Operation]
    written: list[Written]
    changed: list[Changed]
    end: Chips
    promise_at_end: Promise


class Notes:
    """Takes down operations; the promise is told of them too."""

    def __init__(self, promise: Promise) -> None:
        self.operations: list[Operation] = []
        self._promise = promise

    def watch(self, operation: Operation) -> None:
        self.operations.append(operation)
        self._promise.watch(operation)


def some_records(firmware: Firmware, seed: int) -> list[Record]:
    """Records of every kind with whatever their fields can hold."""
    chance = random.Random(seed)
    kinds = list(firmware.records.KINDS)
    made: list[Record] = []
    for number in range(_SOME):
        kind = kinds[number % len(kinds)]
        values = [_some(chance, width, scale) for _, width, scale in firmware.records.fields(kind)]
        made.append((kind, tuple(values)))
    return made


def _some(chance: random.Random, width: int, scale: Any) -> Any:
    if isinstance(scale, list):
        return chance.choice(scale)
    bits = 8 * abs(width) - (width < 0)
    return chance.randrange(1 << bits) / scale


# Care plans as a host sends them
PLANS = tuple(
    b'{"schema":1,"warmth":{"level_c":%.1f},"scent":{"name":"plan %d"}}'
    % (36 + number / 2, number)
    for number in range(3)
)


def play(firmware: Firmware, sectors: int, records: int, seed: int, before: int = 0) -> Session:
    """`records` records over many boots, on a ring of `sectors` that had `before` written to it;
    a new object's first operations make its log.
    """
    firmware.entropy.seed(f"{seed} {sectors}")
    chips = Chips.blank(sectors)
    chips.kept["boot"] = FIRST_BOOT
    promise = Promise()
    made = some_records(firmware, seed)
    power = Power(chips, watch=promise.watch)
    writer = Writer(Device(firmware, power), promise, Findings())
    for number in range(before):
        if number % _PER_BOOT == 0:
            writer = Writer(Device(firmware, power), promise, Findings())
        writer.write(*made[number % len(made)])
    start, promise_at_start = chips.copy(), promise.copy()
    notes = Notes(promise)
    power = Power(chips, watch=notes.watch)
    teller = _Teller(firmware, power, promise)
    for number in range(records):
        if number % _PER_BOOT == 0:
            teller.boot()
        teller.write(*made[number % len(made)])
        if (number + 1) % (_PER_BOOT * _CHANGE_EVERY) == 0:
            teller.change()
    return Session(
        start, promise_at_start, notes.operations, teller.written, teller.changed, chips, promise
    )


class _Teller:
    """Plays one boot after the other and notes which operations did what."""

    def __init__(self, firmware: Firmware, power: Power, promise: Promise) -> None:
        self._firmware = firmware
        self._power = power
        self._promise = promise
        self.written: list[Written] = []
        self.changed: list[Changed] = []
        self._turns = self._acts()
        self._device: Device
        self._writer: Writer

    def boot(self) -> None:
        self._device = Device(self._firmware, self._power)
        self._writer = Writer(self._device, self._promise, Findings())

    def write(self, kind: int, values: tuple[Any, ...]) -> None:
        begin = self._power.operations
        self._writer.write(kind, values)
        if self._writer.refused:
            raise AssertionError("a record was dropped though flash was sound")
        seq = self._device.journal.next - 1
        told = self._promise.held[seq]
        flight = (kind, self._device.boot, self._device.clock.ms, values)
        place = self._promise.places[seq]
        self.written.append(Written(begin, self._power.operations, flight, seq, told, place))

    def change(self) -> None:
        next(self._turns)

    # Something else that lasts each time
    def _acts(self) -> Iterator[None]:
        for turn in count():
            device = self._device
            care = self._firmware.care(device.memory)
            before, begin = care.crc, self._power.operations
            if care.apply(PLANS[turn % len(PLANS)]):
                raise AssertionError("a plan of the script was refused")
            self._note("plan", begin, before, care.crc)
            self.write(self._firmware.records.PLAN, (care.crc, "host"))
            yield
            self._latch(1 + turn % 18)
            yield
            self._latch(0)
            yield
            self._device.memory.keep_blob("acked", self._device.journal.next.to_bytes(8, "little"))
            yield

    # Function 0: its holder acknowledges what is latched
    def _latch(self, function: int) -> None:
        latch, latches = latch_of(self._firmware, self._device.memory)
        before, so_far = (latch.reaction, latch.function), latches.total
        begin = self._power.operations
        if function:
            latch.set(2, function)
        else:
            latch.acknowledge()
        self._note("latches", begin, so_far, latches.total)
        self._note("latch", begin, before, (latch.reaction, latch.function))

    def _note(self, what: str, begin: int, before: Any, after: Any) -> None:
        self.changed.append(Changed(begin, self._power.operations, what, before, after))


def latch_of(firmware: Firmware, memory: Any) -> tuple[Any, Any]:
    """The latch of an object, and the count of the day that it keeps."""
    count = firmware.rolling(memory, "latches")
    return firmware.latch(memory, count), count
