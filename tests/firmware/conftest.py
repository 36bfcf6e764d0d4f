"""The firmware on CPython: only `micropython` (nothing but `const`) and `machine` are missing."""

import sys
from types import ModuleType

if "micropython" not in sys.modules:
    _micropython = ModuleType("micropython")
    _micropython.const = lambda value: value
    sys.modules["micropython"] = _micropython

import support.chip  # noqa: F401 - the machine module
