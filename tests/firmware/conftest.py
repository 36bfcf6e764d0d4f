"""The firmware on CPython: the simulated board's modules stand in for the chip's."""

import sys
from pathlib import Path
from types import ModuleType

from kitbag_tools.ciphers import Aes

if "micropython" not in sys.modules:
    _micropython = ModuleType("micropython")
    _micropython.const = lambda value: value
    sys.modules["micropython"] = _micropython

if "cryptolib" not in sys.modules:
    _cryptolib = ModuleType("cryptolib")
    _cryptolib.aes = Aes
    sys.modules["cryptolib"] = _cryptolib

# Last: `machine`, `board` and `esp32` exist nowhere else, and no other name may be taken from here
sys.path.append(str(Path(__file__).resolve().parents[2] / "boards" / "sim"))
