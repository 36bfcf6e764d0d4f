"""`machine` of the simulated chip: the parts of the ESP32 port's module that the firmware uses.

Same names, arguments, defaults and errors, the dangerous ones too: a PWM made without a duty runs
at 50 %, and machine.reset() does not stop one.
"""

import sys

import board as _board
from simulated import life as _life
from simulated import parts as _parts

PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
DEEPSLEEP_RESET = 4
SOFT_RESET = 5

_ENODEV = 19
_ETIMEDOUT = 116  # the ESP-IDF's, as the port raises it


_RTC_MEMORY_MAX = 2048

_ADC_US = 40
_I2C_START_US = 30

_clock = _parts.clock
_world = _parts.world
_pins = _parts.pins


def reset():
    _parts.life.reset(_life.HARD)


def soft_reset():
    _parts.life.reset(_life.SOFT)


def reset_cause():
    return _parts.life.cause


def unique_id():
    return _parts.life.unique_id


def freq(hz=None):
    return 240_000_000


def idle():
    _clock.spend(1000)


def disable_irq():
    return 0


def enable_irq(state):
    pass


def lightsleep(ms=None):
    raise NotImplementedError("the object never sleeps: outputs could stay as they are")


deepsleep = lightsleep


class Pin:
    IN = 1
    OUT = 3
    OPEN_DRAIN = 7
    PULL_DOWN = 1
    PULL_UP = 2
    IRQ_RISING = 1
    IRQ_FALLING = 2

    def __init__(self, id, mode=-1, pull=-1, *, value=None, drive=0, hold=None):
        self.id = id.id if isinstance(id, Pin) else id
        self._out = False
        if mode != -1:
            self.init(mode, pull, value=value)

    def init(self, mode=-1, pull=-1, *, value=None, drive=0, hold=None):
        if mode == -1:
            return
        self._out = mode in (Pin.OUT, Pin.OPEN_DRAIN)
        if self._out:
            # The pin is taken from LEDC and routed to GPIO again
            _pins.release_pwm(self.id)
            if value is not None:
                _pins.drive(self.id, 1 if value else 0)

    def value(self, level=None):
        if level is None:
            return _pins.level(self.id)
        if self._out:
            _pins.drive(self.id, 1 if level else 0)

    __call__ = value

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)

    def toggle(self):
        self.value(0 if _pins.level(self.id) else 1)

    def irq(self, handler=None, trigger=3, *, wake=None, hard=False):
        if handler is None:
            _pins.watchers.pop(self.id, None)
            return

        def changed(level):
            if trigger & (Pin.IRQ_RISING if level else Pin.IRQ_FALLING):
                _call(handler, self)

        _pins.watchers[self.id] = changed

    def __repr__(self):
        return "Pin(%d)" % self.id


class PWM:
    def __init__(self, dest, *, freq=5000, duty=None, duty_u16=None, duty_ns=None, invert=0):
        self._pin = dest.id if isinstance(dest, Pin) else dest
        self._freq = freq
        self._duty = 0.5
        self.init(
            freq=freq, duty=512 if duty is None and duty_u16 is None else duty, duty_u16=duty_u16
        )

    def init(self, *, freq=-1, duty=None, duty_u16=None, duty_ns=None, invert=0):
        if freq > 0:
            self._freq = freq
        if duty_u16 is not None:
            self._set(duty_u16 / 65535)
        elif duty is not None:
            self._set(duty / 1023 if duty != 512 else 0.5)

    def _set(self, duty):
        if not 0 <= duty <= 1:
            raise ValueError("duty_u16 must be from 0 to 65535")
        self._duty = duty
        _pins.drive_pwm(self._pin, duty)

    def duty_u16(self, value=None):
        if value is None:
            return round(self._duty * 65535)
        self._set(value / 65535)

    def duty(self, value=None):
        if value is None:
            return round(self._duty * 1023)
        self._set(value / 1023)

    def freq(self, value=None):
        if value is None:
            return self._freq
        self._freq = value

    def deinit(self):
        _pins.drive(self._pin, 0.0)
        _pins.release_pwm(self._pin)


class ADC:
    ATTN_0DB = 0
    ATTN_2_5DB = 1
    ATTN_6DB = 2
    ATTN_11DB = 3
    WIDTH_12BIT = 12

    def __init__(self, pin, *, atten=ATTN_0DB, width=WIDTH_12BIT):
        number = pin.id if isinstance(pin, Pin) else pin
        sources = {
            _board.ADC_PAD: _world.pad_mv,
            _board.ADC_FACE: _world.face_mv,
            _board.ADC_CURRENT: _world.current_mv,
            _board.ADC_BATTERY: _world.battery_mv,
            _board.ADC_REFERENCE: _world.reference_mv,
            _board.ADC_CELL: _world.cell_mv,
            _board.ADC_PAD_SUPPLY: _world.pad_supply_mv,
        }
        if number not in sources:
            raise ValueError("invalid pin")
        self._read_mv = sources[number]
        self._full_mv = (950, 1250, 1750, 3100)[atten]

    def atten(self, value):
        self._full_mv = (950, 1250, 1750, 3100)[value]

    def read_uv(self):
        _clock.spend(_ADC_US)
        if _world.adc_error:
            raise OSError(_ETIMEDOUT)
        return min(self._read_mv(), self._full_mv) * 1000

    def read_u16(self):
        return min(65535, self.read_uv() * 65535 // 3_300_000)

    def read(self):
        return self.read_u16() >> 4


class I2C:
    def __init__(self, id=0, *, scl=None, sda=None, freq=400_000, timeout=50_000):
        self._byte_us = 9_000_000 // freq + 1
        self._timeout_us = timeout
        self._burst_us = _I2C_START_US + 11 * self._byte_us

    def _transfer(self, address, count):
        if _world.bus_hung:
            _clock.spend(self._timeout_us)
            raise OSError(_ETIMEDOUT)
        _clock.spend(_I2C_START_US + (count + 3) * self._byte_us)
        if address != _board.BME280_ADDRESS:
            raise OSError(_ENODEV)

    def readfrom_mem_into(self, address, register, buffer, *, addrsize=8):
        self._transfer(address, len(buffer))
        _world.chip.read(register, buffer)

    def readfrom_mem(self, address, register, count, *, addrsize=8):
        buffer = bytearray(count)
        self.readfrom_mem_into(address, register, buffer)
        return bytes(buffer)

    def writeto_mem(self, address, register, data, *, addrsize=8):
        self._transfer(address, len(data))
        _world.chip.write(register, data)

    def scan(self):
        if _world.bus_hung:
            _clock.spend(self._timeout_us)
            return []
        _clock.spend(128 * 2 * self._byte_us)
        return [_board.BME280_ADDRESS]


SoftI2C = I2C


class WDT:
    def __init__(self, id=0, timeout=5000):
        self._timeout_us = timeout * 1000
        self._deadline = _parts.watchdog
        self.feed()

    def feed(self):
        self._deadline.put_off(_clock.now() + self._timeout_us)


class Timer:
    ONE_SHOT = 0
    PERIODIC = 1

    def __init__(self, id=-1, **settings):
        self._event = None
        if settings:
            self.init(**settings)

    def init(self, *, mode=PERIODIC, freq=-1, period=-1, callback=None, hard=False):
        if hard:
            raise ValueError("hard Timers are not implemented")
        self.deinit()
        period_us = int(1_000_000 / freq) if freq > 0 else period * 1000

        def due():
            self._event = _clock.at(_clock.now() + period_us, due) if mode else None
            if callback is not None:
                _call(callback, self)

        self._event = _clock.at(_clock.now() + period_us, due)

    def deinit(self):
        if self._event is not None:
            _clock.drop(self._event)
            self._event = None


class RTC:
    def datetime(self, value=None):
        import time

        if value is None:
            y, month, d, h, m, s, weekday = time.gmtime()[:7]
            return (y, month, d, weekday, h, m, s, 0)
        y, month, d, _, h, m, s, _ = value
        _parts.life.set_rtc(time.mktime((y, month, d, h, m, s, 0, 0)))

    def init(self, value):
        self.datetime(value)

    def memory(self, data=None):
        if data is None:
            return _parts.life.rtc_memory
        if len(data) > _RTC_MEMORY_MAX:
            raise ValueError("buffer too long")
        _parts.life.rtc_memory = bytes(data)


# As the port does: an exception in a handler is printed and forgotten
def _call(handler, argument):
    try:
        handler(argument)
    except Exception as error:  # noqa: BLE001
        sys.print_exception(error)
