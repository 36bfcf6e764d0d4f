"""A `machine` module whose pins lead to whatever the test has on its bench.

The runners of tests/firmware import it before any test.
"""

import sys

bench = None  # read_uv(pin), pin_set(pin, level), duty_set(pin, duty 0 to 1)


class Pin:
    IN, OUT, PULL_UP, IRQ_FALLING, IRQ_RISING = 1, 3, 2, 2, 1

    def __init__(self, number, mode=-1, pull=-1, value=None):
        self.number = number
        if value is not None:
            self.value(value)

    def value(self, level=None):
        if level is None:
            return 1
        return bench.pin_set(self.number, level)


class PWM:
    def __init__(self, pin, freq=5000, duty_u16=32768):
        self._number = pin.number
        self.duty_u16(duty_u16)

    def duty_u16(self, value):
        bench.duty_set(self._number, value / 65535)


class ADC:
    ATTN_11DB = 3

    def __init__(self, pin, atten):
        self._number = pin.number

    def read_uv(self):
        return bench.read_uv(self._number)


class _Module:
    Pin, PWM, ADC = Pin, PWM, ADC


if "machine" not in sys.modules:
    sys.modules["machine"] = _Module
