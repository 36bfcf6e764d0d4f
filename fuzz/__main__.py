"""`make fuzz`: a million mutated frames against the object's door, then atheris on every parser.

`.venv/bin/python fuzz --frames 50000 --seconds 5` is a short one. Nothing may crash, change or
grow; what a parser believes must be whole. Deterministic by --seed but for atheris, which keeps
what it found in fuzz/corpus.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "tests"), str(HERE.parent / "firmware")]

import mutated  # noqa: E402
import targets  # noqa: E402


def main(arguments: list[str]) -> int:
    """Returns 0 where nothing was found."""
    parser = argparse.ArgumentParser(prog="fuzz", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--frames", type=int, default=1_000_000, help="how many mutated frames")
    parser.add_argument("--seconds", type=int, default=60, help="of atheris, for each parser")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    told = mutated.run(chosen.frames, chosen.seed, sys.stderr)
    print(told.line())
    failed = not told.good
    for target in targets.TARGETS if chosen.seconds else ():
        corpus = HERE / "corpus" / target
        corpus.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, str(HERE / "parsers.py"), target, str(corpus)]
        limits = [f"-max_total_time={chosen.seconds}", f"-seed={chosen.seed}", "-max_len=8192"]
        done = subprocess.run(
            [*command, *limits, "-print_final_stats=1"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        runs = next(
            (line.split()[-1] for line in done.stderr.splitlines() if "executed_units" in line),
            "?",
        )
        print(f"{target}: {runs} inputs, {'nothing found' if done.returncode == 0 else 'FAILED'}")
        if done.returncode:
            failed = True
            print(done.stderr[-3000:], file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
