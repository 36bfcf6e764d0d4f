"""The one built-in module of MicroPython that pure firmware asks for, for CPython."""

import sys
from types import ModuleType

if "micropython" not in sys.modules:
    _micropython = ModuleType("micropython")
    _micropython.const = lambda value: value
    sys.modules["micropython"] = _micropython
