"""`make drops`: the line lost at every frame of every visit, on both pipes, and the host killed.

The next visit must come to its end, and the store then hold what lies on the object's flash.
"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
# What the tests know of pipes, and what `make cuts` knows of proofs, is of use here
sys.path[1:1] = [str(_ROOT / folder) for folder in ("cuts", "tests")]

from rich.console import Console  # noqa: E402
from rich.progress import (  # noqa: E402
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

import crew  # noqa: E402
import shown  # noqa: E402
import tally  # noqa: E402
from harm import Findings  # noqa: E402
from kitbag_tools.errors import ExitCode  # noqa: E402
from provers import PARTS, Job, Provers, worker  # noqa: E402

_WORD_EVERY_S = 60.0


def main(arguments: Sequence[str]) -> int:
    """Returns 0 where nothing failed, 1 where something did, 130 after Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    messages = Console(stderr=True)
    given = _given(arguments)
    began = time.monotonic()
    logging.disable()  # as in the other processes
    provers = Provers(given.step)
    jobs = provers.jobs(given.only)
    found = {part: Findings(frames=provers.frames(part)) for part in given.only}
    try:
        with _bar(messages) as bar:
            todo = bar.add_task("dropping", total=len(jobs))
            played = 0
            word_s = time.monotonic()

            def done(job: Job, findings: Findings) -> None:
                nonlocal played, word_s
                found[job[0]].add(findings)
                played += 1
                bar.update(todo, advance=1)
                if not messages.is_terminal and time.monotonic() - word_s > _WORD_EVERY_S:
                    word_s = time.monotonic()
                    messages.print(f"{played} of {len(jobs)} parts done", highlight=False)

            crew.run(jobs, worker, (given.step,), done)
    except KeyboardInterrupt:
        messages.print("interrupted")
        return ExitCode.INTERRUPTED
    shown.show(found, Console(width=max(150, messages.width)))
    messages.print(f"{time.monotonic() - began:.0f} s", highlight=False)
    good = all(findings.good for findings in found.values())
    whole = given.only == PARTS and given.step == 1
    if good and whole and tally.renew(shown.paragraph(found), name="drops"):
        messages.print(f"renewed: {tally.PAGE}", highlight=False)
    return ExitCode.OK if good else ExitCode.FAILED


def _bar(messages: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=messages, disable=not messages.is_terminal,
    )  # fmt: skip


def _given(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="drops", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", type=_parts, default=PARTS, metavar="PART;...",
                        help="; ".join(PARTS))  # fmt: skip
    parser.add_argument("--step", type=int, default=1, help="only each so many-th drop")
    return parser.parse_args(arguments)


def _parts(text: str) -> tuple[str, ...]:
    given = tuple(part.strip() for part in text.split(";"))
    if strange := [part for part in given if part not in PARTS]:
        raise argparse.ArgumentTypeError(f"no '{strange[0]}'; there are: {'; '.join(PARTS)}")
    return given


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
