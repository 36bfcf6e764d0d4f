"""What a gesture or the button brings about. The holder is in charge: stop always wins."""

import asyncio
import time

from micropython import const

from .. import late
from ..parts.button import Button
from ..senses.hug import LONG_HOLD_MS
from ..wire import records

_ROUTINES = const("kitbag.comfort.routines")
_START_HOLD_MS = const(3_000)  # a hold of this length is deliberate
_RELEASE_MS = const(2_000)  # after a stop, a new start needs so much rest before it
_TOUCH_AFTER_HOLD_MS = const(30_000)
_TOUCH_AFTER_SQUEEZE_MS = const(60_000)
_CUE_MS = const(5_000)
_BUTTON_POLL_MS = const(20)
_LINK_S = const(5)  # held so long and released: a link window
_FORGET_S = const(10)


class Answer:
    """Listens to the senses and the button; asks the other tasks of `app` (app.App)."""

    def __init__(self, board, app):
        self._app = app
        self._log = app.log
        self._heat = app.heat
        self._must_rest = False  # after a stop: no start before a release of 2 s
        self._stopped_ms = 0
        self._busy_ms = 0  # when anything last touched it
        self._deliberate = True  # the touch that is on now began after that
        self._hold_answered = self._long_answered = False
        self._flag = asyncio.ThreadSafeFlag()
        self._button = Button(board, self._cut, self._flag)

    # --- From the senses ---------------------------------------------------------------------

    def on_touch(self, now_ms):
        self._deliberate = not self._must_rest
        self._hold_answered = self._long_answered = False

    def on_hold(self, start_ms, noticed_ms, peak_pa, tautness_pa_per_k):
        since_s = (self._app.clock.uptime_ms() - start_ms) / 1000
        noticed_s = (noticed_ms - start_ms) / 1000
        self._log.write(records.HOLD_START, since_s, peak_pa, noticed_s, tautness_pa_per_k)

    def on_resume(self):
        # What a reset ended, a hold that merely goes on does not begin again
        self._must_rest = True
        self._deliberate = False

    def on_squeeze(self, count, now_ms):
        if count == 3:
            self.stop("triple_squeeze")

    def on_gesture(self, g):
        self._busy_ms = max(self._stopped_ms, g.end_ms)  # it is known only a moment later
        duration_s = (g.end_ms - g.start_ms) / 1000
        noticed_s = (g.noticed_ms - g.start_ms) / 1000
        shape = g.mean_pa / g.peak_pa if g.peak_pa > 0 else 0
        kind = getattr(records, g.kind.upper())
        if kind in (records.SQUEEZE, records.PAT):
            self._log.write(
                kind, duration_s, g.peak_pa, g.count, shape, noticed_s, g.confidence, at=g.end_ms
            )
        else:
            self._log.write(
                kind, duration_s, g.peak_pa, shape, noticed_s, g.confidence, at=g.end_ms
            )
        if g.kind == "squeeze" and g.count == 2:
            self._begin("double_squeeze", _TOUCH_AFTER_SQUEEZE_MS)
        elif g.kind == "pat":
            self._begin("pat", _TOUCH_AFTER_SQUEEZE_MS)

    def holding(self, held_ms, now_ms):
        """Called with every sample of a hold."""
        if not self._deliberate or held_ms < _START_HOLD_MS:
            return
        if not self._hold_answered:
            self._hold_answered = True
            self._begin("hold", _TOUCH_AFTER_HOLD_MS)
        elif held_ms >= LONG_HOLD_MS and not self._long_answered:
            self._long_answered = True
            self._begin("long_hold", _TOUCH_AFTER_HOLD_MS)
        comfort = self._app.comfort
        if comfort and comfort.touching:
            comfort.play_touch("hold", _TOUCH_AFTER_HOLD_MS)

    def settle(self, now_ms):
        """Called with every sample: has the object rested long enough after a stop?"""
        self._heat.look()
        if not self._must_rest:
            return
        if not self._app.feel.resting or self._button.is_down():
            self._busy_ms = now_ms
        elif now_ms - self._busy_ms >= _RELEASE_MS:
            self._must_rest = False

    def sense_lost(self):
        """Without its sense the object could not be told to stop by a squeeze: let warmth go."""
        self._heat.end("error")

    def _begin(self, gesture, touch_ms):
        if not self._deliberate:
            return
        for part in late.load(_ROUTINES).parts(self._app.care.plan, gesture):
            if part == "warmth":
                if not self._heat.begin(gesture):
                    self._tell_resting()
            elif part == "scent":
                self._app.load_comfort().give_scent(gesture)
            else:
                self._app.load_comfort().play_touch(gesture, touch_ms)

    # The warm part is resting. Where touch was agreed on, one soft cue says so: what touch there
    # is now comes as another pattern
    def _tell_resting(self):
        if self._app.care.plan["touch.enabled"]:
            self._app.load_comfort().play_touch("barred", _CUE_MS)

    # --- Stop --------------------------------------------------------------------------------

    def stop(self, how):
        """Everything off, and nothing begins again without a release and a new act."""
        self._cut()
        self._stopped_ms = self._busy_ms = self._app.clock.uptime_ms()
        self._log.write(records.STOP, how, self._heat.state)
        self._heat.stop(how)
        self._deliberate = False

    # From the interrupt of the button: outputs only; the task does the rest
    def _cut(self):
        self._heat.cut()
        if self._app.comfort:
            self._app.comfort.cut()
        self._must_rest = True
        self._deliberate = False

    async def run_button(self):
        while True:
            await self._flag.wait()
            if self._button.down_at is None:
                continue
            self.stop("button")
            self._heat.acknowledge()
            now = time.ticks_ms()
            while not self._button.settled_up(now):
                await asyncio.sleep_ms(_BUTTON_POLL_MS)
                now = time.ticks_ms()
            held_s = self._button.held_ms(now) / 1000
            self._log.write(records.BUTTON, held_s)
            self._button.down_at = None
            if _LINK_S <= held_s < _FORGET_S:
                self._log.tally()
                self._app.memory.keep_number("link", self._app.clock.uptime_ms() // 10)
                raise SystemExit  # a reset in good order; main.py looks for what is left here
