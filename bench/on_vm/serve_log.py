# Runs on the MicroPython VM behind a serial line: the object's own link over a log of its own.
import asyncio
import sys

from kitbag.journal import Journal
from kitbag.link.usb import Usb
from night_mix import MIX, Clock
from nor import Nor

RECORDS = 7056  # 28 sectors, 113 kB


class Machine:
    def unique_id():
        return b"bench!"


class App:
    """As much of the object as a host asks for when it reads the log."""

    care = feel = None
    admitted = None, 0

    def __init__(self):
        self._kept = None
        self.log = self.memory = self
        self.clock = Clock()
        self.journal = Journal(Nor(), self.clock.boot, self.clock)
        for i in range(RECORDS):
            kind, values = MIX[i % len(MIX)]
            self.journal.write(kind, *values)

    def tally(self):
        pass

    def number(self, _, default):
        return default

    def blob(self, *_):
        return self._kept

    def keep_blob(self, _, data):
        self._kept = data


sys.modules["machine"] = Machine
asyncio.run(Usb(App()).run())
