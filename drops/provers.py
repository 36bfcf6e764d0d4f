"""All parts of the proof, each with what does its jobs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

import by_radio
import killing
import proof
import whole_object
from by_radio import ByRadio
from harm import Findings
from killing import Killing
from pieces import Job
from proof import Proof
from software import load
from whole_object import WholeObject

PARTS = (*proof.PARTS, whole_object.PART, by_radio.PART, killing.PART)


class _Prover(Protocol):
    @property
    def frames(self) -> int: ...
    def jobs(self) -> list[Job]: ...
    def run(self, job: Job) -> Findings: ...


class Provers:
    """`step`: only each so many-th drop."""

    def __init__(self, step: int = 1) -> None:
        software = load()
        self._proof = Proof(software, step)
        # Those that wait most come first: at the end no process is left with one of them
        self._others: dict[str, _Prover] = {
            by_radio.PART: ByRadio(step),
            killing.PART: Killing(software, step),
            whole_object.PART: WholeObject(step),
        }

    def jobs(self, parts: tuple[str, ...]) -> list[Job]:
        jobs = [job for part, one in self._others.items() if part in parts for job in one.jobs()]
        return jobs + self._proof.jobs(tuple(part for part in parts if part in proof.PARTS))

    def frames(self, part: str) -> int:
        """In a visit that nothing disturbs, both ways together."""
        other = self._others.get(part)
        return other.frames if other else self._proof.frames(part)

    def run(self, job: Job) -> Findings:
        return self._others.get(job[0], self._proof).run(job)


def worker(step: int) -> Callable[[Job], Findings]:
    """What does jobs in a process of its own."""
    logging.disable()  # Bumble tells of every link that breaks
    return Provers(step).run
