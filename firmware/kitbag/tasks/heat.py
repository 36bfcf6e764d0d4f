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

_WARMING = "kitbag.tasks.warming"
_KEEP_EVERY_UMIN = const(20_000)
_KEEP_EVERY_MS = const(10 * 60_000)
_WARN_EVERY_MS = const(3_600_000)
_EDGE_LONG_AGO_MS = const(1 << 20)
# A latch may be acknowledged after a minute without a finding
_ACKNOWLEDGE_AFTER_MS = const(60_000)


class Heat:
    """Warmth from the holder's wish to the pad. `touch` tells whether and since when the object
    is held: `touch.held` and `touch.quiet_ms`.
    """

    def __init__(self, board, care, log, memory, touch):
        self._board = board
        self._memory = memory
        self._heater = Heater(board)
        curve = table(board)
        self._pad = Thermistor(board.ADC_PAD, curve)
        self._face = Thermistor(board.ADC_FACE, curve)
        self._cell = Thermistor(board.ADC_CELL, curve)
        self._supply = Supply(board)
        self._care = care
        self._log = log
        self._touch = touch
        self.dose = Dose(Rolling(memory, "dose"))
        self._latch = Latch(memory, Rolling(memory, "latches"))
        self.guard = guard.Guard(board, self.dose)
        self.guard.bar(self._latch.reaction, self._latch.function)
        self._warming = None  # loaded when warmth is first wanted
        self._checking = limits.checking()
        self._cycled_at = 0  # ticks_ms
        self._last_ms = 0  # the same, of the last look too
        self._behind = False
        self._told = 0  # warnings of this hour, one bit for each function
        self._told_ms = 0
        self.readings = Readings()
        self._pad_median = Median3()
        self._face_median = Median3()
        self._cut = False
        self._stopped = False
        self._cold_ms = 0
        self._clean_ms = 0
        self._sample_ms = 0
        self._keep_ms = 0
        self._kept_umin = self.dose.umin
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
            return self._warming.session.state
        return "stopped" if self._stopped else "idle"

    @property
    def active(self):
        """True while a session of warmth runs."""
        return self._warming is not None and self._warming.session.active

    @property
    def why(self):
        """The safety function that bars warmth (records.GUARD_FUNCTIONS), or "none"."""
        return "SF%d" % self.guard.function if self.guard.function else "none"

    @property
    def target_c(self):
        return self._warming.session.target_c if self.active else None

    @property
    def barred(self):
        """True while no warmth can be had: the warm part is resting."""
        r = self.readings
        # Colder than the guard can look after, or nearly
        cold = max(r.pad_mv, r.face_mv) > limits.NTC_OPEN_MV - limits.NTC_COLD_MARGIN_MV
        return self.guard.reaction != 0 or self._battery_low or r.charging or cold

    def begin(self, why):
        """A deliberate act asks for warmth, or for more of it. Returns True when it is given."""
        if self.barred or not self._care.plan["warmth.enabled"]:
            return False
        if self._warming is None:
            self._warming = late.load(_WARMING).Warming(
                self._board, self._heater, self.guard, self._care, self.dose, self._touch
            )
        if not self.active:
            if not self._warming.start(self.readings, self._cold_ms):
                return False
            self._memory.arm(True)
            self._stopped = False
            self._sample_ms = 0
            self._note(why)
        elif self._warming.extend():
            self._note(why)
        return True

    def stop(self, why):
        """End warmth now."""
        self._heater.off()
        self._end()
        self._stopped = True
        self._note(why)

    def end(self, why):
        """Let warmth go without a stop: something it needs is missing."""
        self._heater.off()
        if self.active:
            self._end()
            self._note(why)

    def _end(self):
        if self._warming is not None:
            self._warming.end()
        self._memory.arm(False)

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

    def condemn(self, reaction, function):
        """Bar heat for what was found elsewhere: an error of a task, the way the object ended."""
        if self.guard.reaction < guard.LOCK:  # a lock is the last word
            self.guard.bar(reaction, function)
            self._tripped(self.readings)

    def look(self):
        """Another task looks whether the guard still runs: one that is late heats no further."""
        now = time.ticks_ms()
        self._turn(now, time.ticks_diff(now, self._last_ms))
        if self.active and time.ticks_diff(now, self._cycled_at) > limits.STALE_MS:
            self.condemn(guard.OFF, 9)

    # SF9: one turn may come late, for a flash that is erased; two in a row are an object that
    # starves, which shows long before a whole cycle is stale
    def _turn(self, now, late_ms):
        self._last_ms = now
        late = late_ms > limits.LATE_MS
        if late and self._behind and self.active:
            self.condemn(guard.OFF, 9)
        self._behind = late

    def battery_v(self):
        return self._supply.battery_mv() / 1000

    # --- The loop ----------------------------------------------------------------------------

    async def run(self, watchdog):
        self._cycled_at = time.ticks_ms()
        self._read(self.readings)
        while True:
            late = time.ticks_diff(time.ticks_ms(), self._cycled_at)
            await asyncio.sleep_ms(max(0, limits.CYCLE_MS - late))
            now = time.ticks_ms()
            dt_ms = time.ticks_diff(now, self._cycled_at)
            self._cycled_at = now
            # Late is what came after the others' last turn and after its own time
            self._turn(now, min(time.ticks_diff(now, self._last_ms), dt_ms - limits.CYCLE_MS))
            self.step(dt_ms)
            watchdog.feed()

    def step(self, dt_ms):
        """One cycle, `dt_ms` after the last."""
        r = self.readings
        r.dt_ms = dt_ms
        self._read(r)
        target_c = self.target_c
        r.target_mc = 0 if target_c is None else int(target_c * 1000)
        self._cut = False
        # A cell recovers once nothing draws on it: it must come back further than it fell
        low = limits.BATTERY_BACK_MV if self._battery_low else limits.BATTERY_EMPTY_MV
        self._battery_low = r.battery_mv < low
        found = self.guard.cycle(r)
        if found:
            self._tripped(r)
        if self.guard.warning:
            self._warn(r)
        closes = False
        if self.active:
            closes = self._warm(r)
        else:
            self._heater.drive(0)
            if self._warming is not None:
                self._warming.rest(r.dt_ms)
            self._cold_ms = min(limits.REST_AGREE_AFTER_MS, self._cold_ms + r.dt_ms)
        if self._cut:  # the button was pressed while this cycle worked out its duty
            self._heater.off()
        elif closes and not self.guard.reaction and not self.guard.suspect:
            self._heater.renew()
            r.edge_ms = 0
            r.renewed = True
        self._count(r)

    def _read(self, r):
        r.duty = self._heater.duty
        r.edge_ms = min(r.edge_ms + r.dt_ms, _EDGE_LONG_AGO_MS)
        try:
            r.current_ma = self._heater.current_ma()
        except OSError:
            r.current_ma = 0  # SF4 sees no current where some is expected
        r.supply_mv = self._heater.supply_mv()
        r.pad_mv = self._pad.read_mv()
        r.face_mv = self._face.read_mv()
        r.cell_mv = self._cell.read_mv()
        r.reference_mv = self._supply.reference_mv()
        r.battery_mv = self._supply.battery_mv()
        r.charging = self._supply.charging()
        r.pad_raw_mc = self._pad.millicelsius(r.pad_mv)
        r.face_raw_mc = self._face.millicelsius(r.face_mv)
        r.cell_mc = self._cell.millicelsius(r.cell_mv)
        r.pad_mc = self._pad_median(r.pad_raw_mc)
        r.face_mc = self._face_median(r.face_raw_mc)
        r.held = self._touch.held
        r.rtc_s = time.time()
        good = next(self._checking)
        if good is not None:
            r.limits_good = good

    # One cycle of warmth. Returns True where the second switch is to be closed for it.
    def _warm(self, r):
        if self._battery_low:
            self.end("battery")
            return False
        warming = self._warming
        why = warming.step(r)
        if warming.session.nonsense:
            self.guard.warning = 16
            self._warn(r)
        if not warming.session.active:
            self._heater.drive(0)
            self._end()
            self._note(why)
        elif warming.failed:
            self.condemn(*warming.failed)
        else:
            self._cold_ms = 0
            self._sample(r, self.guard.pad.full_mw(r.battery_mv) / 1000)
            if warming.session.state != self._state:
                self._note("none")
            return warming.closes
        return False

    def _tripped(self, r):
        self._heater.off()
        reaction = self._latch.set(self.guard.reaction, self.guard.function)
        self.guard.bar(reaction, self.guard.function)
        self._clean_ms = 0
        self._write_guard(self.guard.function, "WOLX"[self.guard.reaction], r)
        self._end()
        self._note("dose" if self.guard.function == 10 else "guard")

    # What heat goes on with is told once an hour
    def _warn(self, r):
        bit = 1 << self.guard.warning
        if not self._told & bit:
            self._told |= bit
            self._write_guard(self.guard.warning, "W", r)

    def _write_guard(self, function, reaction, r):
        self._log.write(
            records.GUARD,
            "SF%d" % function,
            reaction,
            r.pad_mc / 1000,
            r.face_mc / 1000,
            r.current_ma / 1000,
        )

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
        self._told_ms += r.dt_ms
        if self._told_ms >= _WARN_EVERY_MS:
            self._told = self._told_ms = 0
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
