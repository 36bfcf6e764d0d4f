"""The scent diffuser: on or off."""

from machine import Pin


class Diffuser:
    def __init__(self, board):
        self._pin = Pin(board.PIN_DIFFUSER, Pin.OUT, value=0)
        self.running = False

    def on(self):
        self._pin.value(1)
        self.running = True

    def off(self):
        self._pin.value(0)
        self.running = False
