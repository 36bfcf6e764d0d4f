"""`make chaos`: nights at random, with every sort of fault; no gap that the log does not name.

`.venv/bin/python chaos --only 17,w3` plays two of them again and keeps their folders.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rich.console import Console

sys.path.append(str(Path(__file__).resolve().parents[1] / "proofs"))

import told_nights
from command import Command
from drawn import SHORT, WHOLE, Name
from findings import Findings
from judged import folder_of, worker
from kitbag_tools import image
from kitbag_tools.sim import board_code

_SEED = 1
_WHOLE, _SHORT = 20, 1000


def main(arguments: Sequence[str]) -> int:
    """Returns 0 where nothing was wrong, 1 where something was, 130 after Ctrl-C."""
    given = _given(arguments)
    names = given.only or [
        *(Name(WHOLE, number, given.seed) for number in range(1, given.whole + 1)),
        *(Name(SHORT, number, given.seed) for number in range(1, given.short + 1)),
    ]
    board_code.build()  # once, before two processes want it
    object_image = image.build("sim")
    usual = (given.seed, given.whole, given.short) == (_SEED, _WHOLE, _SHORT) and not given.only

    def noted(name: Name, findings: Findings, messages: Console) -> None:
        findings.examples = [f"night {name}: {one}" for one in findings.examples]
        for example in findings.examples:
            messages.print(example, style="red", highlight=False, markup=False)
        if given.only or not findings.good:
            messages.print(f"kept: {folder_of(name)}", highlight=False)

    command: Command[Name, Findings] = Command(
        name="chaos",
        doing="playing",
        what="nights",
        jobs=[Name(name.kind, name.number, given.seed) for name in names],
        make=worker,
        arguments=(object_image, bool(given.only)),
        found={kind: Findings() for kind in (WHOLE, SHORT)},
        part_of=lambda name: name.kind,
        show=told_nights.show,
        paragraph=partial(told_nights.paragraph, seed=given.seed) if usual else None,
        width=100,
        noted=noted,
        seed=given.seed,
    )
    return command.run()


def _given(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="chaos", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=_SEED, help="of every night")
    parser.add_argument("--whole", type=int, default=_WHOLE, help="how many nights of eight hours")
    parser.add_argument("--short", type=int, default=_SHORT, help="how many of ten minutes")
    parser.add_argument("--only", type=_names, default=[], metavar="NIGHTS",
                        help="these, and keep what they wrote: 17,40-60,w3")  # fmt: skip
    return parser.parse_args(arguments)


def _names(text: str) -> list[Name]:
    found: list[Name] = []
    for word in text.split(","):
        kind = WHOLE if word.startswith("w") else SHORT
        first, _, last = word.removeprefix("w").partition("-")
        try:
            numbers = range(int(first), int(last or first) + 1)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{word} is no night: 17, 40-60, w3") from None
        found += [Name(kind, number, 0) for number in numbers]
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
