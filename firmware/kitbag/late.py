"""Modules that are needed rarely: loaded when they are, and forgotten when they may be.

A module costs the heap about twice its file; what only a visit of a host needs should not take
memory from the night.
"""

import sys


def load(name):
    """The module of that full name, imported if it is not loaded."""
    if name not in sys.modules:
        __import__(name)
    return sys.modules[name]


def forget(name):
    """Give its memory back; the next `load` brings it again."""
    if sys.modules.pop(name, None) is not None:
        package, _, last = name.rpartition(".")
        delattr(sys.modules[package], last)
