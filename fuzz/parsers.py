"""One parser under atheris: `parsers.py TARGET CORPUS [libFuzzer options]`."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "tests"), str(HERE.parent / "firmware")]

import atheris  # noqa: E402

with atheris.instrument_imports(include=["kitbag", "kitbag_tools"]):
    import targets

if __name__ == "__main__":
    name = sys.argv.pop(1)
    atheris.Setup(sys.argv, targets.TARGETS[name])
    atheris.Fuzz()
