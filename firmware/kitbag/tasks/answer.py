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
# The button, held and released: from 2 s on the holder's choice, from 5 s on the link's
_CHOICE_MS = const(2_000)
_LINK_MS = const(5_000)
_FORGET_MS = const(10_000)
_DROP = const("kitbag.drop")
# Three choices in a row take last night back. Two would not do: who feels no answer in the dark
# and cannot tell whether the first one took presses again
_ROW = const(3)
_ROW_MS = const(20_000)


class Answer:
    """Listens to the senses and the button; asks the other tasks of `app` (app.App)."""

    def __init__(self, board, app):
        self._app = app
        self._log = app.log
        self._heat = app.heat
        self._must_rest = False  # after a stop: no start before a release of 2 s
        self.stopped_ms = 0
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
        self._busy_ms = max(self.stopped_ms, g.end_ms)  # it is known only a moment later
        duration_s = (g.end_ms - g.start_ms) / 1000
        noticed_s = (g.noticed_ms - g.start_ms) / 1000
        shape = g.mean_pa / g.peak_pa if g.peak_pa > 0 else 0
        kind = getattr(records, g.kind.upper())
        count = (g.count,) if kind in (records.SQUEEZE, records.PAT) else ()
        self._log.write(
            kind, duration_s, g.peak_pa, *count, shape, noticed_s, g.confidence, at=g.end_ms
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
        self._log.waits = self._button.down_at is not None
        self.stopped_ms = self._busy_ms = self._app.clock.uptime_ms()
        self._log.write(records.STOP, how, self._heat.state)
        self._heat.stop(how)
        self._deliberate = False

    # From the interrupt of the button: outputs only; the task does the rest. What is written
    # meanwhile waits until it is known what the press is
    def _cut(self):
        self._log.waits = True
        self._heat.cut()
        if self._app.comfort:
            self._app.comfort.cut()
        self._must_rest = True
        self._deliberate = False

    async def run_button(self):
        log, button = self._log, self._button
        row = first_ms = 0
        while True:
            await self._flag.wait()
            if button.down_at is not None:
                self.stop("button")
                self._heat.acknowledge()
                now = time.ticks_ms()
                while not button.settled_up(now):
                    await asyncio.sleep_ms(_BUTTON_POLL_MS)
                    now = time.ticks_ms()
                    if button.held_ms(now) >= _LINK_MS:
                        log.resume()
                held_ms = button.held_ms(now)
                button.down_at = None
                log.write(records.BUTTON, held_ms / 1000)
                if _LINK_MS <= held_ms < _FORGET_MS and not log.guest():
                    log.tally()
                    self._app.memory.keep_number("link", self._app.clock.uptime_ms() // 10)
                    raise SystemExit  # a reset in good order; main.py looks for what is left here
                if held_ms >= _FORGET_MS and not log.guest():
                    self._app.forget_hosts()
                if not _CHOICE_MS <= held_ms < _LINK_MS or log.guest():
                    row = 0
                else:
                    if not row or self.stopped_ms - first_ms >= _ROW_MS:
                        row = 0
                        first_ms = self.stopped_ms
                    row += 1
                    if row == _ROW:
                        row = 0
                        app = self._app
                        for _ in late.load(_DROP).last_night(app.journal, app.memory, log):
                            await asyncio.sleep_ms(0)
                        late.forget(_DROP)
                        self._tell_resting()
                    elif log.choose():
                        self._tell_resting()
            log.resume()
