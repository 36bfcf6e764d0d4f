"""A BME280 at register level: identity, calibration, modes, timing, filter, noise, range.

Register map, timing (9.1) and coefficients' meaning: Bosch BST-BME280-DS002. Calibration: the
example of the BMP280 data sheet, the humidity part of a real chip. The inverse of the compensation
is kept at hand for the present temperature, so that a burst costs one square root and one normal
number.
"""

import math
import struct

ADDRESS = 0x76
LOW_PA = 30_000.0
HIGH_PA = 110_000.0

_T = (27504, 26435, -1000)
_P = (36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000)
_H = (75, 362, 0, 313, 50, 30)
_HUMIDITY_RAW = 29_000  # about 48 % at room temperature; nothing in the model is damp

_TIMES = (0, 1, 2, 4, 8, 16, 16, 16)  # oversampling from its three bits
_FILTER = (1, 2, 4, 8, 16, 16, 16, 16)  # IIR coefficient from its three bits
_STANDBY_US = (500, 62_500, 125_000, 250_000, 500_000, 1_000_000, 10_000, 20_000)
# RMS noise in Pa at 25 C (data sheet table 12): rows oversampling 1..16, columns IIR off..16
_NOISE_PA = (
    (3.3, 1.9, 1.2, 0.9, 0.4),
    (2.6, 1.5, 1.0, 0.6, 0.4),
    (2.1, 1.2, 0.8, 0.5, 0.3),
    (1.6, 1.0, 0.6, 0.4, 0.2),
    (1.3, 0.8, 0.5, 0.4, 0.2),
)
_NOISE_C = 0.003
_MEMORY = 160  # conversions after which nothing is left of a filter's past


class Bme280:
    """`read(register, buffer)` and `write(register, data)` as the bus sees the chip.

    `now()` gives us; `pressure()` Pa and `temperature()` degrees C of the air at the chip, now.
    `bursts` counts the reads of all three values from 0xF7 on. Faults: `stuck` repeats the last
    values for ever, `garbage` answers with anything.
    """

    def __init__(self, now, pressure, temperature, noise):
        self._now = now
        self._pressure = pressure
        self._temperature = temperature
        self._noise = noise
        self.bursts = 0
        self.stuck = False
        self.garbage = False
        self.power_on()

    def power_on(self):
        """As it comes out of a power-up or a soft reset."""
        self._data = bytearray(8)
        struct.pack_into(">IHH", self._data, 0, 0x80000080, 0, 0x8000)
        self._ctrl_hum = 0
        self._ctrl_hum_next = 0  # takes effect with the next write to ctrl_meas
        self._ctrl_meas = 0
        self._config = 0
        self._mode = 0
        self._ready_us = 0  # end of a forced conversion
        self._started_us = 0  # of normal mode
        self._taken = 0  # conversions of normal mode already seen
        self._error = 0.0  # what noise and filter add to the pressure now
        self._last_pa = None
        self._curve_c = -300.0
        self._arrange()

    # Everything that depends on the settings
    def _arrange(self):
        t = _TIMES[self._ctrl_meas >> 5]
        p = _TIMES[self._ctrl_meas >> 2 & 7]
        h = _TIMES[self._ctrl_hum & 7]
        c = _FILTER[self._config >> 2 & 7]
        self._converts_us = (
            1000 + 2000 * t + (2000 * p + 500 if p else 0) + (2000 * h + 500 if h else 0)
        )
        self._period_us = self._converts_us + _STANDBY_US[self._config >> 5]
        row = 0
        while row < 4 and 1 << row < p:
            row += 1
        column = 0
        while 1 << column < c:
            column += 1
        sigma = _NOISE_PA[row][column]
        keep = 1 - 1 / c
        # After n conversions: what is left of the past, the noise that came, and the filter's lag
        # behind a pressure that changed by 1 on a straight line meanwhile
        count = _MEMORY if c > 1 else 2
        self._left = [keep**n for n in range(count)]
        self._fresh = [sigma * math.sqrt(1 - keep ** (2 * n)) for n in range(count)]
        self._lag = [0.0] + [keep / (1 - keep) / n for n in range(1, count)]
        self._lag_far = keep / (1 - keep)
        self._far = count - 1

    def write(self, register, data):
        for value in data:
            if register == 0xE0:
                if value == 0xB6:
                    self.power_on()
            elif register == 0xF2:
                self._ctrl_hum_next = value
            elif register == 0xF4:
                self._set_mode(value)
            elif register == 0xF5:
                self._config = value
                self._arrange()
            register += 1

    def _set_mode(self, value):
        mode = value & 3
        was = self._mode
        settings = (self._ctrl_meas >> 2, self._ctrl_hum)
        self._ctrl_meas = value
        self._ctrl_hum = self._ctrl_hum_next
        if settings != (value >> 2, self._ctrl_hum):
            self._arrange()
        if mode == 3:
            if was != 3:
                self._mode = 3
                self._started_us = self._now()
                self._taken = 0
        elif mode:
            self._mode = 0
            self._ctrl_meas = value & 0xFC
            self._ready_us = self._now() + self._converts_us
            self._convert(1)
        else:
            self._mode = 0

    def read(self, register, buffer):
        if register == 0xF7 and len(buffer) == 8:
            self.bursts += 1
            self._refresh()
            buffer[:] = self._data
            return
        if 0xF7 <= register <= 0xFE:
            self._refresh()
        for i in range(len(buffer)):
            buffer[i] = self._register(register + i & 0xFF)

    def _register(self, n):
        if 0xF7 <= n <= 0xFE:
            return self._data[n - 0xF7]
        if n == 0xD0:
            return 0x60
        if n == 0xF2:
            return self._ctrl_hum
        if n == 0xF3:
            return 8 if self._measuring() else 0
        if n == 0xF4:
            return self._ctrl_meas & 0xFC | self._mode
        if n == 0xF5:
            return self._config
        return _CALIBRATION.get(n, 0)

    def _measuring(self):
        if self._mode == 3:
            return (self._now() - self._started_us) % self._period_us < self._converts_us
        return self._now() < self._ready_us

    def _refresh(self):
        if self.garbage:
            for i in range(8):
                self._data[i] = int(self._noise.uniform() * 256)
            return
        if self._mode != 3 or self.stuck:
            return
        # The first conversion of normal mode ends a period after its start
        taken = (self._now() - self._started_us) // self._period_us
        if taken != self._taken:
            self._convert(taken - self._taken)
            self._taken = taken

    # `n` conversions later: the data registers
    def _convert(self, n):
        if self.stuck:
            return
        pa = self._pressure()
        if self._last_pa is None:
            self._error = self._fresh[-1] * self._noise.normal()
        elif n <= self._far:
            lag = (pa - self._last_pa) * self._lag[n]
            self._error = (
                (self._error + lag) * self._left[n] - lag + self._fresh[n] * self._noise.normal()
            )
        else:
            self._error = self._fresh[-1] * self._noise.normal() - (
                (pa - self._last_pa) * self._lag_far / n
            )
        self._last_pa = pa
        celsius = self._temperature()
        if not -0.0005 < celsius - self._curve_c < 0.0005:
            self._curve_c = celsius
            self._curve(celsius + _NOISE_C * self._noise.normal())
        pa += self._error
        if pa < LOW_PA:
            pa = LOW_PA
        elif pa > HIGH_PA:
            pa = HIGH_PA
        raw = int(self._zero - math.sqrt(self._q0 + self._q1 * pa) * self._gain)
        struct.pack_into(
            ">IHH",
            self._data,
            0,
            (raw << 12 if self._ctrl_meas & 0x1C else 0x80000000) | self._t_raw >> 12,
            self._t_raw << 4 & 0xFFFF,
            _HUMIDITY_RAW if self._ctrl_hum & 7 else 0x8000,
        )

    # The inverse of the compensation (data sheet 4.2.3 in floating point) at one temperature.
    # Pressure: p = (1048576 - raw - a) * 6250 / b,
    # then P = p + (P9 p^2 / 2^31 + P8 p / 2^15 + P7) / 16
    def _curve(self, celsius):
        fine = celsius * 5120.0
        t1 = _T[0] / 1024.0
        x = t1 + fine / _T[1]
        for _ in range(3):
            y = (x - t1) / 8
            x = t1 + (fine - y * y * _T[2]) / _T[1]
        raw = int(x * 16384.0 + 0.5)
        self._t_raw = raw if self._ctrl_meas >> 5 else 0x80000
        y = (raw / 16384.0 - t1) * _T[1]
        z = raw / 131072.0 - t1 / 8
        var1 = int(y + z * z * _T[2]) / 2.0 - 64000.0
        a = var1 * var1 * _P[5] / 32768.0 + var1 * _P[4] * 2.0
        a = (a / 4.0 + _P[3] * 65536.0) / 4096.0
        b = (_P[2] * var1 * var1 / 524288.0 + _P[1] * var1) / 524288.0
        b = (1.0 + b / 32768.0) * _P[0] / 6250.0
        square = _P[8] / 34359738368.0
        line = 1.0 + _P[7] / 524288.0
        # p = (sqrt(line^2 + 4 square (P - P7/16)) - line) / (2 square)
        self._q0 = line * line - square * _P[6] / 4.0
        self._q1 = 4.0 * square
        self._gain = b / (2.0 * square)
        self._zero = 1048576.0 - a + line * self._gain + 0.5

    KEPT = ("bursts", "stuck", "garbage")
    # The chip stays powered while the microcontroller resets
    KEPT_AWAKE = (
        "_ctrl_hum",
        "_ctrl_hum_next",
        "_ctrl_meas",
        "_config",
        "_mode",
        "_started_us",
        "_taken",
        "_ready_us",
        "_error",
        "_last_pa",
    )

    def rearrange(self):
        """After the settings were put back from a file."""
        self._arrange()


def _calibration():
    found = {}
    for i, byte in enumerate(struct.pack("<HhhHhhhhhhhh", *(_T + _P))):
        found[0x88 + i] = byte
    h1, h2, h3, h4, h5, h6 = _H
    found[0xA1] = h1
    found[0xE1] = h2 & 0xFF
    found[0xE2] = h2 >> 8 & 0xFF
    found[0xE3] = h3
    found[0xE4] = h4 >> 4 & 0xFF
    found[0xE5] = h4 & 0xF | (h5 & 0xF) << 4
    found[0xE6] = h5 >> 4 & 0xFF
    found[0xE7] = h6 & 0xFF
    return found


_CALIBRATION = _calibration()
