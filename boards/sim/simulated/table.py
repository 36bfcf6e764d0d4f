"""The heat loop on a table: the firmware's own, in this board's physics, cycle by cycle.

No asyncio, no senses, no host: what touches it is said by whoever lays it on the table. The same
file runs on CPython and on the VM, and does the same there, so that thousands of hours cost
minutes. What needs a whole object (resets, hangs, exceptions) is played by scenarios instead.
"""

import board
import machine
from kitbag import limits
from kitbag.tasks import heat as heat_module
from kitbag.wire import plan as care_plan

from . import parts
from .clock import Clock, Deadline
from .faults import Faults
from .pins import Pins
from .world import World

CYCLE_US = limits.CYCLE_MS * 1000

SETTINGS = {
    "room_c": 20.0,
    "body_c": 34.0,
    "pad_w": 3.0,
    "insulation": 1.0,
    "fabric": 1.0,
    "perfusion": 1.0,
    "battery_v": 4.0,
    "ambient_pa": 101325.0,
    "bladder_pa_per_k": 120.0,
    "clock_ppm": 0.0,
    "cutout": False,
}


class _Board:
    """board.py with the part values of one object."""


class _Memory:
    """kitbag.memory.Memory without a chip: what is kept outlives the object that kept it."""

    def __init__(self):
        self.values = {}

    def number(self, key, default=0):
        return self.values.get(key, default)

    def keep_number(self, key, value):
        self.values[key] = value

    def blob(self, key, size=4096):
        return self.values.get(key)

    def keep_blob(self, key, data):
        self.values[key] = bytes(data)

    def forget(self, key):
        self.values.pop(key, None)

    def arm(self, on):
        self.values["armed"] = on


class _Care:
    def __init__(self, plan):
        self.plan = plan


class _Log:
    """Rows as they are written: (seconds, kind, values)."""

    def __init__(self, table):
        self._table = table
        self.rows = []

    def write(self, kind, *values, at=None):
        self.rows.append((self._table.t_s, kind, values))


class _Touch:
    """What the senses tell the heat."""

    def __init__(self):
        self.held = False
        self.quiet_ms = 0


class _Life:
    """The real-time clock, which is all of `time` that the heat loop looks at cycle by cycle."""

    def __init__(self, clock):
        self._clock = clock
        self._offset_s = 0

    def time(self):
        return self._clock.now() // 1_000_000 + self._offset_s

    def set_rtc(self, seconds):
        self._offset_s += seconds - self.time()


class Table:
    """One object's heater. `settings` changes SETTINGS, `plan` the care plan ("warmth.level_c").

    `world`, `heat`, `faults`, `touch` and `log` are there to be used and looked at; `t_s` is how
    long it lies there. `memory` may be an earlier table's, for an object that starts anew.
    """

    def __init__(self, settings=None, seed=1, plan=None, memory=None):
        world = dict(SETTINGS)
        world.update(settings or {})
        self.clock = clock = Clock(0)
        self.world = parts.world = World(clock, world, seed)
        parts.clock = clock
        parts.pins = self.pins = Pins(self.world)
        parts.watchdog = Deadline(clock, lambda: None)
        machine._clock, machine._world, machine._pins = clock, parts.world, parts.pins
        self.life = parts.life = _Life(clock)
        self.faults = Faults(self)
        values = _Board()
        for name in dir(board):
            if name[0] != "_":
                setattr(values, name, getattr(board, name))
        values.PAD_W = world["pad_w"]
        self.memory = _Memory() if memory is None else memory
        self.care = _Care(care_plan.defaults())
        self.care.plan.update(plan or {})
        self.log = _Log(self)
        self.touch = _Touch()
        heat_module.time = self.life  # the object's own clock
        self.heat = heat_module.Heat(values, self.care, self.log, self.memory, self.touch)
        self.guard = self.heat.guard
        self.slip_us = 0  # what every cycle is longer, as on an object that has more to do
        self._us = 0
        self._quiet_from_us = 0

    @property
    def t_s(self):
        return self._us / 1_000_000

    def place(self, where):
        """On the "body", at the "neck", in the "bed" or on the "floor"."""
        self.world.place = where
        self.world.touch()

    def hold(self, held):
        """Somebody's arms are round it, or let go."""
        self.touch.held = held
        self._quiet_from_us = self._us

    def cycle(self):
        """Let one cycle of the heat loop pass."""
        cycle_us = CYCLE_US + self.slip_us
        self._us += cycle_us
        touch = self.touch
        touch.quiet_ms = 0 if touch.held else (self._us - self._quiet_from_us) // 1000
        self.clock.run_until(self._us)
        self.heat.step(cycle_us // 1000)

    def run(self, seconds, each=None):
        """Let `seconds` pass; `each`, if given, is called after every cycle."""
        until = self._us + int(seconds * 1_000_000)
        while self._us < until:
            self.cycle()
            if each is not None:
                each()
