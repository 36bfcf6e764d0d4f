"""An object made of the same wire modules, on a real pseudo-terminal, that can misbehave.

It serves a log of slots in sectors, answers every request frame with one frame, and does on
purpose what real links and real flash do by accident: flip bits, stay silent, answer late or
nonsense, vanish in the middle of a download and come back.
"""

from __future__ import annotations

import hashlib
import os
import select
import struct
import threading
import tty
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kitbag.wire import frames, plan, records, requests, sealing
from kitbag_tools.ciphers import Aes
from kitbag_tools.keys import HostKey

KEY = HostKey(b"\x10\x20\x30\x40", "therapist", bytes(range(16)))  # it knows this one
EPOCH = 0x5EED0001


class Log:
    """Slots by seq, and the boot of each sector's first record. Sectors hold 252 records."""

    def __init__(self, epoch: int = EPOCH, first: int = 1) -> None:
        self.epoch = epoch
        self.first = first
        self.slots: list[bytes] = []
        self.boots: dict[int, int] = {}

    @property
    def next(self) -> int:
        return self.first + len(self.slots)

    def add(self, kind: int, boot: int, uptime_ms: int, *values: Any) -> int:
        """Append one record; its seq."""
        seq = self.next
        self.boots.setdefault((seq - 1) // records.RECORDS_PER_SECTOR, boot)
        slot = records.pack(kind, boot, uptime_ms, self.epoch, seq, values)
        self.slots.append(bytes(slot))
        return seq

    def forget_before(self, seq: int) -> None:
        """The ring came round: everything below `seq` is gone."""
        self.slots = self.slots[seq - self.first :]
        self.first = seq

    def read(self, first: int, count: int) -> tuple[int, int, bytes] | None:
        if not self.first <= first < self.next:
            return None
        sector = (first - 1) // records.RECORDS_PER_SECTOR
        stop = min(self.next, (sector + 1) * records.RECORDS_PER_SECTOR + 1)
        stop = min(stop, first + count, first + requests.READ_MAX)
        slots = b"".join(self.slots[first - self.first : stop - self.first])
        return first, self.boots[sector], slots


class FakeObject:
    """The object end of a pseudo-terminal. `path` is what a host opens; use it in `with`.

    `uptime_ms` is a function. `spoil(number, frame)` may change the frame that answers request
    `number` (from 0, over all connections), return None to stay silent, or b"" to vanish.
    """

    def __init__(
        self,
        log: Log,
        link: Path,
        *,
        device: str = "c0ffee01",
        boot: int = 1,
        uptime_ms: Callable[[], int] = lambda: 600_000,
        spoil: Callable[[int, bytes], bytes | None] | None = None,
        speaks: bool = True,
    ) -> None:
        self.log = log
        self.link = link
        self.device = device
        self.boot = boot
        self.uptime_ms = uptime_ms
        self.spoil = spoil
        self.speaks = speaks
        self.key: HostKey | None = KEY
        self._seals: tuple[sealing.Seal, sealing.Seal] | None = None
        self.requests: list[str] = []
        self.received = b""
        self.acked = 0
        self.anchors: list[dict[str, Any]] = []
        self.plan = plan.to_json(plan.defaults())
        self.status: dict[str, Any] = {"state": "idle", "why": "none", "pad_c": 24.5}
        self.feelings: Callable[[], dict[str, Any]] = dict  # what `feel` is answered with
        self.keeps: bytes | None = None  # a plan that it puts in the place of any other
        self.answer_with: dict[str, dict[str, Any]] = {}
        self._incoming: bytearray | None = None
        self._ahead: tuple[int, int, int] | None = None  # turn, next seq and end of a window
        self._answered = 0
        self._master = -1
        self._slave = -1
        self._stop, self._stopped = os.pipe()
        self._thread: threading.Thread | None = None

    @property
    def path(self) -> str:
        return str(self.link)

    def __enter__(self) -> FakeObject:
        self.plug_in()
        return self

    def __exit__(self, *_: object) -> None:
        self.unplug()
        os.close(self._stopped)
        os.close(self._stop)

    def plug_in(self) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(os.ttyname(self._slave))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        """Pull the cable: the port is gone, an open host gets an error."""
        if self._thread and self._thread is not threading.current_thread():
            os.write(self._stopped, b"x")
            self._thread.join(5)
            os.read(self._stop, 1)
        self._thread = None
        self.link.unlink(missing_ok=True)
        for fd in (self._master, self._slave):
            if fd >= 0:
                os.close(fd)
        self._master = self._slave = -1

    def _serve(self) -> None:
        decoder = frames.Decoder(256)
        while True:
            ready, _, _ = select.select([self._master, self._stop], [], [])
            if self._stop in ready:
                return
            try:
                data = os.read(self._master, 512)
            except OSError:
                return
            self.received += data
            for body in decoder.feed(data):
                self._ahead = None
                answer: bytes | None = self._heard(body)
                while answer is not None:
                    if not self._say(answer):
                        self._thread = None
                        self.unplug()
                        return
                    answer = self._more()

    def _say(self, body: bytes) -> bool:
        frame: bytes | None = frames.encode(body)
        if not self.speaks:
            frame = b"MicroPython v1.28.0 on 2026-01-01\r\n>>> "
        number, self._answered = self._answered, self._answered + 1
        if self.spoil and frame is not None:
            frame = self.spoil(number, frame)
        if frame == b"":
            return False
        if frame:
            os.write(self._master, frame)
        return True

    # What goes sealed, or is to: the answer to any body
    def _heard(self, body: bytes) -> bytes:
        if body[0] == frames.CHALLENGE:
            if self.key is None or body[2:6] != self.key.host:
                return requests.answer(body[1], error=requests.E_NOT_ADOPTED)
            nonce = bytes(sealing.NONCE)
            keys = sealing.session_keys(self.key.secret, body[6:], nonce, self.device)
            self._seals = sealing.Seal(Aes, keys[0]), sealing.Seal(Aes, keys[1])
            return bytes([frames.PROOF, body[1]]) + nonce + sealing.proof(keys[1])
        if body[0] == frames.ADOPT:
            host, secret = sealing.adopted(body[3:], bytes(sealing.NONCE), self.device)
            self.key = HostKey(host, "therapist", secret)
            return bytes([frames.SHARE, body[1]]) + bytes(sealing.NONCE)
        if body[0] != frames.SEALED:
            return self._answer(body)
        opened = self._seals[0].open(body) if self._seals else None
        if opened is None or self._seals is None:
            return requests.answer(0, error=requests.E_NO_SESSION)
        return self._seals[1].close(self._answer(opened))

    def _answer(self, body: bytes) -> bytes:
        if body[0] == frames.PART:
            _, turn, offset = struct.unpack_from(requests.PART_HEADER, body)
            self.requests.append("plan_part")
            piece = body[requests.PART_HEADER_SIZE :]
            if self._incoming is None:
                return requests.answer(turn, error=requests.E_BAD_REQUEST)
            self._incoming[offset : offset + len(piece)] = piece
            return requests.answer(turn)
        given = requests.fields_of(body)
        turn, op = given["n"], given["op"]
        self.requests.append(op)
        if op == "read":
            self._ahead = (turn, given["from"], given["from"] + given["count"])
            return self._read() or requests.answer(turn, error=requests.E_NO_SUCH_RECORD)
        if op in self.answer_with:
            return requests.answer(turn, **self.answer_with[op])
        return getattr(self, f"_on_{op}", self._on_unknown)(turn, given)

    def _read(self) -> bytes | None:
        if self._ahead is None:
            return None
        turn, at, end = self._ahead
        found = self.log.read(at, end - at) if at < end else None
        if found is None:
            self._ahead = None
            return None
        first, boot, slots = found
        self._ahead = (turn, first + len(slots) // records.SLOT, end)
        return requests.records(turn, self.log.epoch, first, boot, slots)

    # The next frame of an answer that has several
    def _more(self) -> bytes | None:
        body = self._read()
        return body if body is None or self._seals is None else self._seals[1].close(body)

    def _on_unknown(self, turn: int, _: dict[str, Any]) -> bytes:
        return requests.answer(turn, error=requests.E_UNKNOWN_OP)

    def _on_hello(self, turn: int, _: dict[str, Any]) -> bytes:
        return requests.answer(
            turn,
            kitbag=requests.PROTOCOL,
            id=self.device,
            fw="0.1.0",
            adopted=self.key is not None,
            schema=records.SCHEMA,
            epoch=self.log.epoch,
            boot=self.boot,
            uptime_ms=self.uptime_ms(),
            first=self.log.first,
            next=self.log.next,
            acked=self.acked,
        )

    def _on_status(self, turn: int, _: dict[str, Any]) -> bytes:
        return requests.answer(turn, plan_crc=frames.crc32(self.plan), **self.status)

    def _on_feel(self, turn: int, _: dict[str, Any]) -> bytes:
        return requests.answer(turn, **self.feelings())

    def _on_time(self, turn: int, _: dict[str, Any]) -> bytes:
        return requests.answer(turn, uptime_ms=self.uptime_ms())

    def _on_anchor(self, turn: int, given: dict[str, Any]) -> bytes:
        self.anchors.append(given)
        utc_s, milli = divmod(given["utc_ms"], 1000)
        self.log.add(records.ANCHOR, self.boot, given["uptime_ms"], utc_s, milli, given["rtt_ms"])
        return requests.answer(turn)

    def _on_count(self, turn: int, given: dict[str, Any]) -> bytes:
        return requests.answer(
            turn, count=max(0, self.log.next - max(self.log.first, given["from"]))
        )

    def _on_abort(self, turn: int, _: dict[str, Any]) -> bytes:
        return requests.answer(turn)

    def _on_digest(self, turn: int, given: dict[str, Any]) -> bytes:
        first = given["from"]
        if not self.log.first <= first < self.log.next:
            return requests.answer(turn, error=requests.E_NO_SUCH_RECORD)
        start = first - self.log.first
        slots = b"".join(self.log.slots[start : start + given["count"]])
        return requests.answer(turn, digest=hashlib.sha256(slots).hexdigest())

    def _on_ack(self, turn: int, given: dict[str, Any]) -> bytes:
        self.acked = given["seq"]
        return requests.answer(turn)

    def _on_plan_get(self, turn: int, given: dict[str, Any]) -> bytes:
        at = given["at"]
        piece = self.plan[at : at + 200]
        while (
            piece
            and at + len(piece) < len(self.plan)
            and self.plan[at + len(piece)] & 0xC0 == 0x80
        ):
            piece = piece[:-1]
        return requests.answer(
            turn,
            size=len(self.plan),
            crc=frames.crc32(self.plan),
            data=piece.decode(),
            next=at + len(piece),
        )

    def _on_plan_open(self, turn: int, given: dict[str, Any]) -> bytes:
        self._incoming = bytearray(given["size"])
        return requests.answer(turn)

    def _on_plan_apply(self, turn: int, given: dict[str, Any]) -> bytes:
        incoming = bytes(self._incoming or b"")
        if frames.crc32(incoming) != given["crc"]:
            return requests.answer(turn, error=requests.E_PLAN_INCOMPLETE)
        if plan.from_json(incoming)[1]:
            return requests.answer(turn, error=requests.E_PLAN_INVALID)
        self.plan = self.keeps or incoming
        return requests.answer(turn, crc=given["crc"])

    def _on_bye(self, turn: int, _: dict[str, Any]) -> bytes:
        return requests.answer(turn)
