"""A visit after a cut: the host tool's own `sync` over the object's own session, into a store."""

from __future__ import annotations

import random
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chips import Chips, Erase, Power, PowerCut, tears
from firmware_copy import Firmware
from kitbag.wire import frames, records, requests
from kitbag_tools import visits
from kitbag_tools.object_client import ObjectClient
from kitbag_tools.store import Store
from promise import Device, Findings, Promise, Told, Writer
from recover import Recovery
from script import play, some_records

_UTC_MS = 1_772_402_420_000  # what the host's clock says
_ID = "c0ffee01"
_HOST = bytes(requests.HOST_ID)
_STORE = "store.sqlite"
_TEARS = list(tears(Erase(0)))


class About:
    """link.about.About of a device, as far as a sync asks."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self.journal = device.journal
        self.care = device.firmware.care(device.memory)

    def uptime_ms(self) -> int:
        return self._device.clock.ms

    def hello(self) -> dict[str, Any]:
        return {
            "kitbag": requests.PROTOCOL, "id": _ID, "fw": "0", "schema": records.SCHEMA,
            "epoch": self.journal.epoch, "boot": self._device.boot, "uptime_ms": self.uptime_ms(),
            "first": self.journal.first, "next": self.journal.next, "acked": 0,
        }  # fmt: skip

    def status(self) -> dict[str, Any]:
        return {"state": "idle", "plan_crc": self.care.crc}

    def acknowledge(self, seq: int) -> None:
        self._device.memory.keep_blob("acked", seq.to_bytes(8, "little"))


class Line:
    """A transport without a wire."""

    name = "object"
    clock_ahead_ms = 0

    def __init__(self, device: Device) -> None:
        self._session = device.firmware.session(About(device))
        self._decoder = frames.Decoder(frames.REQUEST_MAX)
        self._answers = b""

    def write(self, data: bytes) -> None:
        for body in self._decoder.feed(data):
            answer = self._session.answer(body, _HOST, requests.THERAPIST)
            assert answer is not None
            while answer is not None:
                self._answers += frames.encode(answer)
                answer = self._session.more()

    def read(self, timeout_s: float) -> bytes:
        answers, self._answers = self._answers, b""
        return answers

    def reopen(self) -> None:
        raise AssertionError("the line does not go")

    def close(self) -> None:
        pass


@dataclass
class Known:
    """An object that a host has visited: its chips, what it promised, and the host's store.

    `ever` are all records that were ever acknowledged and not told as gone at that visit.
    """

    chips: Chips
    promise: Promise
    store: bytes
    ever: dict[int, Told]


def known(firmware: Firmware, sectors: int, filled: int, seed: int) -> Known:
    session = play(firmware, sectors, filled, seed)
    promise = session.promise_at_end.copy()
    device = Device(firmware, Power(session.end.copy(), watch=promise.watch))
    with tempfile.TemporaryDirectory(prefix="kitbag-cuts-") as folder:
        path = Path(folder, _STORE)
        _sync(device, path)
        return Known(device.power.chips, promise, path.read_bytes(), dict(promise.held))


def _sync(device: Device, path: Path) -> visits.SyncResult:
    with Store(path) as store:
        return visits.sync(ObjectClient(Line(device), lambda: _UTC_MS), store)


def check(
    recovery: Recovery, known: Known, records_more: int, chance: random.Random, found: Findings
) -> None:
    """Up to `records_more` records, a cut in one of them or in the start, and a sync."""
    firmware = recovery.firmware
    made = some_records(firmware, chance.randrange(1 << 30))
    ever = dict(known.ever)
    number = chance.randrange(2 + records_more)
    promise = known.promise.copy()
    power = Power(known.chips.copy(), number, chance.choice(_TEARS), promise.watch)
    try:
        device = Device(firmware, power)
        writer = Writer(device, promise, found)
        for at in range(records_more):
            writer.write(*made[at % len(made)])
            ever[device.journal.next - 1] = promise.held[device.journal.next - 1]
    except PowerCut:
        found.cuts += 1
    again = Device(firmware, Power(power.chips, watch=promise.watch))
    writer = Writer(again, promise, found)
    writer.write(records.BOOT, ("power_on", "restart", 4.0, again.boot))
    ever[again.journal.next - 1] = promise.held[again.journal.next - 1]
    with tempfile.TemporaryDirectory(prefix="kitbag-cuts-") as folder:
        path = Path(folder, _STORE)
        path.write_bytes(known.store)
        result = _sync(again, path)
        with Store(path) as store:
            _compare(result, store, ever, promise, found)


def _compare(
    result: visits.SyncResult, store: Store, ever: dict[int, Told], promise: Promise,
    found: Findings,
) -> None:  # fmt: skip
    stored = {one.seq: (one.slot, one.boot) for one in store.records(_ID, result.epoch)}
    gaps = {
        seq
        for gap in store.gaps(_ID, result.epoch)
        for seq in range(gap.first_seq, gap.last_seq + 1)
    }
    found.acknowledged += len(ever)
    for seq, told in ever.items():
        there = stored.get(seq)
        if there is not None and there != told:
            found.wrong_with("wrong", 1, f"{seq} in the store is {there}, was {told}")
        elif there is None and seq in promise.held:
            found.wrong_with("lost", 1, f"{seq} is not in the store")
        elif there is None and seq not in gaps:
            found.wrong_with("unnamed", 1, f"{seq} is neither in the store nor a gap")
    conflicts = len(result.conflicts) + store.quarantined(_ID, result.epoch)
    found.wrong_with("reused", conflicts, f"{conflicts} in quarantine")
    empty = [seq for seq in gaps if seq not in ever and seq > min(ever)]
    found.wrong_with("unfounded", len(empty), f"gaps where nothing was: {empty[:3]}")
