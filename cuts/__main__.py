"""`make cuts`: the power cut in every flash and NVS operation, and bad bits everywhere.

Nothing that was acknowledged may be lost, changed or made up, whatever is cut.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

import crew
import tally
from firmware_copy import load
from kitbag_tools.errors import ExitCode
from parts import PARTS, Job, Proof, Size, worker
from promise import Findings

_WORD_EVERY_S = 60.0
_SEED = 1


def main(arguments: Sequence[str]) -> int:
    """Returns 0 where nothing failed, 1 where something did, 130 after Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    messages = Console(stderr=True)
    given = _given(arguments)
    began = time.monotonic()
    size = Size()
    proof = Proof(load(), given.seed, size)
    jobs = proof.jobs(given.only)
    found = {part: Findings(operations=proof.operations(part)) for part in given.only}
    try:
        with _bar(messages) as bar:
            todo = bar.add_task("cutting", total=len(jobs))
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

            crew.run(jobs, worker, (given.seed, size), done)
    except KeyboardInterrupt:
        messages.print("interrupted")
        return ExitCode.INTERRUPTED
    tally.show(found, Console(width=max(150, messages.width)))
    messages.print(f"{time.monotonic() - began:.0f} s, seed {given.seed}", highlight=False)
    good = all(findings.good for findings in found.values())
    whole = given.only == PARTS and given.seed == _SEED
    if good and whole and tally.renew(tally.paragraph(found, size, given.seed)):
        messages.print(f"renewed: {tally.PAGE}", highlight=False)
    return ExitCode.OK if good else ExitCode.FAILED


def _bar(messages: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=messages, disable=not messages.is_terminal,
    )  # fmt: skip


def _given(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="cuts", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=_SEED, help="of the session and what is drawn")
    parser.add_argument("--only", type=_parts, default=PARTS, metavar="PART;...",
                        help="; ".join(PARTS))  # fmt: skip
    return parser.parse_args(arguments)


def _parts(text: str) -> tuple[str, ...]:
    given = tuple(part.strip() for part in text.split(";"))
    if strange := [part for part in given if part not in PARTS]:
        raise argparse.ArgumentTypeError(f"no '{strange[0]}'; there are: {'; '.join(PARTS)}")
    return given


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
