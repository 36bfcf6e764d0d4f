"""Visits to the whole firmware, on the real VM, over a real pseudo-terminal."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from harm import Findings, Log, acknowledged, compare, mark_of
from kitbag_tools import visits
from kitbag_tools.errors import KitbagError
from kitbag_tools.object_client import Hello, ObjectClient
from kitbag_tools.store import Store
from kitbag_tools.transports import Transport
from pieces import Job, pieces
from plug import Plug
from support.ble.linked_object import LinkedObject, Steps

Case: TypeAlias = tuple[int, int]  # frames until the cut, and virtual seconds until the next visit

PART = "sync, the whole object"
_JOB = 16
_RECORDS = 3_100  # a window has 1,008
# Virtual seconds from one visit to the next: the object notices a host's silence after a minute
SOON_S, LATE_S = 5, 90
_ANSWER_S = 30.0  # real ones: the object's own time stands still meanwhile
_UTC_MS = 1_772_402_420_000


class WholeObject:
    """Does jobs: one object to each, which a computer visits whose store is new each time. `step`:
    only each so many-th drop.
    """

    def __init__(self, step: int = 1) -> None:
        self._step = step
        self._frames = 0

    @property
    def frames(self) -> int:
        """In a visit that nothing disturbs."""
        if not self._frames:
            with tempfile.TemporaryDirectory(prefix="kitbag-drops-") as folder:
                self._frames = self._played(Path(folder), (), Findings())
        return self._frames

    def jobs(self) -> list[Job]:
        return pieces(PART, len(self.cases), _JOB)

    def run(self, job: Job) -> Findings:
        return self.drop(self.cases[job[1] : job[2]])

    def drop(self, cases: Sequence[Case]) -> Findings:
        """One after the other, on one object."""
        found = Findings()
        with tempfile.TemporaryDirectory(prefix="kitbag-drops-") as folder:
            self._played(Path(folder), cases, found)
        return found

    @property
    def cases(self) -> list[Case]:
        """Behind every frame, and the object notices that the host has gone, or does not."""
        cases = [(cut, away_s) for cut in range(self.frames + 1) for away_s in (SOON_S, LATE_S)]
        return cases[:: self._step]

    def _played(self, folder: Path, cases: Sequence[Case], found: Findings) -> int:
        """Frames of the first visit, which nothing disturbs and which adopts."""
        with LinkedObject(folder, _steps(cases), None, log=_RECORDS) as thing:
            visitor = Visitor(thing, folder)
            whole = visitor.visit(1, None)
            for number, (cut, _) in enumerate(cases):
                found.drops += 1
                visitor.anew()
                visitor.visit(2 + 2 * number, cut)
                visitor.between(found)
                if visitor.visit(3 + 2 * number, None) is None:
                    found.wrong_with("stuck", 1, f"after frame {cut}: {visitor.error}")
                else:
                    found.resumed += 1
                    compare(visitor.log, visitor.path, found)
        assert whole is not None, visitor.error
        return whole


def _steps(cases: Sequence[Case]) -> Steps:
    times = [2]
    for _, away_s in cases:
        times += [times[-1] + SOON_S, times[-1] + SOON_S + away_s]
    return [[at_s, "visit", "sync"] for at_s in times]


def now_utc_ms() -> int:
    """What the host's clock says."""
    return _UTC_MS


class Visitor:
    """A computer that visits `thing` with a store in `folder`."""

    def __init__(self, thing: LinkedObject, folder: Path) -> None:
        self._thing = thing
        self._folder = folder
        self._stores = 0
        self._acked = b""  # before it came
        self._hello: Hello | None = None
        self.error: KitbagError | None = None

    @property
    def path(self) -> Path:
        return self._folder / f"{self._stores}.sqlite3"

    def anew(self) -> None:
        """With an empty store."""
        self._stores += 1
        self._acked = self._thing.blob("acked")

    def visit(self, count: int, cut: int | None) -> int | None:
        """The frames of the object's `count`th visit, cut after so many; None where it broke."""
        plugs: list[Plug] = []

        def opened(line: Transport) -> ObjectClient:
            # The simulated object sees the host leave, and ends its visit: no coming back in it
            plugs.append(Plug(line, cut, line.close, returns=False))
            return ObjectClient(plugs[0], now_utc_ms, answer_timeout_s=_ANSWER_S, patience_s=0)

        try:
            self._thing.visit(self.sync, count, opened)
        except KitbagError as error:
            self.error = error
            return None
        return plugs[0].frames

    def come(self, line: Transport) -> bool:
        """Over `line`, a radio's; whether it came to its end."""
        client = ObjectClient(line, now_utc_ms)
        try:
            self._thing.unlock(client)
            self.sync(client)
        except KitbagError as error:
            self.error = error
            return False
        return True

    def sync(self, client: ObjectClient) -> None:
        """`kitbag sync`, in an open session."""
        with Store(self.path) as store:
            visits.sync(client, store)
        self._hello = client.hello()

    def between(self, found: Findings) -> None:
        """Nobody is there: nothing may have been acknowledged that is not stored."""
        hello, acked = self._hello, self._thing.blob("acked")
        if hello is not None and acked != self._acked:
            acknowledged(hello.device, hello.epoch, mark_of(acked, hello.epoch), self.path, found)

    @property
    def log(self) -> Log:
        """As the last visit that came to its end has seen it."""
        hello = self._hello
        assert hello is not None
        return Log(hello.device, hello.epoch, hello.first, hello.acked, self._thing.flash)
