"""Every drop of every visit, cut into jobs for several processes."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

from cable import Back, Cable, Cut, Passed
from flows import FLOWS, Flow, Host, Scene, plans
from harm import Findings, acknowledged
from kitbag.wire import requests
from kitbag_tools.errors import ExitCode, KitbagError, Reason
from pieces import Job, pieces
from software import DEVICE, PORT, Software
from thing import Thing

_JOB = 40
# What a lost line may end a visit in; at its very beginning nobody can tell who was there
_OF_THE_LINE = (Reason.LINK_LOST, Reason.DATA_INCOMPLETE, Reason.NOT_A_KITBAG)
_NAMES = {flow.name: flow for flow in FLOWS}
PARTS = tuple(_NAMES)


@dataclass(frozen=True)
class Case:
    """One drop: where, what the object is afterwards, and whether the line comes back to a host
    that waits for it.
    """

    cut: Cut
    back: Back
    returns: bool


class Proof:
    """Does jobs. The same findings in any order of jobs. `step`: only each so many-th drop."""

    def __init__(self, software: Software, step: int = 1) -> None:
        self._software = software
        self._step = step
        self._scenes: dict[str, Scene] = {}
        self._cases: dict[str, list[Case]] = {}
        self._frames: dict[str, list[Passed]] = {}

    def jobs(self, parts: tuple[str, ...] = PARTS) -> list[Job]:
        counts = {part: len(self.cases(_NAMES[part])) for part in parts}
        return [job for part, count in counts.items() for job in pieces(part, count, _JOB)]

    def run(self, job: Job) -> Findings:
        part, begin, end = job
        flow = _NAMES[part]
        found = Findings()
        for case in self.cases(flow)[begin:end]:
            self._drop(flow, case, found)
        return found

    def frames(self, part: str) -> int:
        """In a visit that nothing disturbs."""
        return len(self._passed(_NAMES[part]))

    def cases(self, flow: Flow) -> list[Case]:
        if flow.name not in self._cases:
            self._cases[flow.name] = _all_cases(flow, self._passed(flow))[:: self._step]
        return self._cases[flow.name]

    def _scene(self, flow: Flow) -> Scene:
        if flow.name not in self._scenes:
            self._software.begin(f"before {flow.name}")
            with _folder() as folder:
                self._scenes[flow.name] = flow.scene(self._software, folder)
        return self._scenes[flow.name]

    def _passed(self, flow: Flow) -> list[Passed]:
        if flow.name not in self._frames:
            scene = self._scene(flow)
            self._software.begin(flow.name)
            with _folder() as folder:
                cable = self._cable(scene.thing(self._software), None)
                flow.visit(scene.host(self._software, folder))
            self._frames[flow.name] = cable.passed
        return self._frames[flow.name]

    def _cable(self, thing: Thing, case: Case | None) -> Cable:
        clock = self._software.clock
        if case is None:
            cable = Cable(thing, clock, None, Back.SAME, returns=False)
        else:
            cable = Cable(thing, clock, case.cut, case.back, returns=case.returns)
        self._software.plugs[PORT] = cable.plugged
        return cable

    # A visit that is dropped, and the one after it
    def _drop(self, flow: Flow, case: Case, found: Findings) -> None:
        scene = self._scene(flow)
        self._software.begin(flow.name)
        found.drops += not case.cut.more
        found.halves += bool(case.cut.more)
        with _folder() as folder:
            thing, host = scene.thing(self._software), scene.host(self._software, folder)
            epoch = thing.journal.epoch
            thing.acknowledges = lambda seq: acknowledged(DEVICE, epoch, seq, host.path, found)
            cable = self._cable(thing, case)
            error = _broken(flow.visit, host)
            cable.gone = True
            if error is None and cable.came_back:
                found.went_on += 1
                flow.check(thing, host, found)
            elif error is not None and error.reason not in _OF_THE_LINE:
                found.wrong_with("stuck", 1, f"{flow.name}, {case}: {error}")
            _between(thing, host, flow, found)
            if scene.admits and case.back is Back.RESTARTED:
                cable.plugged()
                thing.admit(requests.CLINICIAN)  # who let it in does so again
            try:
                flow.visit(host)
                flow.check(thing, host, found)
                left = thing.journal.next - thing.acked if flow.downloads else 0
                found.wrong_with("stuck", left, f"{flow.name}, {case}: {left} not acknowledged")
                found.resumed += 1
            except KitbagError as error:
                shut = error.reason.exit_code == ExitCode.REFUSED
                what = "shut_out" if shut else "stuck"
                found.wrong_with(what, 1, f"{flow.name}, {case}, again: {error}")


def _broken(visit: Callable[[Host], None], host: Host) -> KitbagError | None:
    """What ended `visit` before its time."""
    try:
        visit(host)
    except KitbagError as error:
        return error
    return None


# While nobody is there: what each side holds must be true by itself
def _between(thing: Thing, host: Host, flow: Flow, found: Findings) -> None:
    if host.path.exists():
        acknowledged(DEVICE, thing.journal.epoch, thing.acked, host.path, found)
    strange = [one for one in thing.plans() if one not in plans()]
    found.wrong_with("mixed", len(strange), f"{flow.name}: {strange[:1]}")


def _all_cases(flow: Flow, passed: list[Passed]) -> list[Case]:
    waits = (True, False) if flow.downloads else (False,)
    cases = [
        Case(Cut(frames), back, returns)
        for frames in range(len(passed) + 1)
        for back in Back
        for returns in waits
    ]
    backs = list(Back)
    for frames, frame in enumerate(passed):
        for more in _places(flow, frame.size):
            turn, which = divmod(len(cases), len(backs))
            cases.append(Case(Cut(frames, more), backs[which], waits[turn % len(waits)]))
    return cases


# Of a short visit every byte, of a long one each frame's ends and middle
def _places(flow: Flow, size: int) -> list[int]:
    return sorted({1, size // 2, size - 1}) if flow.downloads else list(range(1, size))


@contextlib.contextmanager
def _folder() -> Generator[Path]:
    shared = Path("/dev/shm")  # SQLite waits for the disk otherwise, thousands of times
    where = shared if shared.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="kitbag-drops-", dir=where) as folder:
        yield Path(folder)
