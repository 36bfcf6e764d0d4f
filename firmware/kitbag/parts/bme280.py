"""The barometer in the bladder: Adafruit's driver, unmodified, on a bus object of our own.

The driver reads temperature, pressure and humidity in separate transfers that may belong to
different conversions. `Bus.latch` takes 0xF7-0xFE in one burst (datasheet section 4) and serves
the driver's data reads from it.
"""

import sys

from micropython import const

from machine import I2C, Pin

_DATA = const(0xF7)
_PRESSURE = const(0xF7)
_TEMPERATURE = const(0xFA)
_HUMIDITY = const(0xFD)
_I2C_TIMEOUT_US = const(20_000)


class _NoProtocol:
    """Stands where the driver looks for its CircuitPython buses, which we do not use."""

    I2C_Impl = SPI_Impl = object


class Bus:
    """What the driver asks of a bus, over `machine.I2C`."""

    def __init__(self, i2c, address):
        self._i2c = i2c
        self._address = address
        self._byte = bytearray(1)
        self._data = bytearray(8)
        view = memoryview(self._data)
        self._pressure = view[0:3]
        self._temperature = view[3:6]
        self._humidity = view[6:8]

    def latch(self):
        self._i2c.readfrom_mem_into(self._address, _DATA, self._data)

    def read_register(self, register, length):
        if register == _PRESSURE:
            return self._pressure
        if register == _TEMPERATURE:
            return self._temperature
        if register == _HUMIDITY:
            return self._humidity
        return self._i2c.readfrom_mem(self._address, register, length)

    def write_register_byte(self, register, value):
        self._byte[0] = value
        self._i2c.writeto_mem(self._address, register, self._byte)


class Barometer:
    """Pressure and temperature of the air in the bladder. Raises OSError when the bus fails."""

    def __init__(self, board):
        sys.modules["adafruit_bme280.protocol"] = _NoProtocol  # pyright: ignore[reportArgumentType]
        from adafruit_bme280 import advanced

        i2c = I2C(
            0,
            scl=Pin(board.PIN_SCL),
            sda=Pin(board.PIN_SDA),
            freq=400_000,
            timeout=_I2C_TIMEOUT_US,
        )
        self._bus = Bus(i2c, board.BME280_ADDRESS)
        # Temperature x1, pressure x4, filter 4: 60 conversions a second, 0.8 Pa of noise, and a
        # 300 ms onset still gets through. In NORMAL mode no read ever waits for a conversion.
        try:
            self._chip = advanced.Adafruit_BME280_Advanced(self._bus)  # pyright: ignore[reportArgumentType]
        except (RuntimeError, ValueError) as error:
            raise OSError("BME280: %s" % error)
        self._chip.overscan_temperature = advanced.OVERSCAN_X1
        self._chip.overscan_humidity = advanced.OVERSCAN_DISABLE
        self._chip.overscan_pressure = advanced.OVERSCAN_X4
        self._chip.iir_filter = advanced.IIR_FILTER_X4
        self._chip.mode = advanced.MODE_NORMAL
        self._bus.latch()

    def latch(self):
        """Take one conversion; `pressure_pa` and `bladder_c` then speak of it."""
        self._bus.latch()

    def pressure_pa(self):
        return self._chip.pressure * 100

    def bladder_c(self):
        return self._chip.temperature
