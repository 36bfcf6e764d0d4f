"""The object: what it keeps over a restart, and its end of a pipe, as `kitbag.link.usb` has it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from harm import Log, mark, place
from kitbag.wire import frames, records
from software import DEVICE, Software
from support.fakes import Clock, Memory
from support.nor import Nor


class Thing:
    """An object whose flash holds `flash` and whose NVS holds `kept`, once it has started."""

    def __init__(self, software: Software, flash: bytes, kept: dict[str, Any]) -> None:
        self._software = software
        self.nor = Nor(len(flash) // records.SECTOR, flash)
        self.memory = Memory(dict(kept))
        self.acknowledges: Callable[[int], None] | None = None
        self.start()

    def start(self) -> None:
        """The power comes: a boot of its own, and nobody has come yet."""
        boot = self.memory.number("boot") + 1
        self.memory.keep_number("boot", boot)
        self.clock = Clock(1_000, boot)
        self.journal = self._software.journal(self.nor, boot, self.clock)
        self.care = self._software.care(self.memory)
        self._app = SimpleNamespace(
            journal=self.journal, care=self.care, feel=None, clock=self.clock, memory=self.memory,
            log=self._software.log(self.journal, self.care, self.memory), admitted=(None, 0),
        )  # fmt: skip
        self.journal.write(records.BOOT, "power_on", "restart", 4.0, boot)
        self.come()

    def come(self) -> None:
        """Whoever comes now finds nothing of who was here before."""
        self.about = _about(self._software.about.About, self._app, self._acknowledged)
        self._door = self._software.door.Door(self.about, True)
        self._decoder = frames.Decoder(frames.REQUEST_MAX)
        self._out: deque[bytes] = deque()
        self._more = False

    def _acknowledged(self, seq: int) -> None:
        if self.acknowledges:
            self.acknowledges(seq)

    def write(self, count: int) -> None:
        """`count` records of use."""
        for number in range(count):
            self.clock.ms += 997
            self._app.log.write(
                records.HOLD, 41.3 + number % 97, 1480 + number % 251, 0.62, 0.21, 0.94
            )

    # --- its end of the pipe -------------------------------------------------------------------

    def hear(self, data: bytes) -> None:
        """Take what came in, and do what it says."""
        self.clock.ms += 3
        for body in self._decoder.feed(data):
            answer = self._door.answer(bytes(body))
            self._more = answer is not None
            if answer is not None:
                self._out.append(bytes(frames.encode(answer)))
        if self._door.left:
            out = self._out
            self.come()
            self._out = out

    def say(self) -> bytes:
        """The next frame that it sends; b"" when it has nothing to say."""
        if not self._out and self._more:
            body = self._door.more()
            self._more = body is not None
            if body is not None:
                self._out.append(bytes(frames.encode(body)))
        return self._out.popleft() if self._out else b""

    def drained(self) -> bytes:
        """All that it still says to a host that has gone without its noticing."""
        said = b""
        while frame := self.say():
            said += frame
        return said

    # --- looked at from outside ----------------------------------------------------------------

    @property
    def acked(self) -> int:
        return mark(self.memory.blob("acked"))

    def admit(self, role: int) -> None:
        """A therapist's computer lets one more in."""
        self.about.hosts.admit(role)

    @property
    def admits(self) -> bool:
        return self._app.admitted[0] is not None

    def plans(self) -> tuple[bytes, bytes]:
        """The care plan in force, and the one that would be after a restart."""
        return self.care.to_json(), self._software.care(self.memory).to_json()

    @property
    def log(self) -> Log:
        """What a host that was there last should hold: what was written since is for the next."""
        return Log(DEVICE, self.journal.epoch, self.journal.first, self.acked, self.nor.data)

    def spoil(self, seq: int) -> None:
        """A bit of that record goes bad."""
        self.nor.data[place(seq, self.nor.sectors) + 7] ^= 0x10


def _about(parent: Any, app: Any, acknowledged: Callable[[int], None]) -> Any:
    """link.about.About without heat and senses, as link.window has it."""

    class About(parent):
        def status(self) -> dict[str, Any]:
            return {"state": "idle", "why": "none", "plan_crc": self.care.crc}

        def acknowledge(self, seq: int) -> None:
            super().acknowledge(seq)
            acknowledged(seq)

    return About(app)
