"""The host's process killed, at every frame and in the middle of what it does to its store."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path

from cable import Back, Cable
from flows import SYNC, Scene
from harm import Findings, acknowledged
from kitbag.wire import frames
from kitbag_tools.errors import KitbagError
from pieces import Job, pieces
from software import DEVICE, PORT, Software
from thing import Thing

PART = "kill -9 of the host"
_JOB = 10
_VICTIM = Path(__file__).with_name("victim.py")
_LATER_S = (0.0, 0.004, 0.02)  # after the frame: it may be read by then, or dealt with
_COMMITTING_S = (0.0002, 0.0005, 0.001, 0.002, 0.004, 0.008, 0.016)
_PATIENCE_S = 60.0


@dataclass(frozen=True)
class Kill:
    """After so many frames, or at that statement of SQLite's; and so long after it."""

    frames: int | None = None
    statement: int | None = None
    later_s: float = 0.0


class Killing:
    """Does jobs. `step`: only each so many-th kill."""

    def __init__(self, software: Software, step: int = 1) -> None:
        self._software = software
        self._step = step

    def jobs(self) -> list[Job]:
        return pieces(PART, len(self.kills), _JOB)

    def run(self, job: Job) -> Findings:
        found = Findings()
        for number in range(job[1], job[2]):
            self._kill(self.kills[number], number, found)
        return found

    @property
    def frames(self) -> int:
        """In a visit that nothing disturbs."""
        return self._whole[0]

    @cached_property
    def kills(self) -> list[Kill]:
        """Every frame; of each row of like statements the first ones, the middle and the last; and
        all through the commits.
        """
        passed, statements = self._whole
        kills = [
            Kill(frames=number, later_s=_LATER_S[number % len(_LATER_S)])
            for number in range(1, passed + 1)
        ]
        at = 0
        for statement, row in groupby(statements):
            size = len(list(row))
            some = {0, 1, size // 2, size - 1} & set(range(size))
            kills += [Kill(statement=at + number) for number in sorted(some)]
            if statement == "COMMIT":
                kills += [Kill(statement=at, later_s=later_s) for later_s in _COMMITTING_S]
            at += size
        return kills[:: self._step]

    @cached_property
    def _scene(self) -> Scene:
        self._software.begin(PART)
        with tempfile.TemporaryDirectory(prefix="kitbag-drops-") as folder:
            return SYNC.scene(self._software, Path(folder))

    @cached_property
    def _whole(self) -> tuple[int, list[str]]:
        """Frames, and SQLite's statements, of a visit that nothing disturbs."""
        with tempfile.TemporaryDirectory(prefix="kitbag-drops-") as folder:
            thing = self._scene.thing(self._software)
            self._scene.host(self._software, Path(folder))
            passed, said = _visited(thing, Path(folder), Kill())
        return passed, said.splitlines()

    def _kill(self, kill: Kill, number: int, found: Findings) -> None:
        self._software.begin(f"{PART} {number}")
        found.drops += 1
        with tempfile.TemporaryDirectory(prefix="kitbag-drops-") as name:
            folder = Path(name)
            thing = self._scene.thing(self._software)
            host = self._scene.host(self._software, folder)
            _visited(thing, folder, kill)
            acknowledged(DEVICE, thing.journal.epoch, thing.acked, host.path, found)
            cable = Cable(
                thing, self._software.clock, None, list(Back)[number % len(Back)], returns=False
            )
            cable.gone = True
            self._software.plugs[PORT] = cable.plugged
            try:
                host.sync()
                SYNC.check(thing, host, found)
                found.resumed += 1
            except KitbagError as error:
                found.wrong_with("stuck", 1, f"{kill}: {error}")


def _visited(thing: Thing, folder: Path, kill: Kill) -> tuple[int, str]:
    """(frames that passed, what it printed) of a host with `folder` that visits `thing`."""
    ours, theirs = socket.socketpair()
    how = [str(folder), str(theirs.fileno())]
    if kill.statement is not None:
        how += [str(kill.statement), str(kill.later_s)]
    with ours, subprocess.Popen(
        [sys.executable, str(_VICTIM), *how], pass_fds=[theirs.fileno()], stdout=subprocess.PIPE,
        text=True,
    ) as victim:  # fmt: skip
        theirs.close()
        ours.settimeout(_PATIENCE_S)

        def dies(passed: int) -> bool:
            if passed != kill.frames:
                return False
            time.sleep(kill.later_s)
            victim.kill()
            return True

        passed = _serve(thing, ours, dies)
        said = victim.communicate(timeout=_PATIENCE_S)[0]
    return passed, said


def _serve(thing: Thing, line: socket.socket, dies: Callable[[int], bool]) -> int:
    """Be the object until the host is gone; how many frames have passed."""
    passed = 0
    while True:
        try:
            data = line.recv(4096)
        except ConnectionError:  # gone with something unread
            return passed
        if not data:
            return passed
        thing.hear(data)
        passed += data.count(frames.END)
        if dies(passed):
            return passed
        while frame := thing.say():
            try:
                line.sendall(frame)
            except ConnectionError:
                return passed
            passed += 1
            if dies(passed):
                return passed
