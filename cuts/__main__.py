"""`make cuts`: the power cut in every flash and NVS operation, and bad bits everywhere.

Nothing that was acknowledged may be lost, changed or made up, whatever is cut.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

sys.path.append(str(Path(__file__).resolve().parents[1] / "proofs"))

import crew
import measured
import tally
from firmware_copy import load
from kitbag_tools.errors import ExitCode
from parts import PARTS, Job, Proof, Size, worker
from progress import Told
from promise import Findings

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
        with Told(messages, "cutting", len(jobs), "parts") as told:

            def done(job: Job, findings: Findings) -> None:
                found[job[0]].add(findings)
                told.one_more()

            crew.run(jobs, worker, (given.seed, size), done)
    except KeyboardInterrupt:
        messages.print("interrupted")
        return ExitCode.INTERRUPTED
    tally.show(found, Console(width=max(150, messages.width)))
    messages.print(f"{time.monotonic() - began:.0f} s, seed {given.seed}", highlight=False)
    good = all(findings.good for findings in found.values())
    whole = given.only == PARTS and given.seed == _SEED
    if good and whole and measured.renew("cuts", tally.paragraph(found, size, given.seed)):
        messages.print(f"renewed: {measured.PAGE}", highlight=False)
    return ExitCode.OK if good else ExitCode.FAILED


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
