# Runs on the MicroPython VM behind a serial line: the object's own link over a log of its own.
import asyncio

from night_mix import MIX, Clock
from nor import Nor

from kitbag.journal import Journal
from kitbag.link.usb import Usb

RECORDS = 7056  # 28 sectors, 113 kB


class Object:
    def __init__(self):
        self._clock = Clock()
        self.journal = Journal(Nor(), 1, self._clock)
        for i in range(RECORDS):
            kind, values = MIX[i % len(MIX)]
            self.journal.write(kind, *values)

    def hello(self):
        journal = self.journal
        return {
            "id": "bench",
            "fw": "bench",
            "schema": 1,
            "epoch": journal.epoch,
            "boot": 1,
            "uptime_ms": 0,
            "first": journal.first,
            "next": journal.next,
            "acked": 0,
        }

    def uptime_ms(self):
        return self._clock.uptime_ms()


asyncio.run(Usb(Object()).run())
