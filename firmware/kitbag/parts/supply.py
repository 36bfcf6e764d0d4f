"""The cell's voltage, and the reference divider that tells whether the ADC can be believed."""

from machine import ADC, Pin


class Supply:
    def __init__(self, board):
        self._battery = ADC(Pin(board.ADC_BATTERY), atten=ADC.ATTN_11DB)
        self._reference = ADC(Pin(board.ADC_REFERENCE), atten=ADC.ATTN_11DB)
        self._divider = board.BATTERY_DIVIDER

    def battery_mv(self):
        """Cell voltage in mV, 0 when the ADC gave an error."""
        try:
            return int(self._battery.read_uv() * self._divider) // 1000
        except OSError:
            return 0

    def reference_mv(self):
        """The reference divider in mV, -1 when the ADC gave an error."""
        try:
            return self._reference.read_uv() // 1000
        except OSError:
            return -1
