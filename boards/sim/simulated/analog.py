"""The analogue inputs: what each pin of ADC1 reads, in the millivolts that read_uv would give.

An ESP32 at 11 dB: straight from 150 to 2450 mV, zero below 100, bent above and full at 3100;
calibrated readings in steps of 1 mV.
"""

import math

KELVIN = 273.15
BETA_K = 3950.0
R25_OHM = 10_000.0
PULLUP_OHM = 10_000.0
SUPPLY_MV = 3300.0
CURRENT_OFFSET_MV = 250.0
CURRENT_MV_PER_A = 600.0
BATTERY_DIVIDER = 2.0
REFERENCE_MV = 1650.0
PAD_SUPPLY_DIVIDER = 2.0

FLOOR_MV = 100
STRAIGHT_MV = 2450
FULL_MV = 3100
_BEND_PER_MV = 0.00008

NTC_NOISE_C = 0.03  # the world's ntc_noise_c replaces it
CURRENT_NOISE_MV = 2.0
OTHER_NOISE_MV = 1.0

_SPIKE_C = 40.0

_R_AT_0K = R25_OHM * math.exp(-BETA_K / (25 + KELVIN))


def ntc_mv(celsius):
    """Voltage of the divider (thermistor to ground, pull-up to the supply)."""
    ohm = _R_AT_0K * math.exp(BETA_K / (celsius + KELVIN))
    return SUPPLY_MV * ohm / (ohm + PULLUP_OHM)


def reading_mv(mv):
    """What the converter makes of a voltage."""
    if mv > STRAIGHT_MV:
        over = mv - STRAIGHT_MV
        mv -= _BEND_PER_MV * over * over
        if mv > FULL_MV:
            return FULL_MV
    elif mv < FLOOR_MV:
        return 0
    return int(mv + 0.5)


class Thermistor:
    """One thermistor's faults; `sense` gives its reading in mV at a temperature.

    `fault` is None, "short", "open" or "frozen"; `offset_c` is added to what it feels;
    `spike` (-1, 0, 1) throws one reading by 40 K.
    """

    def __init__(self, noise):
        self._noise = noise
        self.noise_c = NTC_NOISE_C
        self.fault = None
        self.offset_c = 0.0
        self.spike = 0
        self.last_mv = 0

    def sense(self, celsius, gain):
        fault = self.fault
        if fault is not None:
            if fault == "frozen":
                return self.last_mv
            return 0 if fault == "short" else FULL_MV
        celsius += self.offset_c + self.noise_c * self._noise.normal()
        if self.spike:
            celsius += self.spike * _SPIKE_C
            self.spike = 0
        # ntc_mv and reading_mv, written out: they are asked for at every control cycle
        ohm = _R_AT_0K * math.exp(BETA_K / (celsius + KELVIN))
        mv = SUPPLY_MV * ohm / (ohm + PULLUP_OHM) * gain
        self.last_mv = mv = int(mv + 0.5) if 100 < mv < 2450 else reading_mv(mv)
        return mv

    KEPT = ("fault", "offset_c", "spike", "last_mv")
