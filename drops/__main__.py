"""`make drops`: the line lost at every frame of every visit, on both pipes, and the host killed.

The next visit must come to its end, and the store then hold what lies on the object's flash.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
# What the tests know of pipes, and what `make cuts` knows of the firmware, is of use here
sys.path[1:1] = [str(_ROOT / folder) for folder in ("proofs", "cuts", "tests")]

import shown  # noqa: E402
from command import Command, one_of  # noqa: E402
from harm import Findings  # noqa: E402
from pieces import Job  # noqa: E402
from provers import PARTS, Provers, worker  # noqa: E402


def main(arguments: Sequence[str]) -> int:
    """Returns 0 where nothing failed, 1 where something did, 130 after Ctrl-C."""
    given = _given(arguments)
    logging.disable()  # as in the other processes
    provers = Provers(given.step)
    whole = given.only == PARTS and given.step == 1
    command: Command[Job, Findings] = Command(
        name="drops",
        doing="dropping",
        what="parts",
        jobs=provers.jobs(given.only),
        make=worker,
        arguments=(given.step,),
        found={part: Findings(frames=provers.frames(part)) for part in given.only},
        part_of=lambda job: job[0],
        show=shown.show,
        paragraph=shown.paragraph if whole else None,
        width=150,
    )
    return command.run()


def _given(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="drops", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", type=one_of(PARTS), default=PARTS, metavar="PART;...",
                        help="; ".join(PARTS))  # fmt: skip
    parser.add_argument("--step", type=int, default=1, help="only each so many-th drop")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
