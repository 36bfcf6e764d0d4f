"""An object that starts again on what a power cut left: is everything there, and does it go on?"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from chips import Chips, Commit, Nvs, Operation, Power, PowerCut, Set, Tear, tears
from firmware_copy import Firmware
from promise import Device, Findings, Host, Promise, Writer
from script import PLANS, Session, Written, latch_of, some_records

_AFTER = 4  # records that are written after a cut ...
_ALIKE = 3  # ... of which the last are not cut again: one is as good as the next


@dataclass(frozen=True)
class Settings:
    """What an object makes of its NVS."""

    plan: int
    stored: bool
    latch: tuple[int, int]
    latches: int


class Walk:
    """Goes through a session, operation by operation, with the promise as it was at each."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.at = 0
        self.chips = session.start.copy()
        self.promise = session.promise.copy()
        self._written = iter(session.written)
        self._next: Written | None = next(self._written, None)
        self._changed = list(session.changed)

    def to(self, number: int) -> Operation:
        """Do everything before operation `number`; that operation."""
        session = self._session
        while self.at < number:
            operation = session.operations[self.at]
            self._acknowledge()
            self.promise.watch(operation)
            self.chips.apply(operation)
            self.at += 1
        self._acknowledge()
        return session.operations[number]

    def _acknowledge(self) -> None:
        written = self._next
        while written is not None and written.end <= self.at:
            self.promise.epoch = self._epoch()
            self.promise.held[written.seq] = written.told
            self.promise.places[written.seq] = written.place
            written = next(self._written, None)
        self._next = written

    def _epoch(self) -> int | None:
        return self._session.promise_at_end.epoch

    def at_cut(self, operation: Operation) -> Promise:
        """The promise when the power goes during `operation`, which is under way."""
        promise = self.promise.copy()
        promise.watch(operation)
        if self._next is not None and self._next.begin <= self.at:
            promise.flights = [self._next.flight]
        return promise

    def may_be(self, what: str, first: Any) -> tuple[Any, ...]:
        """The values that a setting may have now; `first` before it was ever changed."""
        value = first
        for changed in self._changed:
            if changed.what != what:
                continue
            if changed.begin > self.at:
                break
            if changed.end > self.at:
                return changed.before, changed.after
            value = changed.after
        return (value,)


class Recovery:
    """Starts objects on torn chips and asks them for everything."""

    def __init__(self, firmware: Firmware, seed: int) -> None:
        self.firmware = firmware
        self.host = Host(firmware)
        self._records = some_records(firmware, seed + 1)
        self._boot_record = (firmware.records.BOOT, ("power_on", "restart", 4.0, 1))
        self.settings = lru_cache(maxsize=4096)(self._settings)
        self.blank = self.settings(())

    def check(
        self, chips: Chips, promise: Promise, found: Findings,
        excused: frozenset[int] = frozenset(), more: int = _AFTER,
    ) -> list[Operation]:  # fmt: skip
        """One life after a cut or a flip: asked, `more` records written, started and asked again.
        Returns its operations.
        """
        operations: list[Operation] = []

        def watch(operation: Operation) -> None:
            operations.append(operation)
            promise.watch(operation)

        power = Power(chips, watch=watch)
        device = Device(self.firmware, power)
        found.read_b = max(found.read_b, power.reads)
        found.spent += promise.judge(self.host.visit(device), found, self.firmware, excused)
        if device.journal.epoch != promise.epoch:
            promise.begin_anew()
        writer = self.write(device, promise, found, more)
        if writer.refused > min(1, len(excused)):
            found.wrong_with("lost", writer.refused, "dropped though flash was sound")
        promise.judge(self.host.visit(device), found, self.firmware, excused)
        again = Device(self.firmware, Power(power.chips.copy()))
        promise.judge(self.host.visit(again), found, self.firmware, excused)
        return operations

    def write(
        self, device: Device, promise: Promise, found: Findings, count: int = _AFTER
    ) -> Writer:
        writer = Writer(device, promise, found)
        writer.write(*self._boot_record)
        for number in range(count - 1):
            writer.write(*self._records[number % len(self._records)])
        return writer

    def check_second(
        self, chips: Chips, promise: Promise, number: int, tear: Tear, found: Findings
    ) -> None:
        """A cut in operation `number` of the life after a cut, and a life after that."""
        power = Power(chips.copy(), number, tear, promise.watch)
        try:
            self.write(Device(self.firmware, power), promise, found)
        except PowerCut:
            found.second_cuts += 1
        else:
            raise AssertionError("no second cut")
        third = Device(self.firmware, Power(power.chips, watch=promise.watch))
        promise.judge(self.host.visit(third), found, self.firmware)
        self.write(third, promise, found, 2)
        again = Device(self.firmware, Power(third.power.chips))
        promise.judge(self.host.visit(again), found, self.firmware)

    def _settings(self, kept: tuple[tuple[str, Any], ...]) -> Settings:
        memory = self.firmware.memory(Nvs(Power(Chips(bytearray(), dict(kept)))))
        care = self.firmware.care(memory)
        latch, count = latch_of(self.firmware, memory)
        return Settings(care.crc, care.stored, (latch.reaction, latch.function), count.total)

    def check_settings(self, chips: Chips, walk: Walk, found: Findings) -> None:
        """The plan is the old or the new one, the latch set or not."""
        now = self.settings(_lasting(chips))
        plan = walk.may_be("plan", self.blank.plan)
        if now.plan not in plan or not now.stored:
            found.wrong_with("plan_mixed", 1, f"{now} at operation {walk.at}")
        latch, latches = walk.may_be("latch", (0, 0)), walk.may_be("latches", 0)
        if now.latch not in latch or now.latches not in latches:
            found.wrong_with("latch_half", 1, f"{now} at operation {walk.at}")

    def change_again(self, chips: Chips, found: Findings) -> None:
        """After a cut, a new plan and a new latch take hold as ever."""
        power = Power(chips.copy())
        memory = self.firmware.memory(Nvs(power))
        care = self.firmware.care(memory)
        latch, _ = latch_of(self.firmware, memory)
        for plan in PLANS:
            problems = care.apply(plan)
            latch.set(3, 7)
            now = self.settings(_lasting(power.chips))
            if problems or now.plan != care.crc or not now.stored:
                found.wrong_with("plan_mixed", 1, f"{now} after a change, {care.crc} was given")
            if now.latch != (3, 7):
                found.wrong_with("latch_half", 1, f"{now} after a change")


def _lasting(chips: Chips) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted((key, value) for key, value in chips.kept.items() if key != "boot"))


def cut_left(walk: Walk, number: int, chance: random.Random) -> tuple[Chips, Promise]:
    """What a cut in operation `number`, torn as `chance` draws, leaves and has promised."""
    operation = walk.to(number)
    tear = chance.choice(list(tears(operation)))
    return walk.chips.torn(operation, tear), walk.at_cut(operation)


def cut(
    recovery: Recovery, walk: Walk, number: int, ways: list[Tear], found: Findings,
    seconds: random.Random | None = None,
) -> None:  # fmt: skip
    """Cut operation `number` in each of `ways`; after each, every second cut there is, or one that
    `seconds` draws.
    """
    operation = walk.to(number)
    flash = not isinstance(operation, (Set, Commit))
    for tear in ways:
        found.cuts += 1
        left = walk.chips.torn(operation, tear)
        recovery.check_settings(left, walk, found)
        if not flash:
            recovery.change_again(left, found)
        torn = walk.at_cut(operation)
        after = recovery.check(left.copy(), torn.copy(), found)
        if flash and tear.share == 1.0:
            continue  # the same chips as when nothing is done of the next operation
        # What counts boots is cut in the session itself
        flashed = [at for at, one in enumerate(after) if not isinstance(one, (Set, Commit))]
        choices = [(at, second) for at in flashed[:-_ALIKE] for second in tears(after[at])]
        for at, second in [seconds.choice(choices)] if seconds else choices:
            recovery.check_second(left, torn.copy(), at, second, found)
