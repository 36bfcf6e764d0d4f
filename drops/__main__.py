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
sys.path[1:1] = [str(_ROOT / folder) for folder in ("proofs", "cuts", "tests")]

from rich.console import Console  # noqa: E402

import crew  # noqa: E402
import measured  # noqa: E402
import shown  # noqa: E402
from harm import Findings  # noqa: E402
from kitbag_tools.errors import ExitCode  # noqa: E402
from progress import Told  # noqa: E402
from provers import PARTS, Job, Provers, worker  # noqa: E402


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
        with Told(messages, "dropping", len(jobs), "parts") as told:

            def done(job: Job, findings: Findings) -> None:
                found[job[0]].add(findings)
                told.one_more()

            crew.run(jobs, worker, (given.step,), done)
    except KeyboardInterrupt:
        messages.print("interrupted")
        return ExitCode.INTERRUPTED
    shown.show(found, Console(width=max(150, messages.width)))
    messages.print(f"{time.monotonic() - began:.0f} s", highlight=False)
    good = all(findings.good for findings in found.values())
    whole = given.only == PARTS and given.step == 1
    if good and whole and measured.renew("drops", shown.paragraph(found)):
        messages.print(f"renewed: {measured.PAGE}", highlight=False)
    return ExitCode.OK if good else ExitCode.FAILED


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
