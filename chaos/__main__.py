"""`make chaos`: nights at random, with every sort of fault; no gap that the log does not name.

`.venv/bin/python chaos --only 17,w3` plays two of them again and keeps their folders.
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
import told_nights
from drawn import SHORT, WHOLE, Name
from findings import Findings
from judged import folder_of, worker
from kitbag_tools import image
from kitbag_tools.errors import ExitCode
from kitbag_tools.sim import board_code
from progress import Told

_SEED = 1
_WHOLE, _SHORT = 20, 1000


def main(arguments: Sequence[str]) -> int:
    """Returns 0 where nothing was wrong, 1 where something was, 130 after Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    messages = Console(stderr=True)
    given = _given(arguments)
    began = time.monotonic()
    names = given.only or [
        *(Name(WHOLE, number, given.seed) for number in range(1, given.whole + 1)),
        *(Name(SHORT, number, given.seed) for number in range(1, given.short + 1)),
    ]
    names = [Name(name.kind, name.number, given.seed) for name in names]
    found = {kind: Findings() for kind in (WHOLE, SHORT)}
    board_code.build()  # once, before two processes want it
    object_image = image.build("sim")
    try:
        with Told(messages, "playing", len(names), "nights") as told:

            def done(name: Name, findings: Findings) -> None:
                findings.examples = [f"night {name}: {one}" for one in findings.examples]
                found[name.kind].add(findings)
                told.one_more()
                for example in findings.examples:
                    messages.print(example, style="red", highlight=False, markup=False)
                if given.only or not findings.good:
                    messages.print(f"kept: {folder_of(name)}", highlight=False)

            crew.run(names, worker, (object_image, bool(given.only)), done)
    except KeyboardInterrupt:
        messages.print("interrupted")
        return ExitCode.INTERRUPTED
    told_nights.show(found, Console(width=max(100, messages.width)))
    messages.print(f"{time.monotonic() - began:.0f} s, seed {given.seed}", highlight=False)
    good = all(findings.good for findings in found.values())
    usual = (given.seed, given.whole, given.short) == (_SEED, _WHOLE, _SHORT) and not given.only
    if good and usual and measured.renew("chaos", told_nights.paragraph(found, given.seed)):
        messages.print(f"renewed: {measured.PAGE}", highlight=False)
    return ExitCode.OK if good else ExitCode.FAILED


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
