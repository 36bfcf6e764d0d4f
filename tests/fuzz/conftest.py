"""The fuzzers' own modules."""

import sys
from pathlib import Path

import support.on_cpython  # noqa: F401

sys.path.append(str(Path(__file__).resolve().parents[2] / "fuzz"))
