"""What the object tells of itself, and the few things a host may leave with it."""

import gc
from binascii import hexlify

from micropython import const

import machine

from .. import __version__
from ..wire import records, requests
from .hosts import Hosts

_ACKED = const("acked")
_MARK = const(8)  # the log's epoch, the seq


class About:
    """Everything a session may see of `app` (app.App), and nothing that could move an output."""

    def __init__(self, app):
        self._app = app
        self.journal = app.journal
        self.care = app.care
        self.feel = app.feel
        self.boot = app.clock.boot
        self.device = hexlify(machine.unique_id()).decode()
        self.hosts = Hosts(app)

    def uptime_ms(self):
        return self._app.clock.uptime_ms()

    def greeting(self):
        """What a stranger may know."""
        return {
            "kitbag": requests.PROTOCOL,
            "id": self.device,
            "fw": __version__,
            "adopted": bool(self.hosts.all()),
        }

    def hello(self):
        journal = self.journal
        self._app.log.tally()
        fields = self.greeting()
        fields.update(
            {
                "schema": records.SCHEMA,
                "epoch": journal.epoch,
                "boot": self.boot,
                "uptime_ms": self.uptime_ms(),
                "first": journal.first,
                "next": journal.next,
                "acked": self._acked(),
            }
        )
        return fields

    def status(self):
        app = self._app
        heat = app.heat
        r = heat.readings
        target_c = heat.target_c
        return {
            "state": heat.state,
            "why": heat.why,
            "pad_c": r.pad_mc / 1000,
            "face_c": r.face_mc / 1000,
            "target_c": None if target_c is None else round(target_c, 2),
            "duty": r.duty / 1000,
            "battery_mv": r.battery_mv,
            "boot": self.boot,
            "uptime_ms": self.uptime_ms(),
            "written": self.journal.written,
            "dropped": self.journal.dropped,
            "damaged": app.usb.damaged,
            "samples": app.feel.samples,
            "skipped": app.feel.skipped,
            "sense": "lost" if app.feel.lost else "good",
            "gauge_pa": round(app.feel.gauge_pa),
            "dose_cem43": heat.dose.umin / 1_000_000,
            "scent_left": app.load_comfort().scent_left if self.care.plan["scent.enabled"] else 0,
            "plan_crc": self.care.crc,
            "free": gc.mem_free(),
        }

    # The mark is of one log: another one has none
    def _acked(self):
        kept = self._app.memory.blob(_ACKED, _MARK) or b""
        of_this_log = kept[:4] == self.journal.epoch.to_bytes(4, "little")
        return int.from_bytes(kept[4:], "little") if of_this_log else 0

    def acknowledge(self, seq):
        """A host holds every record below `seq`: a mark, nothing is erased."""
        mark = self.journal.epoch.to_bytes(4, "little") + seq.to_bytes(4, "little")
        self._app.memory.keep_blob(_ACKED, mark)

    def plan_changed(self):
        self._app.log.write(records.PLAN, self.care.crc, "host")
