"""The cell's voltage and its charger, and the reference that tells whether the ADC is right."""

from machine import ADC, Pin


class Supply:
    def __init__(self, board):
        self._battery = ADC(Pin(board.ADC_BATTERY), atten=ADC.ATTN_11DB)
        self._reference = ADC(Pin(board.ADC_REFERENCE), atten=ADC.ATTN_11DB)
        self._divider = board.BATTERY_DIVIDER
        self._charging = Pin(board.PIN_CHARGING, Pin.IN, Pin.PULL_UP)

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

    def charging(self):
        """True while the charger says that it charges (its status pin pulls to ground)."""
        return self._charging.value() == 0
