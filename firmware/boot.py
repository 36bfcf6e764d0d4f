# Runs before anything else: every output low, first of all and whatever caused the reset.
# A watchdog or machine.reset() leaves the PWM hardware running, so the pins are taken back here.
from machine import Pin

for _pin in (11, 12, 13, 14):  # the build writes the board's OUTPUT_PINS here
    Pin(_pin, Pin.OUT, value=0)
