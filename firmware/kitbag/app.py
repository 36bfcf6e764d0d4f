"""The composition root: builds the parts for this board, runs the tasks, one error funnel.

Whatever goes wrong in any task ends here, once: outputs off, a record, a fresh start without
heat. `main.py` stands behind it in case even this fails.
"""

import asyncio
import gc
import time

import esp32
import machine

from . import __version__, limits
from .care import Care
from .clock import Clock
from .consent import Log
from .journal import Journal
from .link.session import Session
from .link.usb import Usb
from .memory import Memory
from .tasks.answer import Answer
from .tasks.comfort import Comfort
from .tasks.feel import Feel
from .tasks.heat import Heat
from .wire import records, requests

_HOUSEKEEPING_MS = 1_000
_BATTERY_EVERY_MS = 15 * 60_000
_TALLY_QUIET_MS = 6 * 3_600_000  # nobody has touched it for so long: the night is over

_CAUSES = {
    machine.PWRON_RESET: "power_on",
    machine.HARD_RESET: "hard_reset",
    machine.WDT_RESET: "watchdog",
    machine.DEEPSLEEP_RESET: "deep_sleep",
    machine.SOFT_RESET: "soft_reset",
}


class App:
    def __init__(self, board):
        memory = Memory()
        boot = memory.number("boot", 0) + 1
        memory.keep_number("boot", boot)
        self._memory = memory
        self.clock = Clock(boot)
        partition = esp32.Partition.find(esp32.Partition.TYPE_DATA, label=board.JOURNAL_LABEL)[0]
        self.journal = Journal(partition, boot, self.clock)
        self.care = Care(memory)
        self.log = Log(self.journal, self.care)
        self.feel = Feel(board, self.clock, self.log)
        self.heat = Heat(board, self.care, self.log, memory, self.feel)
        self.comfort = Comfort(board, self.care, self.log, memory)
        self.answer = Answer(
            board, self.care, self.log, self.clock, self.feel, self.heat, self.comfort
        )
        self.feel.bind(self.answer)
        self.usb = Usb(Session(self))
        self._failed = None
        self._failure = asyncio.Event()

    def off(self):
        self.heat.off()
        self.comfort.cut()

    # --- What a host may know (link.session) -------------------------------------------------

    def hello(self):
        return {
            "kitbag": requests.PROTOCOL,
            "id": "".join(["%02x" % b for b in machine.unique_id()]),
            "fw": __version__,
            "schema": records.SCHEMA,
            "epoch": self.journal.epoch,
            "boot": self.clock.boot,
            "uptime_ms": self.clock.uptime_ms(),
            "first": self.journal.first,
            "next": self.journal.next,
            "acked": self._memory.number("acked", 0),
        }

    def status(self):
        heat = self.heat
        r = heat.readings
        target_c = heat.target_c
        status = {
            "state": heat.state,
            "why": records.GUARD_FUNCTIONS[heat.guard.function],
            "pad_c": round(r.pad_mc / 1000, 2),
            "face_c": round(r.face_mc / 1000, 2),
            "target_c": None if target_c is None else round(target_c, 2),
            "duty": r.duty / 1000,
            "battery_mv": r.battery_mv,
            "boot": self.clock.boot,
            "uptime_ms": self.clock.uptime_ms(),
            "written": self.journal.written,
            "dropped": self.journal.dropped,
            "damaged": self.usb.damaged,
            "samples": self.feel.samples,
            "skipped": self.feel.skipped,
            "dose_cem43": heat.dose.micro_min / 1_000_000,
            "scent_left": self.comfort.scent_left,
            "plan_crc": self.care.crc,
            "free": gc.mem_free(),
        }
        status.update(self.feel.status())
        return status

    def uptime_ms(self):
        return self.clock.uptime_ms()

    def acknowledge(self, seq):
        self._memory.keep_number("acked", seq & 0x7FFFFFFF)

    def plan_changed(self):
        self.log.write(records.PLAN, self.care.crc, "host")

    # --- Running -----------------------------------------------------------------------------

    async def _run(self, watchdog):
        cause = _CAUSES.get(machine.reset_cause(), "unknown")
        battery_v = self.heat.battery_v()
        self.log.write(records.BOOT, cause, "restart", battery_v, self.clock.boot)
        if not self.care.stored:  # the stored plan could not be read: the safe one is in force
            self.log.write(records.PLAN, self.care.crc, "error")
        tasks = (
            ("warmth", self.heat.run(watchdog)),
            ("senses", self.feel.run()),
            ("comfort", self.comfort.run_touch()),
            ("comfort", self.comfort.run_scent()),
            ("app", self.answer.run_button()),
            ("link", self.usb.run()),
            ("app", self._housekeeping()),
        )
        for name, task in tasks:
            asyncio.create_task(self._watched(name, task))
        await self._failure.wait()
        raise self._failed

    # A task that fails, or merely ends, ends the whole app
    async def _watched(self, name, task):
        try:
            await task
            raise RuntimeError("task ended")
        except Exception as error:
            self.off()
            self._failed = error
            self.log.write(records.EXCEPTION, name, _code(error))
            self._failure.set()

    async def _housekeeping(self):
        last = time.ticks_ms()
        battery_ms = 0
        while True:
            await asyncio.sleep_ms(_HOUSEKEEPING_MS)
            now = time.ticks_ms()
            passed = time.ticks_diff(now, last)
            last = now
            self.comfort.pass_time(passed)
            battery_ms += passed
            if battery_ms >= _BATTERY_EVERY_MS:
                battery_ms = 0
                self.log.write(records.BATTERY, self.heat.battery_v())
            if self.feel.quiet_ms >= _TALLY_QUIET_MS:
                self.log.tally()


# Errors in a log are numbers: errno where there is one, else a stable hash of the type's name
def _code(error):
    if isinstance(error, OSError) and error.args and isinstance(error.args[0], int):
        return error.args[0]
    code = 0
    for letter in type(error).__name__:
        code = (code * 31 + ord(letter)) & 0xFFFFFF
    return code


def run(board):
    """Build the object and run it. Returns only by raising."""
    app = None
    try:
        app = App(board)
        gc.collect()
        asyncio.run(app._run(machine.WDT(timeout=limits.WATCHDOG_MS)))
    finally:
        if app is not None:
            app.off()
