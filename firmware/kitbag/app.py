"""The composition root: builds the parts for this board, runs the tasks, one error funnel.

Whatever goes wrong in any task ends here, once: outputs off, a record, a fresh start without
heat. `main.py` stands behind it in case even this fails.
"""

import asyncio
import gc
import time

from micropython import const

import esp32
import machine

from . import late, limits
from .care import Care
from .clock import Clock
from .consent import Log
from .journal import Journal
from .link import BONDS, HOSTS
from .link.usb import Usb
from .memory import Memory
from .tasks.answer import Answer
from .tasks.feel import Feel
from .tasks.heat import Heat
from .warmth import guard
from .wire import records

_HOUSEKEEPING_MS = const(1_000)
_RUNS_WELL_MS = const(60_000)
_BATTERY_EVERY_MS = const(15 * 60_000)
_IMAGE = const("kitbag.image")
_SIX_HOURS = const(24)  # in steps of _BATTERY_EVERY_MS
_DROP = const("kitbag.drop")


class App:
    def __init__(self, board):
        memory = Memory()
        boot = memory.number("boot", 0) + 1
        memory.keep_number("boot", boot)
        self.memory = memory
        self.clock = Clock(boot)
        partition = esp32.Partition.find(esp32.Partition.TYPE_DATA, label=board.JOURNAL_LABEL)[0]
        self.journal = Journal(partition, boot, self.clock)
        self.care = Care(memory)
        self.log = Log(self.journal, self.care, memory)
        if memory.blob("drop", 8):  # the power went before last night was cleared
            for _ in late.load(_DROP).last_night(self.journal, memory):
                pass
            late.forget(_DROP)
        self.feel = Feel(board, self.clock, self.log, memory)
        self.heat = Heat(board, self.care, self.log, memory, self.feel)
        self._board = board
        self.comfort = None  # loaded when a plan first asks for scent or touch
        self.answer = Answer(board, self)
        self.feel.bind(self.answer)
        self.admitted = None, 0  # the role of a host that may come, until when (uptime)
        self.usb = Usb(self)
        self._failed = RuntimeError  # what failed, once something has
        self._failure = asyncio.Event()

    def load_comfort(self):
        """`comfort`, loaded if it was not."""
        if self.comfort is None:
            tasks = late.load("kitbag.tasks.comfort")
            comfort = tasks.Comfort(
                self._board,
                self.care,
                self.log,
                self.memory,
                self.feel,
            )
            comfort.pass_time(self.clock.uptime_ms())
            asyncio.create_task(self._watched("comfort", comfort.run_touch()))
            asyncio.create_task(self._watched("comfort", comfort.run_scent()))
            self.comfort = comfort
        return self.comfort

    def forget_hosts(self):
        """The holder's word: no computer is known any more, by cable or by radio."""
        for key in (HOSTS, BONDS):
            self.memory.forget(key)

    def off(self):
        self.heat.off()
        if self.comfort:
            self.comfort.cut()

    # --- Running -----------------------------------------------------------------------------

    async def run(self, watchdog):
        cause = records.CAUSES.split()[machine.reset_cause()]  # in the order of the port's numbers
        battery_v = self.heat.battery_v()
        self.log.write(records.BOOT, cause, "restart", battery_v, self.clock.boot)
        self._look_back(machine.reset_cause())
        if not self.care.stored:  # the stored plan could not be read: the safe one is in force
            self.log.write(records.PLAN, self.care.crc, "error")
        tasks = (
            ("warmth", self.heat.run(watchdog)),
            ("senses", self.feel.run()),
            ("app", self.answer.run_button()),
            ("link", self.usb.run()),
            ("app", self._housekeeping()),
        )
        for name, task in tasks:
            asyncio.create_task(self._watched(name, task))
        await self._failure.wait()
        raise self._failed

    # How the last run ended, and what there is to run now, may bar heat for service
    def _look_back(self, cause):
        memory = self.memory
        panicked = cause == machine.HARD_RESET
        # Link mode leaves one less than there were: the reset that ends it is none of them
        starts = memory.starts + 1 & 0xFF if panicked else 0
        memory.count_starts(starts)
        armed = memory.armed and (panicked or cause == machine.WDT_RESET)
        if armed or starts >= limits.STARTS_TO_LOCK:
            self.heat.condemn(guard.LOCK, 12)
        memory.arm(False)
        if not late.load(_IMAGE).whole():
            self.heat.condemn(guard.LOCK, 18)
        late.forget(_IMAGE)

    # A task that fails, or merely ends, ends the whole app, and warmth until its holder says so.
    # Errors in a log are numbers: errno where there is one, else a stable hash of the type's name
    async def _watched(self, name, task):
        try:
            await task
            raise RuntimeError  # a task may not end
        except Exception as error:  # noqa: BLE001 - the funnel: every error of a task ends here
            self._failed = error
            try:
                self.off()
                code = error.args[0] if isinstance(error, OSError) and error.args else None
                if not isinstance(code, int):
                    code = 0
                    for letter in type(error).__name__:
                        code = (code * 31 + ord(letter)) & 0xFFFFFF
                self.log.write(records.EXCEPTION, name, code)
                self.heat.condemn(guard.LATCH, 12)
            finally:
                self._failure.set()

    async def _housekeeping(self):
        last = time.ticks_ms()
        battery_ms = ran_ms = steps = 0
        while True:
            await asyncio.sleep_ms(_HOUSEKEEPING_MS)
            now = time.ticks_ms()
            passed = time.ticks_diff(now, last)
            last = now
            self.heat.look()
            self.usb.look()
            if self.comfort:
                self.comfort.pass_time(passed)
            ran_ms += passed
            if ran_ms >= _RUNS_WELL_MS and self.memory.starts:
                self.memory.count_starts(0)
            battery_ms += passed
            if battery_ms >= _BATTERY_EVERY_MS:
                battery_ms = 0
                steps += 1
                self.log.write(records.BATTERY, self.heat.battery_v())
            # The button is a touch too, also where the bladder feels nothing of it
            quiet_ms = min(self.feel.quiet_ms, self.clock.uptime_ms() - self.answer.stopped_ms)
            self.log.look(quiet_ms, battery_ms == 0 and steps % _SIX_HOURS == 0)


def run(board):
    """Build the object and run it. Returns only by raising."""
    app = None
    try:
        app = App(board)
        gc.collect()
        asyncio.run(app.run(machine.WDT(timeout=limits.WATCHDOG_MS)))
    finally:
        if app is not None:
            app.off()
