"""A simulated object for tests of its radio: the whole firmware, its log, its button, its USB."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from kitbag_tools import image
from kitbag_tools.errors import KitbagError
from kitbag_tools.keys import HostKey
from kitbag_tools.object_client import ObjectClient
from kitbag_tools.sim import board_code
from kitbag_tools.sim.runner import (
    BOARD_HEAP_BYTES,
    FIRMWARE_HEAP_BYTES,
    GARBAGE_BYTES,
    VM_FACTOR,
)
from kitbag_tools.sim.scenario import WORLD
from kitbag_tools.sim.vm_process import Message, VmProcess
from kitbag_tools.transports import Transport
from kitbag_tools.transports.serial import SerialTransport
from support import full_log

T = TypeVar("T")
Steps = list[list[object]]

WAIT_S = 30.0


class LinkedObject:
    """An object in `folder`, whose steps are those of boards/sim (`[t_s, word, ...]`).

    Use it in `with`; `air` is the address of a room (None: nobody is in the air, and time passes
    as fast as it can). `log` records of an earlier boot are on its flash.
    """

    def __init__(
        self,
        folder: Path,
        steps: Steps,
        air: str | None,
        *,
        duration_s: float = 7200,
        log: int = 0,
    ) -> None:
        self._folder = folder / "object"
        self._folder.mkdir(parents=True)
        self._out = folder
        self._image = image.build("sim").resolve()
        config = {
            "seed": 1,
            "duration_s": duration_s,
            "world": {key: rule.default for key, rule in WORLD.items()},
            "recordings": {"ambient": None, "bladder": None, "replaces": False},
            "image": str(self._image),
            "truth": str(folder),
            "final_visits": [],
            "ticks_start_ms": 0,
        }
        (self._folder / "run.json").write_text(json.dumps(config))
        (self._folder / "steps.jsonl").write_text("".join(json.dumps(s) + "\n" for s in steps))
        if log:
            (self._folder / "flash.bin").write_bytes(full_log.dump(log))
            (self._folder / "nvs.json").write_text(json.dumps({"kitbag/boot": ["i32", 1]}))
        self._air = air
        self._usb: int | None = None
        self._key: HostKey | None = None
        self._said: list[Message] = []
        self._came = threading.Condition()

    def __enter__(self) -> LinkedObject:
        if self._air:
            os.environ["KITBAG_RADIO"] = self._air  # for every process that a reset begins, too
        heap = VM_FACTOR * FIRMWARE_HEAP_BYTES + BOARD_HEAP_BYTES + GARBAGE_BYTES
        path = [board_code.build(), self._image]
        self._process = VmProcess(self._folder, path, heap, self._out / "console.txt")
        self._process.__enter__()
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        os.environ.pop("KITBAG_RADIO", None)
        self._process.__exit__(None, None, None)
        if self._usb is not None:
            os.close(self._usb)

    def _listen(self) -> None:
        with contextlib.suppress(KitbagError):  # its end, in whatever way
            for message in self._process.messages():
                with self._came:
                    self._said.append(message)
                    self._came.notify_all()

    def wait_for(self, word: str, count: int = 1) -> Message:
        """The `count`th message `word` of the object's process."""

        def there() -> bool:
            return len(self.heard(word)) >= count

        with self._came:
            assert self._came.wait_for(there, WAIT_S), self.console()
        return self.heard(word)[count - 1]

    def heard(self, word: str) -> list[Message]:
        return [message for message in self._said if message.word == word]

    def console(self) -> str:
        said = self._process._said
        return "\n".join([(self._out / "console.txt").read_text()[-2000:], *said])

    def visit(
        self,
        work: Callable[[ObjectClient], T],
        count: int = 1,
        opened: Callable[[Transport], ObjectClient] = lambda port: ObjectClient(
            port, lambda: 0, answer_timeout_s=30.0
        ),
    ) -> T:
        """What `work` gives at the object's `count`th visit, over USB (a step of its), with the
        client that `opened` makes.
        """
        message = self.wait_for("visit", count)
        try:
            with opened(SerialTransport(self._process.port)) as client:
                self.unlock(client)
                done = work(client)
                client.bye()
        finally:
            (self._folder / "left").write_text(str(message.facts["visit"]))
        return done

    def unlock(self, client: ObjectClient) -> None:
        """Go on as a computer that this object has adopted: the first time, it does that."""
        device = client.greet().device
        if self._key is None:
            self._key = client.adopt(device, "therapist")
        else:
            client.unlock(self._key, device)

    @property
    def flash(self) -> bytes:
        """What lies on its log's partition now."""
        return (self._folder / "flash.bin").read_bytes()

    def blob(self, key: str) -> bytes | None:
        """What it keeps under `key` in its NVS."""
        kept = json.loads((self._folder / "nvs.json").read_text()).get(f"kitbag/{key}")
        return None if kept is None else base64.b64decode(kept[1])

    def plug_in(self) -> None:
        """A computer opens the USB port, to read what the object shows there."""
        if self._usb is None:
            flags = os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK
            self._usb = os.open(self._process.port, flags)

    def passkey(self) -> int:
        """The passkey that the object shows next on its USB port."""
        assert self._usb is not None
        text = b""
        until = time.monotonic() + WAIT_S
        while time.monotonic() < until:
            try:
                text += os.read(self._usb, 4096)
            except BlockingIOError:
                time.sleep(0.01)
            if found := re.search(rb"passkey (\d{6})\r\n", text):
                return int(found[1])
        raise AssertionError(f"no passkey on the USB port: {text!r}")

    def moved(self) -> list[str]:
        """The rows of outputs.csv in which an output is not zero."""
        rows = (self._out / "outputs.csv").read_text().splitlines()[1:]
        return [row for row in rows if float(row.rsplit(",", 1)[1])]
