"""The built-in modules of MicroPython that pure firmware asks for, for CPython."""

import sys
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
