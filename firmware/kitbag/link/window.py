"""The root of link mode: the log, the care plan and the radio, until the window closes.

It closes when nobody has come for three minutes, after a quarter of an hour whoever is there, at
the second pairing that fails, when the button is pressed, and at any error.
"""

import asyncio
import sys
import time

import micropython
from micropython import const

import esp32
import machine

from .. import __version__, limits
from ..care import Care
from ..clock import Clock
from ..consent import Log
from ..journal import Journal
from ..memory import Memory
from ..parts.supply import Supply
from ..wire import records
from .about import About
from .ble import Ble
from .bonds import Bonds
from .door import Door

_ALONE_MS = const(3 * 60_000)
_WINDOW_MS = const(15 * 60_000)
_FAILURES_MAX = const(2)
_LOOK_MS = const(100)
_BATTERY_EVERY_MS = const(60_000)
_GOODBYE_MS = const(300)
_RESET_MS = const(400)  # what a reset takes, from its cause to here

_EMPTY_MV = limits.BATTERY_EMPTY_MV
_FULL_MV = const(4_150)


class _NoSenses:
    def now(self):
        raise ValueError("nothing is felt in link mode")


class _About(About):
    """What a host may see of a `Window`: no heat, no senses, because there are none."""

    def status(self):
        window = self._app
        return {
            "state": "link",
            "why": "none",
            "battery_mv": window.supply.battery_mv(),
            "boot": self.boot,
            "uptime_ms": self.uptime_ms(),
            "written": self.journal.written,
            "dropped": self.journal.dropped,
            "damaged": window.ble.damaged,
            "overruns": window.ble.overruns,
            "plan_crc": self.care.crc,
        }


# Nobody is adopted by radio: that takes the object in hand, and its cable
def _door(window):
    return Door(_About(window), False)


class Window:
    """The parts of a link window; `feel` stands for the senses that it does without."""

    feel = _NoSenses()
    admitted = None, 0

    def __init__(self, board, radio, uptime_ms):
        self.memory = memory = Memory()
        self.clock = Clock(memory.number("boot"), uptime_ms + _RESET_MS)
        partition = esp32.Partition.find(esp32.Partition.TYPE_DATA, label=board.JOURNAL_LABEL)[0]
        self.journal = Journal(partition, self.clock.boot, self.clock)
        self.care = Care(memory)
        self.log = Log(self.journal, self.care, memory)
        self.supply = Supply(board)
        serial = "".join(["%02x" % b for b in machine.unique_id()])
        who = (board.NAME, serial, __version__)
        self.ble = Ble(radio, who, Bonds(memory), _door(self), _show)
        self._button = machine.Pin(board.PIN_BUTTON, machine.Pin.IN, machine.Pin.PULL_UP)
        self._watchdog = machine.WDT(timeout=limits.WATCHDOG_MS)

    async def run(self):
        radio = asyncio.create_task(self.ble.run())
        try:
            await self._until_over(radio)
        finally:
            radio.cancel()  # else it would let itself be found again
            self.ble.close()
        # For what was sent to arrive; and a button that is still held at the reset would open the
        # makers' door
        await self._rest(_GOODBYE_MS)
        while self._pressed():
            await self._rest(_LOOK_MS)
        self.memory.count_starts(self.memory.starts - 1 & 0xFF)  # this reset is no failed start

    def _pressed(self):
        return self._button.value() == 0

    async def _rest(self, ms):
        self._watchdog.feed()
        await asyncio.sleep_ms(ms)

    async def _until_over(self, radio):
        now = began = seen = time.ticks_ms()
        told = None
        while (
            time.ticks_diff(now, seen) < _ALONE_MS
            and time.ticks_diff(now, began) < _WINDOW_MS
            and self.ble.failures < _FAILURES_MAX
            and not self._pressed()
        ):
            if told is None or time.ticks_diff(now, told) >= _BATTERY_EVERY_MS:
                told = now
                self.ble.tell_battery(_percent(self.supply.battery_mv()))
            await self._rest(_LOOK_MS)
            if radio.done():
                await radio  # raises what ended it
            now = time.ticks_ms()
            if self.ble.connected:
                seen = now


# On the USB port, which no frames use in link mode: whoever holds its cable holds the object
def _show(passkey):
    sys.stdout.write("Kitbag: passkey %06d\r\n" % passkey)


def _percent(battery_mv):
    share = (battery_mv - _EMPTY_MV) * 100 // (_FULL_MV - _EMPTY_MV)
    return min(100, max(0, share))


def run(board, radio, uptime_ms):
    """Hold one link window on `radio`. Returns when it is over; an error is noted, and raised."""
    micropython.kbd_intr(-1)
    window = Window(board, radio, uptime_ms)
    try:
        asyncio.run(window.run())
    except Exception as error:
        code = getattr(error, "errno", None)
        window.log.write(records.EXCEPTION, "link", code if isinstance(code, int) else 0)
        raise
