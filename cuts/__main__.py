"""`make cuts`: the power cut in every flash and NVS operation, and bad bits everywhere.

Nothing that was acknowledged may be lost, changed or made up, whatever is cut.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "proofs"))

import tally
from command import Command, one_of
from firmware_copy import load
from parts import PARTS, Job, Proof, Size, worker
from promise import Findings

_SEED = 1


def main(arguments: Sequence[str]) -> int:
    """Returns 0 where nothing failed, 1 where something did, 130 after Ctrl-C."""
    given = _given(arguments)
    size = Size()
    proof = Proof(load(), given.seed, size)
    whole = given.only == PARTS and given.seed == _SEED
    command: Command[Job, Findings] = Command(
        name="cuts",
        doing="cutting",
        what="parts",
        jobs=proof.jobs(given.only),
        make=worker,
        arguments=(given.seed, size),
        found={part: Findings(operations=proof.operations(part)) for part in given.only},
        part_of=lambda job: job[0],
        show=tally.show,
        paragraph=partial(tally.paragraph, size=size, seed=given.seed) if whole else None,
        width=150,
        seed=given.seed,
    )
    return command.run()


def _given(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="cuts", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=_SEED, help="of the session and what is drawn")
    parser.add_argument("--only", type=one_of(PARTS), default=PARTS, metavar="PART;...",
                        help="; ".join(PARTS))  # fmt: skip
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
