"""All parts of the proof, each with what does its jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import killing
import proof
from harm import Findings
from killing import Killing
from proof import Proof
from software import load

Job: TypeAlias = tuple[str, int, int]  # part, from, up to

PARTS = (*proof.PARTS, killing.PART)


class Provers:
    """`step`: only each so many-th drop."""

    def __init__(self, step: int = 1) -> None:
        software = load()
        self._proof = Proof(software, step)
        self._killing = Killing(software, step)

    def jobs(self, parts: tuple[str, ...]) -> list[Job]:
        """The longest first: at the end no process waits for another."""
        lines = self._proof.jobs(tuple(part for part in parts if part in proof.PARTS))
        return [*(self._killing.jobs() if killing.PART in parts else ()), *lines]

    def frames(self, part: str) -> int:
        """In a visit that nothing disturbs, both ways together."""
        return self._killing.frames if part == killing.PART else self._proof.frames(part)

    def run(self, job: Job) -> Findings:
        return self._killing.run(job) if job[0] == killing.PART else self._proof.run(job)


def worker(step: int) -> Callable[[Job], Findings]:
    """What does jobs in a process of its own."""
    return Provers(step).run
