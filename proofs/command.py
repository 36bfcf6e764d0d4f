"""How a proof runs from the command line: its jobs, a bar, a table, and the page it renews."""

from __future__ import annotations

import argparse
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, Self, TypeVar

from rich.console import Console

import crew
import measured
from kitbag_tools.errors import ExitCode
from progress import Told


class Findings(Protocol):
    """What jobs find, to be added up. `good`: nothing was wrong."""

    @property
    def good(self) -> bool: ...

    def add(self, other: Self, /) -> None: ...


J = TypeVar("J")
F = TypeVar("F", bound=Findings)


@dataclass
class Command(Generic[J, F]):
    """Do `jobs` with what `make(*arguments)` gives in each process (crew.run), and add what they
    find to the part of `found` that `part_of` them says; then `show` it.

    `paragraph` renews that of `name` on the page, where nothing was wrong: None unless the run is
    a whole one. `noted` hears of each job as it is done. `seed` is told with the time.
    """

    name: str
    doing: str
    what: str
    jobs: Sequence[J]
    make: Callable[..., Callable[[J], F]]
    arguments: tuple[Any, ...]
    found: dict[str, F]
    part_of: Callable[[J], str]
    show: Callable[[Mapping[str, F], Console], None]
    paragraph: Callable[[Mapping[str, F]], str] | None
    width: int
    noted: Callable[[J, F, Console], None] = lambda *_: None
    seed: int | None = None

    def run(self) -> ExitCode:
        """0 where nothing was wrong, 1 where something was, 130 after Ctrl-C."""
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        messages = Console(stderr=True)
        began = time.monotonic()
        try:
            with Told(messages, self.doing, len(self.jobs), self.what) as told:

                def done(job: J, findings: F) -> None:
                    self.noted(job, findings, messages)
                    self.found[self.part_of(job)].add(findings)
                    told.one_more()

                crew.run(self.jobs, self.make, self.arguments, done)
        except KeyboardInterrupt:
            messages.print("interrupted")
            return ExitCode.INTERRUPTED
        self.show(self.found, Console(width=max(self.width, messages.width)))
        of = "" if self.seed is None else f", seed {self.seed}"
        messages.print(f"{time.monotonic() - began:.0f} s{of}", highlight=False)
        good = all(findings.good for findings in self.found.values())
        if good and self.paragraph and measured.renew(self.name, self.paragraph(self.found)):
            messages.print(f"renewed: {measured.PAGE}", highlight=False)
        return ExitCode.OK if good else ExitCode.FAILED


def one_of(parts: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    """Reads "PART; PART" of a command line into those of `parts`."""

    def given(text: str) -> tuple[str, ...]:
        named = tuple(part.strip() for part in text.split(";"))
        if strange := [part for part in named if part not in parts]:
            raise argparse.ArgumentTypeError(f"no '{strange[0]}'; there are: {'; '.join(parts)}")
        return named

    return given


def total(found: Mapping[str, F], of: F) -> F:
    """All of `found` added to `of`, which is empty."""
    for findings in found.values():
        of.add(findings)
    return of
