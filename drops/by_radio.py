"""The same over Bluetooth Low Energy: the whole firmware in link mode, and bleak, on Bumble's
virtual controllers with a model of the air between them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from harm import Findings, compare
from kitbag_tools.transports.ble import BleTransport
from pieces import Job, pieces
from plug import Plug
from support.ble import on_bumble
from support.ble.linked_object import LinkedObject, Steps
from support.ble.room import Room
from whole_object import Visitor

Case: TypeAlias = tuple[int, bool]  # frames until the drop, and whether the last was dealt with

PART = "sync, by radio"
_JOB = 12
_RECORDS = 1_050  # a window has 1,008
# The first visit, over USB, adopts; then the button opens a link window
_STEPS: Steps = [[2, "visit", "sync"], [5, "button", True], [11, "button", False]]


class ByRadio:
    """Does jobs: one object and one link window to each. `step`: only each so many-th drop."""

    def __init__(self, step: int = 1) -> None:
        self._step = step

    @property
    def frames(self) -> int:
        """In a visit that nothing disturbs."""
        return self._frames

    @cached_property
    def _frames(self) -> int:
        with _met() as (_, visitor, link):
            visitor.anew()
            plug = Plug(link, None, lambda: None)
            assert visitor.come(plug), visitor.error
            return plug.frames

    @property
    def cases(self) -> list[Case]:
        """Behind every frame, at once and when something comes after it."""
        cases = [(cut, later) for cut in range(1, self.frames + 1) for later in (False, True)]
        return cases[:: self._step]

    def jobs(self) -> list[Job]:
        return pieces(PART, len(self.cases), _JOB)

    def run(self, job: Job) -> Findings:
        return self.drop(self.cases[job[1] : job[2]])

    def drop(self, cases: Sequence[Case]) -> Findings:
        """One after the other, in one link window."""
        found = Findings()
        with _met() as (room, visitor, link):
            for cut, later in cases:
                found.drops += 1
                visitor.anew()
                plug = Plug(link, cut, lambda: room.call(room.air.drop), answered=later)
                if visitor.come(plug):
                    found.went_on += 1
                    compare(visitor.log, visitor.path, found)
                visitor.between(found)
                if plug.pulled:
                    link.reopen()
                if visitor.come(link):
                    found.resumed += 1
                    compare(visitor.log, visitor.path, found)
                else:
                    found.wrong_with("stuck", 1, f"after frame {cut}: {visitor.error}")
        return found


@contextmanager
def _met() -> Generator[tuple[Room, Visitor, BleTransport]]:
    """A computer that is paired with an object, and adopted by it, and the link between them."""
    with (
        tempfile.TemporaryDirectory(prefix="kitbag-drops-") as name,
        Room() as room,
        LinkedObject(Path(name), _STEPS, room.address, log=_RECORDS) as thing,
    ):
        visitor = Visitor(thing, Path(name))
        assert visitor.visit(1, None) is not None, visitor.error
        thing.wait_for("reset")
        thing.plug_in()
        client, scanner = on_bumble.backend(room.computer(thing.passkey))
        link = BleTransport("", client=client, scanner=scanner, loop=room.loop)
        try:
            yield room, visitor, link
        finally:
            link.close()
