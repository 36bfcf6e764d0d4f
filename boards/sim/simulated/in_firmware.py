"""Faults inside the firmware: what a scenario does to modules that the object has loaded.

Only a scenario that asks for one loads this file. A module that is not loaded yet is loaded now:
whoever imports it later finds it as it was left here.
"""

import sys

from .clock import Module

# task: the call of its that fails (module, class, method)
CALLS = {
    "warmth": ("kitbag.tasks.heat", "Heat", "_read"),
    "senses": ("kitbag.tasks.feel", "Feel", "_sample"),
    "comfort": ("kitbag.comfort.touch", "Touch", "strength"),
    "journal": ("kitbag.journal", "Journal", "write"),
}
APP = "kitbag.app"  # its housekeeping is what reads the clock there

_NOISE = b"\xa5"  # a byte of line noise
_LEVELS = {"nan": float("nan"), "high": 400.0, "low": -40.0, "text": "hot"}
_BIT = 0x4000

_kept = {}  # (module, name): what stood there


def fail_once(board, parameters):
    """The next step of a task raises what nobody expects; the one after does not."""
    board.faults.active.pop("task_exception")
    task = parameters["task"]
    error = _use_up_the_heap if parameters.get("error") == "memory" else _raise
    if task == "link":
        _fail(board, board.port.stdin, "read", error)
        board.port.deliver(_NOISE)
    elif task == "app":
        app = _module(APP)
        app.time = Module(app.time)  # nobody else's clock
        _fail(board, app.time, "ticks_ms", error)
    else:
        module, owner, method = CALLS[task]
        _fail(board, getattr(_module(module), owner), method, error)


def _raise():
    raise RuntimeError("injected")


# The real thing: whatever asks next finds nothing. What was taken comes back with the exception
def _use_up_the_heap():
    taken = []
    size = 4096
    while True:
        try:
            taken.append(bytearray(size))
        except MemoryError:
            if size == 16:
                raise
            size //= 2


def _fail(board, owner, name, error):
    real = getattr(owner, name)

    def fail(*arguments, **named):
        setattr(owner, name, real)
        board.player.began("task_exception")
        error()

    setattr(owner, name, fail)


def spoil_level(board, parameters):
    level = _LEVELS[parameters["value"]]
    _put("kitbag.wire.ceiling", "level_c", lambda plan: level)


def mend_level(board, parameters):
    _put_back("kitbag.wire.ceiling", "level_c")


def spoil_limit(board, parameters):
    _put("kitbag.limits", "PAD_TRIP_MC", _module("kitbag.limits").PAD_TRIP_MC ^ _BIT)


def mend_limit(board, parameters):
    _put_back("kitbag.limits", "PAD_TRIP_MC")


def _put(module, name, value):
    found = _module(module)
    if (module, name) not in _kept:
        _kept[module, name] = getattr(found, name)
    setattr(found, name, value)


def _put_back(module, name):
    setattr(_module(module), name, _kept.pop((module, name)))


def _module(name):
    if name not in sys.modules:
        __import__(name)
    return sys.modules[name]
