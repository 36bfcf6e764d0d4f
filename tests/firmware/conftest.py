"""The firmware on CPython: only `micropython` is missing there, and it is nothing but `const`."""

import sys
from types import ModuleType

if "micropython" not in sys.modules:
    _micropython = ModuleType("micropython")
    _micropython.const = lambda value: value
    sys.modules["micropython"] = _micropython
