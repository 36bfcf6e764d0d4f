# Runs on the 32-bit MicroPython before anything is measured: the modules that are C on the object
# (they cost it no heap) and the barometer's registers, as far as starting the app needs them.
import asyncio
import os
import sys


class Pin:
    IN = OUT = PULL_UP = IRQ_FALLING = IRQ_RISING = 1

    def __init__(self, *_, **__):
        pass

    def value(self, *_):
        return 1

    __call__ = on = off = value

    def irq(self, **_):
        pass


class PWM:
    def __init__(self, *_, **__):
        pass

    def duty_u16(self, *_):
        return 0

    def deinit(self):
        pass


class ADC:
    ATTN_11DB = 3

    def __init__(self, *_, **__):
        pass

    def read_uv(self):
        return 1_200_000


class I2C:
    def __init__(self, *_, **__):
        pass

    def readfrom_mem(self, _, register, length):
        return b"\x60" if register == 0xD0 else bytes(length)

    def readfrom_mem_into(self, _, register, buffer):
        pass

    def writeto_mem(self, *_):
        pass


class WDT:
    def __init__(self, **_):
        pass

    def feed(self):
        pass


class RTC:
    def memory(self, *_):
        return b""


class _Machine:
    Pin, PWM, ADC, I2C, WDT, RTC = Pin, PWM, ADC, I2C, WDT, RTC
    PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5

    def reset_cause():
        return 1

    def reset():
        pass

    def unique_id():
        return b"bench!"


class _Partition:
    TYPE_DATA = 1

    def find(*_, **__):
        return [_Partition()]

    def readblocks(self, _, buffer, offset=0):
        for i in range(len(buffer)):
            buffer[i] = 0xFF

    def writeblocks(self, *_):
        pass

    def ioctl(self, op, _):
        return 128 if op == 4 else 4096 if op == 5 else 0


class _Nvs:
    def __init__(self, _):
        pass

    def get_i32(self, _):
        raise OSError(0x1102)

    def get_blob(self, *_):
        raise OSError(0x1102)

    def set_i32(self, *_):
        pass

    set_blob = erase_key = set_i32

    def commit(self):
        pass


class _Esp32:
    Partition, NVS = _Partition, _Nvs


class _Cryptolib:
    def aes(*_):
        pass


class _Stream:
    def __init__(self, *_):
        pass


class _Poll:
    def register(self, *_):
        pass


class _Select:
    POLLIN = 1
    poll = _Poll


sys.modules["machine"] = _Machine
sys.modules["esp32"] = _Esp32
sys.modules["select"] = _Select
sys.modules["cryptolib"] = _Cryptolib
os.urandom = bytes
# This port's asyncio runs on JavaScript's loop and has no streams
asyncio.StreamReader = _Stream
asyncio.ThreadSafeFlag = asyncio.Event
