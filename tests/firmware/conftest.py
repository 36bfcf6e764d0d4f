"""The firmware on CPython: the simulated board's modules stand in for the chip's."""

import sys
from pathlib import Path

import support.on_cpython  # noqa: F401

# Last: `machine`, `board` and `esp32` exist nowhere else, and no other name may be taken from here
sys.path.append(str(Path(__file__).resolve().parents[2] / "boards" / "sim"))
