"""The simulated object's process: started, listened to, replaced at every reset, ended."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import queue
import subprocess
import threading
import time
import tty
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import vm
from ..errors import KitbagError, Reason

_KEPT_LINES = 40
_STALL_S = 120.0  # real time; an object at work says so every few hundred milliseconds


@dataclass(frozen=True)
class Message:
    """One line of the control channel: what the object's process says to the one that runs it."""

    word: str
    facts: dict[str, Any]


class VmProcess:
    """The object at work in `folder`; use it in `with`. `port` is the serial port a host may open.

    `console` collects what the firmware prints. Resets are handled in the background: the process
    says what outlives one, is killed, and another goes on from there.
    """

    def __init__(self, folder: Path, path: list[Path], heap_bytes: int, console: Path) -> None:
        self._folder = folder
        self._path = path
        self._heap_bytes = heap_bytes
        self._console = console
        self._messages: queue.Queue[Message] = queue.Queue()
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self._closing = False
        self._master, slave = pty.openpty()
        tty.setraw(slave)
        self.port = os.ttyname(slave)
        os.close(slave)  # from now on the port is held by whoever visits, and by nobody else
        self._said: list[str] = []
        self._heard = time.monotonic()
        self.muted: set[int] = set()  # visits in which nothing will ever answer
        self.lost: Counter[int] = Counter()  # how often one lost what was asked before
        self._thread = threading.Thread(target=self._listen, name="simulated object", daemon=True)

    def __enter__(self) -> VmProcess:
        self._start()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._closing = True
            self._kill()
        self._thread.join(timeout=10)
        os.close(self._master)

    def messages(self) -> Iterator[Message]:
        """What the object says, as it says it. Raises KitbagError when its process ends."""
        while True:
            try:
                message = self._messages.get(timeout=1.0)
            except queue.Empty:
                if time.monotonic() - self._heard > _STALL_S:
                    raise self._stalled() from None
                continue
            if message.word == "gone":
                raise self._error(message.facts["code"])
            yield message

    # --- the process ---------------------------------------------------------------------------

    def _start(self) -> None:
        environment = dict(os.environ)
        environment["MICROPYPATH"] = ":".join([*(str(path) for path in self._path), ".frozen"])
        code = f"from simulated import run; run.main({str(self._folder)!r})"
        command = [str(vm.binary()), "-X", f"heapsize={self._heap_bytes}", "-c", code]
        with self._console.open("ab") as console:
            try:
                self._process = subprocess.Popen(
                    command,
                    stdin=self._master,
                    stdout=console,
                    stderr=subprocess.PIPE,
                    cwd=self._folder,
                    env=environment,
                    text=True,
                    errors="replace",
                    start_new_session=True,  # Ctrl-C is ours to handle
                )
            except OSError as error:
                raise KitbagError(
                    where=command[0],
                    reason=Reason.SIMULATOR,
                    problem="the MicroPython virtual machine does not start",
                    given=error.strerror or str(error),
                    next_step="check the variable MICROPYTHON, or unset it",
                ) from error

    def _kill(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            self._process.wait()

    def _listen(self) -> None:
        while True:
            process = self._process
            assert process is not None
            assert process.stderr is not None
            reset = False
            for line in process.stderr:
                reset = self._take(line) or reset
                if reset:
                    break
            process.stderr.close()
            with self._lock:
                if self._closing:
                    return
                self._kill()
                if not reset:
                    self._messages.put(Message("gone", {"code": process.returncode}))
                    return
                try:
                    self._start()
                except KitbagError as error:
                    self._said.append(str(error))
                    self._messages.put(Message("gone", {"code": -1}))
                    return

    # Whether the process has died the death of a reset and waits to be killed
    def _take(self, line: str) -> bool:
        self._heard = time.monotonic()
        if not line.startswith("@"):
            self._said = [*self._said, line.rstrip()][-_KEPT_LINES:]
            return False
        word, _, facts = line[1:].partition(" ")
        message = Message(word, json.loads(facts))
        if word == "mute":
            self.muted.add(message.facts["visit"])
        elif word == "lost":
            self.lost[message.facts["visit"]] += 1
        elif word == "raised":
            self._said.append(f"{message.facts['file']} ended with {message.facts['error']}")
        if word not in ("waiting", "lost"):
            self._messages.put(message)
        return word == "reset"

    def _stalled(self) -> KitbagError:
        return KitbagError(
            where="simulated object",
            reason=Reason.SIMULATOR,
            problem="the simulated object does not let time pass",
            given=f"nothing heard for {_STALL_S:.0f} s",
            allowed="firmware that sleeps, polls or reads the clock in every loop",
            next_step="look for a loop in the firmware that does none of these",
        )

    def _error(self, code: int) -> KitbagError:
        said = " / ".join(line for line in self._said[-4:] if line)
        return KitbagError(
            where="simulated object",
            reason=Reason.SIMULATOR,
            problem="the virtual machine ended in the middle of the scenario",
            given=f"exit code {code}: {said}" if said else f"exit code {code}",
            next_step=f"look into {self._console}",
        )
