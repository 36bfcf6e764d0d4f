"""The start of the simulated object's process: `run.main(folder)`, called by the runner.

`folder` holds run.json (seed, world, duration, paths) and steps.jsonl, and keeps flash.bin,
nvs.json, state.json (what outlives a reset) and clock (virtual time, for the host). This
process's stdin is the master of the pseudo-terminal that is the object's USB port.
"""

import gc
import json
import os
import sys
import time as real_time

from . import control, parts, tasks
from .clock import Clock, Module


class Board:
    """All the parts of one object, for each other."""


def build(folder, config, kept):
    """A board on the table: nothing runs yet."""
    from .faults import Faults
    from .flash import Flash
    from .life import Life
    from .player import Player
    from .settings import Settings
    from .trace import Trace
    from .usb import Port
    from .world import World

    board = Board()
    board.folder = folder
    board.image = config["image"]
    board.clock = clock = Clock(kept["us"] if kept else 0)
    recordings = config["recordings"]
    board.world = world = World(
        clock,
        config["world"],
        config["seed"],
        ambient=Trace(recordings["ambient"]) if recordings["ambient"] else None,
        replaces=recordings["replaces"],
        pressed=Trace(recordings["bladder"]) if recordings["bladder"] else None,
    )
    if kept:
        world.restore(kept["world"], kept["kind"] != "power_on")
    parts.clock = clock
    parts.world = world
    parts.flash = board.flash = Flash(folder + "/flash.bin", clock.spend, clock.now)
    if kept:
        for name in kept["flash"]:
            setattr(board.flash, name, kept["flash"][name])
    parts.settings = Settings(folder + "/nvs.json", clock.spend)
    from .pins import Pins  # reads the board's pin numbers, and they the world

    board.pins = parts.pins = Pins(world)
    if kept:
        board.pins.restore(kept["ledc"], kept["duty"], kept["pressed"])
    board.life = parts.life = Life(board, folder, config["seed"], kept)
    parts.watchdog = board.life.watchdog
    board.port = Port(
        clock,
        sys.stdin.buffer,
        real_time.sleep_ms,
        _publisher(folder, world),
        _leaver(folder),
    )
    board.faults = Faults(board)
    board.player = Player(
        board, folder, config["duration_s"], config["truth"], config["final_visits"]
    )
    return board


# The host reads the time from a file: written before it is told anything, never while it may look
def _publisher(folder, world):
    def publish(us):
        with open(folder + "/clock", "w") as file:
            file.write("%.6f\n" % world.true_s(us))

    return publish


# The runner leaves the number of the last visit that is over
def _leaver(folder):
    def left(visit):
        try:
            with open(folder + "/left") as file:
                return int(file.read() or 0) >= visit
        except OSError:  # none is over yet
            return False

    return left


def replace_modules(board):
    """From here on imports of time, select, asyncio, sys and os find the object's own."""
    from .usb import proxy_of_sys

    board.life.time_functions(real_time, board.clock.time)
    tasks.install(board.clock)
    modules = sys.modules
    modules["os"] = found = Module(os)
    found.urandom = board.life.random
    modules["sys"] = proxy_of_sys(Module, board.port)


def main(folder):
    with open(folder + "/run.json") as file:
        config = json.load(file)
    kept = None
    try:
        with open(folder + "/state.json") as file:
            kept = json.load(file)
    except OSError:  # the first boot
        pass
    image = _image(folder, config["image"], kept)
    board = build(folder, config, kept)
    if config.get("hold") or config.get("speed"):
        from . import live

        live.install(board, config)
    if os.getenv("KITBAG_RADIO"):
        from .air import Air

        parts.air = Air(board, os.getenv("KITBAG_RADIO"))
    replace_modules(board)
    sys.path.remove("")
    if kept:
        board.port.restore(kept["port"], board.player.visit_over)
    board.player.start(kept["player"] if kept else None)
    ticks_start_ms = config["ticks_start_ms"]
    config = kept = None
    board.life.boot(ticks_start_ms)
    gc.collect()
    os.chdir(image)  # the root of the chip's file system
    _firmware(board, image)


# Where the object's files are now. On the import path the whole image stands.
def _image(folder, whole, kept):
    if not kept or "update_interrupted" not in kept["player"]["active"]:
        return whole
    from .update import FOLDER

    sys.path[sys.path.index(whole)] = folder + FOLDER
    return folder + FOLDER


# As the port's main.c: boot.py, then main.py if boot.py went well, then the REPL for ever
def _firmware(board, image):
    from . import life

    for name in ("boot.py", "main.py"):
        try:
            _execute(image + "/" + name, name)
        except SystemExit:
            board.life.reset(life.SOFT)
        except BaseException as error:  # noqa: BLE001
            sys.print_exception(error)
            control.say("raised", {"file": name, "error": repr(error)})
            break
    else:
        control.say("returned", {"file": "main.py"})
    board.life.hang()


def _execute(path, name):
    with open(path) as file:
        code = compile(file.read(), name, "exec")
    exec(code, {"__name__": "__main__"})
