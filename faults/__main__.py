"""`make faults`: every fault in every condition, and whether the object answers as it must.

`.venv/bin/python faults` does everything and goes on where it was interrupted; options choose.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

sys.path.append(str(Path(__file__).resolve().parents[1] / "proofs"))

import cases
import conditions
import lines
import page
import pool
import report
import rows
import work
from kitbag_tools.errors import ExitCode
from progress import Told
from results import Results
from sources import snapshot


def main(arguments: Sequence[str]) -> int:
    """Returns 0 where nothing failed, 1 where something did, 130 after Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    messages = Console(stderr=True)
    choice, fresh = _choice(arguments)
    began = time.monotonic()
    sources = snapshot()
    results = Results(sources.digest, fresh=fresh)
    items = work.everything(choice, sources.root)
    found: dict[int, dict[str, Any]] = {}
    try:
        with Told(messages, "playing", len(items), "cases") as told:
            numbers = {id(item.job): number for number, item in enumerate(items)}

            def done(job: dict[str, Any], result: dict[str, Any]) -> None:
                found[numbers[id(job)]] = result
                told.one_more()

            pool.run([item.job for item in items], sources, results, done)
    except KeyboardInterrupt:
        messages.print("interrupted; what is done is kept, and the next run goes on from there")
        return ExitCode.INTERRUPTED
    judged = work.lines(items, found)
    path = lines.WHOLE if choice == cases.Choice() else lines.CHOSEN
    lines.write(judged, path)
    report.show(judged, Console(width=max(140, messages.width)))
    messages.print(f"written: {path} ({time.monotonic() - began:.0f} s)", highlight=False)
    if path == lines.WHOLE and page.renew(lines.read(path)):  # rounded once, not twice
        messages.print(f"renewed: {page.PAGE}", highlight=False)
    return ExitCode.OK if all(line.good for line in judged) else ExitCode.FAILED


def _choice(arguments: Sequence[str]) -> tuple[cases.Choice, bool]:
    parser = argparse.ArgumentParser(prog="faults", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=_rows, default=(), help="F1,F8: these and their variants")
    parser.add_argument("--conditions", type=_names(conditions.BY_NAME), default=(),
                        help=", ".join(conditions.BY_NAME))  # fmt: skip
    parser.add_argument("--pad-w", type=_pads, default=conditions.PADS_W, help="3,12")
    parser.add_argument("--only", type=_names(cases.PARTS), default=cases.PARTS,
                        help=", ".join(cases.PARTS))  # fmt: skip
    parser.add_argument("--seed", type=int, default=1, help="of noise and plants")
    parser.add_argument("--fresh", action="store_true", help="forget what is known already")
    given = parser.parse_args(arguments)
    choice = cases.Choice(given.only, given.rows, given.conditions, given.pad_w, given.seed)
    return choice, given.fresh


def _names(known: Any) -> Any:
    def names(text: str) -> tuple[str, ...]:
        found = tuple(text.split(","))
        strange = [name for name in found if name not in known]
        if strange:
            raise argparse.ArgumentTypeError(
                f"no {', '.join(strange)}; there are {', '.join(known)}"
            )
        return found

    return names


def _rows(text: str) -> tuple[str, ...]:
    return _names(rows.BY_ID)(text)


def _pads(text: str) -> tuple[float, ...]:
    return tuple(float(word) for word in text.split(","))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
