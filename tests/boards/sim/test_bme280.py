"""The simulated BME280: identity, timing, modes, compensation, noise, filter, range."""

import math
import statistics
import struct
from itertools import pairwise

import pytest

from simulated import bme280
from simulated.noise import Noise

T = (27504, 26435, -1000)
P = (36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000)


class Bench:
    """A chip on a table: time, pressure and temperature set by hand."""

    def __init__(self, seed=1):
        self.us = 0
        self.pa = 101_325.0
        self.celsius = 25.0
        self.chip = bme280.Bme280(
            lambda: self.us, lambda: self.pa, lambda: self.celsius, Noise(seed)
        )

    def start(self, pressure=3, temperature=1, humidity=1, iir=2, standby=0):
        self.chip.write(0xF2, bytes([humidity]))
        self.chip.write(0xF5, bytes([standby << 5 | iir << 2]))
        self.chip.write(0xF4, bytes([temperature << 5 | pressure << 2 | 3]))

    def burst(self):
        data = bytearray(8)
        self.chip.read(0xF7, data)
        return data

    def read(self, register, count=1):
        data = bytearray(count)
        self.chip.read(register, data)
        return data

    def pressure(self):
        return decode(self.burst())[0]


def decode(data):
    """(Pa, C) by Bosch's double-precision formula (data sheet, appendix 8.1)."""
    adc_p = data[0] << 12 | data[1] << 4 | data[2] >> 4
    adc_t = data[3] << 12 | data[4] << 4 | data[5] >> 4
    var1 = (adc_t / 16384 - T[0] / 1024) * T[1]
    var2 = (adc_t / 131072 - T[0] / 8192) ** 2 * T[2]
    fine = int(var1 + var2)
    celsius = (var1 + var2) / 5120
    var1 = fine / 2 - 64000
    var2 = var1 * var1 * P[5] / 32768 + var1 * P[4] * 2
    var2 = var2 / 4 + P[3] * 65536
    var1 = (P[2] * var1 * var1 / 524288 + P[1] * var1) / 524288
    var1 = (1 + var1 / 32768) * P[0]
    pa = (1048576 - adc_p - var2 / 4096) * 6250 / var1
    pa += (P[8] * pa * pa / 2147483648 + pa * P[7] / 32768 + P[6]) / 16
    return pa, celsius


def test_says_who_it_is_and_gives_its_calibration() -> None:
    bench = Bench()
    assert bench.read(0xD0)[0] == 0x60
    assert struct.unpack("<HhhHhhhhhhhh", bench.read(0x88, 24)) == T + P
    assert bench.read(0xA1)[0] == 75


@pytest.mark.parametrize("celsius", [-5.0, 10.0, 24.97, 36.6, 60.0])
@pytest.mark.parametrize("pa", [30_100.0, 62_345.6, 95_000.0, 101_325.0, 109_900.0])
def test_the_inverse_of_the_compensation_is_exact_to_a_step(pa, celsius) -> None:
    bench = Bench()
    bench.pa, bench.celsius = pa, celsius
    bench.chip._noise = Silent()
    bench.start()
    bench.us = 1_000_000
    got_pa, got_c = decode(bench.burst())
    assert got_pa == pytest.approx(pa, abs=0.12)  # a step is 0.16 to 0.18 Pa
    assert got_c == pytest.approx(celsius, abs=0.004)


class Silent(Noise):
    def __init__(self):
        super().__init__(1)

    def normal(self):
        return 0.0


# Data sheet, table 12, at 25 C: (bits of pressure oversampling, temperature's, filter; RMS in Pa)
_TABLE = [(1, 1, 0, 3.3), (2, 1, 1, 1.5), (3, 1, 2, 0.8), (3, 1, 4, 0.3), (5, 2, 0, 1.3)]


@pytest.mark.parametrize(("pressure", "temperature", "iir", "rms_pa"), _TABLE)
@pytest.mark.parametrize("interval_us", [20_000, 40_000, 1_000_000])
def test_the_noise_is_the_data_sheet_s_however_often_it_is_read(
    pressure, temperature, iir, rms_pa, interval_us
) -> None:
    bench = Bench(seed=7)
    bench.start(pressure, temperature, iir=iir)
    bench.us = 100_000  # before the first conversion is over there is only the reset value
    readings = []
    for _ in range(6000):
        bench.us += interval_us
        readings.append(bench.pressure())
    assert statistics.fmean(readings) == pytest.approx(101_325, abs=0.25)
    # The step of the converter (0.17 Pa) adds its own 0.05 Pa
    assert statistics.pstdev(readings) == pytest.approx(math.hypot(rms_pa, 0.05), rel=0.12)


def test_neighbouring_readings_hang_together_as_the_filter_makes_them() -> None:
    bench = Bench(seed=3)
    bench.start(pressure=1, temperature=1, humidity=0, iir=2)
    period_us = 1000 + 2000 + 2500 + 500
    readings = []
    for _ in range(20_000):
        bench.us += 2 * period_us
        readings.append(bench.pressure() - 101_325)
    power = statistics.fmean(x * x for x in readings)
    lag = statistics.fmean(a * b for a, b in pairwise(readings))
    assert lag / power == pytest.approx(0.75**2, abs=0.03)


@pytest.mark.parametrize(("iir", "conversions"), [(0, 1), (1, 2), (2, 5), (3, 11), (4, 22)])
def test_the_filter_takes_the_data_sheet_s_time_to_three_quarters(iir, conversions) -> None:
    bench = Bench()
    bench.chip._noise = Silent()
    bench.start(pressure=1, temperature=1, humidity=0, iir=iir)
    period_us = 6000
    bench.us += 200 * period_us
    bench.burst()
    bench.us += period_us
    bench.burst()
    bench.pa += 1000.0  # between two conversions
    steps = 0
    while bench.pressure() < 101_325 + 749 or not steps:
        bench.us += period_us
        steps += 1
        assert steps < 100
    assert abs(steps - conversions) <= 1


def test_nothing_new_comes_before_the_next_conversion() -> None:
    bench = Bench()
    bench.start()
    period_us = 1000 + 2000 + 8500 + 2500 + 500
    assert bytes(bench.burst()) == bytes.fromhex("8000008000008000")
    bench.us = 10 * period_us
    first = bench.burst()
    for _ in range(5):
        bench.us += 1000
        assert bench.burst() == first
    bench.us += 20_000
    assert bench.burst() != first
    assert bench.chip.bursts == 8


def test_forced_mode_is_busy_for_its_conversion_and_sleeps() -> None:
    bench = Bench()
    bench.chip.write(0xF2, b"\x01")
    bench.chip.write(0xF4, bytes([1 << 5 | 5 << 2 | 1]))
    assert bench.read(0xF3)[0] & 8
    bench.us += 1000 + 2000 + 32_500 + 2500 - 1
    assert bench.read(0xF3)[0] & 8
    bench.us += 1
    assert not bench.read(0xF3)[0] & 8
    assert bench.read(0xF4)[0] & 3 == 0
    assert decode(bench.burst())[0] == pytest.approx(101_325, abs=10)


def test_a_reset_forgets_the_settings_and_the_data() -> None:
    bench = Bench()
    bench.start()
    bench.us = 1_000_000
    bench.burst()
    bench.chip.write(0xE0, b"\xb6")
    assert bench.read(0xF4)[0] == 0
    assert bench.read(0xF5)[0] == 0
    assert bytes(bench.burst()) == bytes.fromhex("8000008000008000")


def test_a_channel_that_is_off_says_so() -> None:
    bench = Bench()
    bench.start(pressure=0, humidity=0)
    bench.us = 1_000_000
    data = bench.burst()
    assert bytes(data[:3]) == b"\x80\x00\x00"
    assert bytes(data[6:]) == b"\x80\x00"


def test_out_of_range_pressure_is_clipped() -> None:
    bench = Bench()
    bench.start()
    for pa, clipped in ((125_000.0, 110_000), (20_000.0, 30_000)):
        bench.pa = pa
        bench.us += 10_000_000
        assert bench.pressure() == pytest.approx(clipped, abs=0.2)


def test_a_stuck_chip_repeats_itself() -> None:
    bench = Bench()
    bench.start()
    bench.us = 1_000_000
    before = bench.burst()
    bench.chip.stuck = True
    bench.pa = 105_000.0
    bench.us += 10_000_000
    assert bench.burst() == before
    bench.chip.stuck = False
    bench.burst()
    bench.us += 1_000_000
    assert bench.pressure() == pytest.approx(105_000, abs=5)


_DRIVER = """
import sys
from simulated.clock import Clock
from simulated import tasks, bme280
from simulated.noise import Noise
clock = Clock()
tasks.install(clock)
chip = bme280.Bme280(clock.now, lambda: 100653.25, lambda: 31.5, Noise(5))

class Protocol:
    I2C_Impl = SPI_Impl = object
sys.modules["adafruit_bme280.protocol"] = Protocol
from adafruit_bme280 import advanced

class Bus:
    def read_register(self, register, count):
        clock.spend(200)
        data = bytearray(count)
        chip.read(register, data)
        return data
    def write_register_byte(self, register, value):
        clock.spend(100)
        chip.write(register, bytes([value]))

sensor = advanced.Adafruit_BME280_Advanced(Bus())
sensor.overscan_pressure = advanced.OVERSCAN_X16
sensor.overscan_temperature = advanced.OVERSCAN_X2
print("forced", sensor.pressure * 100, sensor.temperature, sensor.humidity)
sensor.iir_filter = advanced.IIR_FILTER_X16
sensor.mode = advanced.MODE_NORMAL
clock.spend(3000000)
readings = []
for i in range(400):
    clock.spend(200000)
    readings.append(sensor.pressure * 100)
mean = sum(readings) / 400
print("normal", mean, (sum([(r - mean) ** 2 for r in readings]) / 400) ** 0.5, sensor.temperature)
"""


def test_adafruit_s_unmodified_driver_reads_it(on_vm, tmp_path) -> None:
    from kitbag_tools import vm

    for name in ("__init__", "basic", "advanced"):
        source = vm.packaged_file("adafruit-circuitpython-bme280", f"adafruit_bme280/{name}.py")
        assert source is not None
        target = tmp_path / "adafruit_bme280" / f"{name}.py"
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(source.read_bytes())
    forced, normal = (line.split() for line in on_vm(_DRIVER, [tmp_path]).splitlines())
    assert float(forced[1]) == pytest.approx(100_653.25, abs=6)
    assert float(forced[2]) == pytest.approx(31.5, abs=0.02)
    assert 20 < float(forced[3]) < 80
    assert float(normal[1]) == pytest.approx(100_653.25, abs=0.15)
    assert 0.1 < float(normal[2]) < 0.35  # 0.2 Pa
    assert float(normal[3]) == pytest.approx(31.5, abs=0.02)


def test_the_noise_is_normal_and_repeatable() -> None:
    noise = Noise(42)
    numbers = [noise.normal() for _ in range(100_000)]
    assert statistics.fmean(numbers) == pytest.approx(0, abs=0.02)
    assert statistics.pstdev(numbers) == pytest.approx(1, abs=0.01)
    assert sum(abs(x) > 1.96 for x in numbers) / 100_000 == pytest.approx(0.05, abs=0.005)
    neighbours = statistics.fmean(a * b for a, b in pairwise(numbers))
    assert abs(neighbours) < 0.02
    again = Noise(42)
    assert [again.normal() for _ in range(10)] == numbers[:10]
    assert [Noise(43).normal() for _ in range(10)] != numbers[:10]
