"""The heat loop: read, judge, ask, drive, renew; every 300 ms, for ever.

The guard's good cycle is the only thing that renews the second switch and feeds the watchdog.
"""

import asyncio
import time

from micropython import const

from .. import late, limits
from ..budget import Rolling
from ..consent import WARMTH_SAMPLE_S
from ..parts.heater import Heater
from ..parts.supply import Supply
from ..parts.thermistor import Thermistor, table
from ..warmth import guard
from ..warmth.dose import Dose
from ..warmth.latch import Latch
from ..warmth.readings import Median3, Readings
from ..wire import records

_COLD_AFTER_MS = const(15 * 60_000)  # unheated so long, the pad is at rest with its surroundings
_KEEP_EVERY_UMIN = const(20_000)
_KEEP_EVERY_MS = const(10 * 60_000)
_ACKNOWLEDGE_AFTER_MS = const(
    60_000
)  # a latch may be acknowledged after a minute without a finding


class Heat:
    """Warmth from the holder's wish to the pad. `touch` tells whether and since when the object
    is held: `touch.held` and `touch.quiet_ms`.
    """

    def __init__(self, board, care, log, memory, touch):
        self._heater = Heater(board)
        curve = table(board)
        self._pad = Thermistor(board.ADC_PAD, curve)
        self._face = Thermistor(board.ADC_FACE, curve)
        self._supply = Supply(board)
        self._care = care
        self._log = log
        self._touch = touch
        self.dose = Dose(Rolling(memory, "dose"))
        self._latch = Latch(memory, Rolling(memory, "latches"))
        self.guard = guard.Guard(board, self.dose)
        self.guard.bar(self._latch.reaction, self._latch.function)
        self._control = None  # loaded with the session, when warmth is first wanted
        self._session = None
        self.readings = Readings()
        self._pad_median = Median3()
        self._face_median = Median3()
        self._cut = False
        self._stopped = False
        self._cold_ms = _COLD_AFTER_MS
        self._clean_ms = 0
        self._sample_ms = 0
        self._keep_ms = 0
        self._kept_umin = self.dose.umin
        self._saturated = False
        self._battery_low = False
        self._state = "idle"

    # --- What others may ask -----------------------------------------------------------------

    @property
    def state(self):
        """One word of records.STATES."""
        if self.guard.reaction == guard.LOCK:
            return "locked"
        if self.guard.reaction == guard.LATCH:
            return "latched"
        if self.guard.reaction:
            return "tripped"
        if self.active:
            return self._session.state
        return "stopped" if self._stopped else "idle"

    @property
    def active(self):
        """True while a session of warmth runs."""
        return self._session is not None and self._session.active

    @property
    def why(self):
        """The safety function that bars warmth (records.GUARD_FUNCTIONS), or "none"."""
        return "SF%d" % self.guard.function if self.guard.function else "none"

    @property
    def target_c(self):
        return self._session.target_c if self.active else None

    @property
    def barred(self):
        """True while no warmth can be had: the warm part is resting."""
        return self.guard.reaction != 0 or self._battery_low

    def begin(self, why):
        """A deliberate act asks for warmth, or for more of it. Returns True when it is given."""
        if self.barred or not self._care.plan["warmth.enabled"]:
            return False
        if self._session is None:
            self._control = late.load("kitbag.warmth.control").Control()
            self._session = late.load("kitbag.warmth.session").Session()
        if not self.active:
            pad_c = self.readings.pad_mc / 1000
            if not self._session.start(self._care.plan, pad_c):
                return False
            self._control.start(pad_c, self._cold_ms >= _COLD_AFTER_MS)
            self._stopped = False
            self._sample_ms = 0
            self._note(why)
        elif self._session.extend(self._care.plan):
            self._note(why)
        return True

    def stop(self, why):
        """End warmth now."""
        self._heater.off()
        if self.active:
            self._session.end()
        self._stopped = True
        self._note(why)

    def end(self, why):
        """Let warmth go without a stop: something it needs is missing."""
        self._heater.off()
        if self.active:
            self._session.end()
            self._note(why)

    def cut(self):
        """From an interrupt: zero output now. `stop` follows from the task."""
        self._cut = True
        self._heater.off()

    def acknowledge(self):
        """The holder pressed the button: clear a latch once nothing has tripped for a while."""
        latched = self.guard.reaction == guard.LATCH
        if latched and self._clean_ms >= _ACKNOWLEDGE_AFTER_MS and self._latch.acknowledge():
            self.guard.clear()
            self._note("button")

    def off(self):
        self._heater.off()

    def battery_v(self):
        return self._supply.battery_mv() / 1000

    # --- The loop ----------------------------------------------------------------------------

    async def run(self, watchdog):
        r = self.readings
        last = time.ticks_ms()
        self._read(r)
        while True:
            late = time.ticks_diff(time.ticks_ms(), last)
            await asyncio.sleep_ms(max(0, limits.CYCLE_MS - late))
            now = time.ticks_ms()
            r.dt_ms = time.ticks_diff(now, last)
            last = now
            self._read(r)
            self._cycle(r)
            watchdog.feed()

    def _read(self, r):
        r.duty = self._heater.duty
        try:
            r.current_ma = self._heater.current_ma()
        except OSError:
            r.current_ma = 0  # SF4 sees no current where some is expected
        r.pad_mv = self._pad.read_mv()
        r.face_mv = self._face.read_mv()
        r.reference_mv = self._supply.reference_mv()
        r.battery_mv = self._supply.battery_mv()
        r.pad_raw_mc = self._pad.millicelsius(r.pad_mv)
        r.face_raw_mc = self._face.millicelsius(r.face_mv)
        r.pad_mc = self._pad_median(r.pad_raw_mc)
        r.face_mc = self._face_median(r.face_raw_mc)
        r.held = self._touch.held

    def _cycle(self, r):
        target_c = self.target_c
        r.target_mc = 0 if target_c is None else int(target_c * 1000)
        self._cut = False
        # A cell recovers once nothing draws on it: it must come back further than it fell
        low = limits.BATTERY_BACK_MV if self._battery_low else limits.BATTERY_EMPTY_MV
        self._battery_low = r.battery_mv < low
        found = self.guard.cycle(r)
        if found:
            self._tripped(r)
        if self.active:
            self._warm(r)
        else:
            self._heater.drive(0)
            if self._session is not None:
                self._session.rest(r.dt_ms)
            self._cold_ms = min(_COLD_AFTER_MS, self._cold_ms + r.dt_ms)
        if self._cut:  # the button was pressed while this cycle worked out its duty
            self._heater.off()
        elif self.active and not self.guard.reaction:
            self._heater.renew()
        self._count(r)

    def _warm(self, r):
        if self._battery_low:
            self.end("battery")
            return
        session = self._session
        dt_ms = min(r.dt_ms, limits.STALE_MS)
        pad_c = r.pad_mc / 1000
        why = session.step(
            dt_ms,
            self._care.plan,
            pad_c,
            self._touch.quiet_ms,
            self.dose.umin,
            self._saturated,
        )
        if not session.active:
            self._heater.drive(0)
            self._note(why)
            return
        pad = self.guard.pad
        full_w = pad.full_mw(r.battery_mv) / 1000
        cap_w = full_w * pad.cap(r.battery_mv) / 1000
        power_w = self._control.ask(
            session.target_c,
            session.ramp_c_per_s,
            pad_c,
            r.face_mc / 1000,
            dt_ms / 1000,
            cap_w,
        )
        self._saturated = power_w >= 0.97 * cap_w
        asked = round(1000 * power_w / full_w) if full_w > 0 else 0
        self._heater.drive(self.guard.permitted(asked, r))
        self._cold_ms = 0
        self._sample(r, full_w)
        if session.state != self._state:
            self._note("none")

    def _tripped(self, r):
        self._heater.off()
        reaction = self._latch.set(self.guard.reaction, self.guard.function)
        self.guard.bar(reaction, self.guard.function)
        self._clean_ms = 0
        self._log.write(
            records.GUARD,
            self.why,
            "WOLX"[self.guard.reaction],
            r.pad_mc / 1000,
            r.face_mc / 1000,
            r.current_ma / 1000,
        )
        if self.active:
            self._session.end()
        self._note("dose" if self.guard.function == 10 else "guard")

    def _sample(self, r, full_w):
        self._sample_ms -= r.dt_ms
        if self._sample_ms <= 0:
            self._sample_ms = WARMTH_SAMPLE_S * 1000
            self._log.write(
                records.WARMTH_SAMPLE,
                r.pad_mc / 1000,
                r.face_mc / 1000,
                self._heater.duty / 1000,
                full_w * self._heater.duty / 1000,
                self.dose.umin / 1_000_000,
            )

    def _count(self, r):
        self._latch.pass_time(r.dt_ms)
        clean_ms = 0 if self.guard.finding else self._clean_ms + r.dt_ms
        self._clean_ms = min(_ACKNOWLEDGE_AFTER_MS, clean_ms)
        # A power cut may cost the budget a hundredth of itself, and flash is spared
        self._keep_ms += r.dt_ms
        umin = self.dose.umin
        if self._keep_ms >= _KEEP_EVERY_MS or umin >= self._kept_umin + _KEEP_EVERY_UMIN:
            self._keep_ms = 0
            self._kept_umin = umin
            self.dose.keep()

    def _note(self, why):
        state = self.state
        if state == self._state and why == "none":
            return
        self._state = state
        self._log.write(
            records.WARMTH_STATE,
            state,
            why,
            self.readings.pad_mc / 1000,
            self.readings.face_mc / 1000,
            self.target_c,
        )
