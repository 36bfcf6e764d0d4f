"""The one button. Its down-edge is the stop, so it does not wait for any task."""

import time

from micropython import const

from machine import Pin

_BOUNCE_MS = const(20)


class Button:
    # `pressed` is called from the interrupt at every down-edge and must only switch outputs off;
    # `flag` (asyncio.ThreadSafeFlag) wakes the task that does the rest.
    def __init__(self, board, pressed, flag):
        self._pin = Pin(board.PIN_BUTTON, Pin.IN, Pin.PULL_UP)
        self._pressed = pressed
        self._flag = flag
        self.down_at = None  # ticks_ms of the last down-edge while it is held
        self._pin.irq(handler=self._edge, trigger=Pin.IRQ_FALLING | Pin.IRQ_RISING)
        if self.is_down():
            self._edge(self._pin)

    def is_down(self):
        return self._pin.value() == 0

    def _edge(self, _):
        if self.is_down():
            self._pressed()
            if self.down_at is None:
                self.down_at = time.ticks_ms()
        self._flag.set()

    def held_ms(self, now):
        """How long it has been down at `now` (ticks_ms); bounces count as held."""
        return 0 if self.down_at is None else time.ticks_diff(now, self.down_at)

    def settled_up(self, now):
        """True when the contact is open and past its bounce; the hold is then over."""
        return not self.is_down() and self.held_ms(now) >= _BOUNCE_MS
