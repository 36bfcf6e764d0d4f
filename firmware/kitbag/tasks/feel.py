"""Sampling the barometer: fast while anyone may be holding the object, slower when it rests."""

import asyncio
import time

from micropython import const

from .. import late
from ..parts.bme280 import Barometer
from ..senses import hug as hugs
from ..senses.handling import Handling
from ..wire import records

_ACTIVE_MS = const(40)  # 25 Hz
_IDLE_MS = const(100)  # 10 Hz
_TEMPERATURE_EVERY_MS = const(1_000)
_FAILURES_MAX = const(3)
_RETRY_MS = const(10_000)
_BLADDER_EVERY_MS = const(60_000)
_BREATH = const("kitbag.senses.breath")
_BREATH_FROM_MS = const(12_000)  # a hold as long may become a long one: begin to listen
_BREATH_EVERY_MS = const(15_000)
# A live pressure has noise in its last bits and lies where the chip can measure; no squeeze is as
# quick as a bus that gives anything
_SAME_MAX = const(40)
_LOW_PA = const(30_000)
_HIGH_PA = const(111_000)
_CLIPPED_PA = const(109_500)  # the hardest squeezes stand still at the end of its range
_LEAP_PA = const(15_000)
_GLITCH_EVERY_MS = const(3_600_000)
_CALM = const(128)  # samples (13 s at rest) over which the noise is averaged


class Feel:
    """The object's one sense. `held` and `quiet_ms` are for those who must know; `samples` counts
    what was read and `skipped` the samples that came a period late or more.
    """

    def __init__(self, board, clock, log, memory):
        self._board = board
        self._memory = memory
        self._clock = clock
        self._log = log
        self._barometer = None
        self._hug = None
        self._holding = False  # as memory has it
        self._handling = Handling()
        self._glitch_ms = -_GLITCH_EVERY_MS
        self._answer = None
        self._pressure_pa = 0
        self._bladder_c = 0
        self._temperature_ms = 0
        self._sample_ms = 0
        self._touched_ms = 0
        self._breath = None
        self._breath_ms = None  # when it is told next; None while nobody holds it long
        self._fault = "bus"
        self._same = 0
        self._clipped = False  # told, for the touch that is on
        self._calm = 0  # samples since the last touch, at most _CALM
        self._step_pa = 0  # mean of |sample - the one before| over them
        self.samples = 0
        self.skipped = 0
        self.lost = False

    def bind(self, answer):
        """Gestures go to `answer`; it needs the other tasks, so it comes last."""
        self._answer = answer
        self._hug = hugs.HugSense(answer)
        rest = self._memory.hold
        if rest is not None:
            self._hug.resume(*rest)
            self._holding = True

    @property
    def held(self):
        if self.lost or self._hug is None:
            return False
        return self._hug.held_ms(self._clock.uptime_ms()) > 0

    @property
    def resting(self):
        """Nothing touches the object."""
        return not self._hug.active

    @property
    def quiet_ms(self):
        """Since anyone last touched it."""
        return 0 if self.held else self._clock.uptime_ms() - self._touched_ms

    @property
    def gauge_pa(self):
        """Pressure over the baseline, as far as it can be known."""
        return self._hug.gauge_pa

    @property
    def breaths_per_min(self):
        """The holder's own, or None: unknown, or nobody holds it long enough."""
        return None if self._breath_ms is None else self._breath.per_min

    def now(self):
        """What it feels, for a host that watches (`feel` of wire.requests): the last sample, the
        mean difference of one to the next while nothing touched it, both in Pa; None is unknown.
        """
        hug = self._hug
        return {
            "pressure_pa": self._pressure_pa,
            "bladder_c": self._bladder_c,
            "step_pa": self._step_pa if self._calm >= _CALM else None,
            "tautness_pa_per_k": hug.tautness_pa_per_k,
            "touched": hug.active,
            "lost": self.lost,
            "uptime_ms": self._clock.uptime_ms(),
        }

    async def run(self):
        while True:
            try:
                self._fault = "bus"
                self._barometer = Barometer(self._board)
                await self._follow()
            except OSError:
                if not self.lost:
                    self.lost = True
                    self._log.write(records.SENSE_FAULT, self._fault, None)
                    self._answer.sense_lost()
            await asyncio.sleep_ms(_RETRY_MS)

    # Sample on a fixed grid until the sense fails for good
    async def _follow(self):
        hug = self._hug
        failures = good = self._same = 0
        due = time.ticks_ms()
        while True:
            period = _ACTIVE_MS if hug.active else _IDLE_MS
            due = time.ticks_add(due, period)
            wait = time.ticks_diff(due, time.ticks_ms())
            if wait < 0:
                if wait < -period:
                    self.skipped += 1
                due = time.ticks_ms()
                wait = 0
            await asyncio.sleep_ms(wait)
            try:
                self._sample()
                failures = 0
            except OSError:
                failures += 1
                if failures >= _FAILURES_MAX or self._same >= _SAME_MAX:
                    raise
            good = 0 if failures else good + 1
            if self.lost and good > _SAME_MAX:
                self.lost = False
                self._log.write(records.SENSE_FAULT, "back", None)

    # `pressure_pa`, where a live sensor can have measured it; OSError where not
    def _believed(self, pressure_pa):
        last_pa = self._pressure_pa
        live = pressure_pa != last_pa or pressure_pa > _CLIPPED_PA
        self._same = 0 if live else self._same + 1
        leapt = self.samples and not self.lost and abs(pressure_pa - last_pa) > _LEAP_PA
        if self._same >= _SAME_MAX:
            self._fault = "stuck"
        elif leapt or not _LOW_PA <= pressure_pa <= _HIGH_PA:
            self._fault = "range"
        else:
            self._fault = "bus"
            return pressure_pa
        raise OSError(self._fault)

    def _sample(self):
        barometer = self._barometer
        now = self._clock.uptime_ms()
        barometer.latch()
        if now - self._temperature_ms >= _TEMPERATURE_EVERY_MS or not self.samples:
            self._temperature_ms = now
            self._bladder_c = barometer.bladder_c()
        last_pa = self._pressure_pa
        self._pressure_pa = self._believed(barometer.pressure_pa())
        self.samples += 1
        if self.lost:  # felt again only once it has been believable for a while
            return
        hug = self._hug
        hug.sample(now, self._pressure_pa, self._bladder_c)
        holding = hug.phase == hugs.HELD
        if holding != self._holding:  # a reset must not take a hold for rest
            self._holding = holding
            self._memory.keep_hold(hug.rest_pa if holding else 0, hug.rest_c)
        self._handle(now)
        if hug.dip_pa and now - self._glitch_ms >= _GLITCH_EVERY_MS:
            # Gestures do not mind it; who looks after the object should know
            self._glitch_ms = now
            self._log.write(records.SENSE_FAULT, "glitch", -hug.dip_pa)
        if hug.active:
            self._touched_ms = now
            self._calm = 0
            # A squeeze harder than the sensor can measure is no fault, but its peak is no measure
            if self._pressure_pa > _CLIPPED_PA and not self._clipped:
                self._clipped = True
                self._log.write(records.SENSE_FAULT, "clipped", hug.gauge_pa)
            held_ms = hug.held_ms(now)
            self._answer.holding(held_ms, now)
            self._listen(held_ms, now)
        else:
            self._breath_ms = None
            self._clipped = False
            if self.samples > 1:  # the first has none before it
                self._calm = min(self._calm + 1, _CALM)
                self._step_pa += (abs(self._pressure_pa - last_pa) - self._step_pa) / self._calm
        self._answer.settle(now)
        if now - self._sample_ms >= _BLADDER_EVERY_MS:
            self._sample_ms = now
            self._log.write(records.BLADDER, self._pressure_pa, self._bladder_c, hug.gauge_pa)

    def _handle(self, now):
        hug, handling = self._hug, self._handling
        if not handling.sample(
            now, hug.pressed, hug.rest_pa, self._bladder_c, hug.tautness_pa_per_k
        ):
            return
        lasted_s = handling.lasted_ms / 1000
        if handling.on:
            self._log.write(records.PICKED_UP, lasted_s)
            return
        self._log.write(records.PLACED, lasted_s)
        if handling.leaky:
            self._log.write(records.SENSE_FAULT, "leak", -handling.lost_pa)

    # To the holder's breathing, while a hold is long
    def _listen(self, held_ms, now):
        if held_ms < _BREATH_FROM_MS:
            self._breath_ms = None
            return
        if self._breath is None:
            self._breath = late.load(_BREATH).Breath()
        breath = self._breath
        if self._breath_ms is None:
            breath.begin()
            self._breath_ms = now + hugs.LONG_HOLD_MS - held_ms
        breath.sample(now, self._pressure_pa)
        if now - self._breath_ms >= 0:
            self._breath_ms = now + _BREATH_EVERY_MS
            breath.look()
            self._log.write(records.BREATH, breath.per_min, breath.amplitude_pa, breath.quality)
