"""The owner of the motor and the diffuser: plays what was decided, and stops at once."""

import asyncio
import time

from .. import limits
from ..budget import Rolling
from ..comfort.scent import Scent
from ..comfort.touch import Touch
from ..parts.diffuser import Diffuser
from ..parts.motor import Motor
from ..wire import records


class Comfort:
    """`feel.breaths_per_min` is the holder's own, or None."""

    def __init__(self, board, care, log, memory, feel):
        self._feel = feel
        self._motor = Motor(board)
        self._diffuser = Diffuser(board)
        self._care = care
        self._log = log
        self._scent = Scent(Rolling(memory, "scent_n"), Rolling(memory, "scent_s"))
        self._touch = None
        self._touch_why = "none"
        self._touch_ends = 0  # ticks_ms
        self._touch_wanted = asyncio.Event()
        self._pulse_s = 0
        self._pulse_wanted = asyncio.Event()

    @property
    def scent_left(self):
        return self._scent.left_today(self._care.plan)

    def pass_time(self, ms):
        self._scent.pass_time(ms)

    def give_scent(self, why):
        """One pulse, if plan, gap and budget allow it; the log says so either way."""
        plan = self._care.plan
        refusal = self._scent.refusal(plan)
        if refusal is not None:
            self._log.write(records.SCENT_REFUSED, refusal, self._scent.left_today(plan))
            return
        self._pulse_s = self._scent.give(plan)
        self._log.write(records.SCENT, self._pulse_s, why, self._scent.left_today(plan))
        self._pulse_wanted.set()

    def play_touch(self, why, for_ms):
        """Play the plan's pattern for another `for_ms` from now; begins gently if it is still."""
        self._touch_ends = time.ticks_add(time.ticks_ms(), for_ms)
        if self._touch is None:
            self._touch = Touch(self._care.plan, why == "barred")
            self._touch_why = why
            self._touch_wanted.set()

    @property
    def touching(self):
        return self._touch is not None

    def cut(self):
        """Both outputs off now; safe from an interrupt."""
        self._motor.off()
        self._diffuser.off()
        self._touch = None
        self._pulse_s = 0

    async def run_touch(self):
        while True:
            await self._touch_wanted.wait()
            self._touch_wanted.clear()
            touch = self._touch
            if touch is None:
                continue
            plan = self._care.plan
            self._log.write(
                records.TOUCH_START,
                touch.pattern,
                self._touch_why,
                plan["touch.strength"],
                touch.per_min,
            )
            lasted_ms = await self._play(touch)
            why = "session_over" if self._touch is touch else "stop"
            if self._touch is touch:
                self._touch = None
                self._motor.off()
            self._log.write(records.TOUCH_END, why, lasted_ms / 1000)

    # Until the pattern is over, or until it is no longer the one that is wanted
    async def _play(self, touch):
        began = time.ticks_ms()
        t_ms = 0
        while self._touch is touch and not touch.over(t_ms):
            touch.pace(self._feel.breaths_per_min, t_ms)
            self._motor.drive(touch.strength(t_ms))
            if self._touch is not touch:  # cut in between
                self._motor.off()
                break
            await asyncio.sleep_ms(touch.next_ms(t_ms))
            now = time.ticks_ms()
            t_ms = time.ticks_diff(now, began)
            if time.ticks_diff(now, self._touch_ends) >= 0 or t_ms >= limits.TOUCH_MAX_MS:
                touch.fade(t_ms)
        return t_ms

    async def run_scent(self):
        while True:
            await self._pulse_wanted.wait()
            self._pulse_wanted.clear()
            if self._pulse_s <= 0:
                continue
            began = time.ticks_ms()
            length_ms = int(self._pulse_s * 1000)
            self._diffuser.on()
            while self._pulse_s > 0:
                left = length_ms - time.ticks_diff(time.ticks_ms(), began)
                if left <= 0:
                    break
                await asyncio.sleep_ms(min(left, 100))
            self._pulse_s = 0
            self._diffuser.off()
