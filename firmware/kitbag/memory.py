"""What outlives a reset: small values in the chip's NVS partition, a few bytes in its RTC memory.

Every write to NVS is committed at once; it keeps the old value until the new one is whole. The
RTC's memory outlives every reset but a loss of power, and may be written as often as one likes.
"""

import struct

from micropython import const

import esp32
import machine

_BLOB_MAX = const(4096)
# In RTC memory: heat was wanted, starts, and of a hold that is on: the pressure before it in
# tenths of a Pa (0: none) and the temperature then in hundredths of a degree
_SCRATCH = const("<BBIh")


class Memory:
    def __init__(self, namespace="kitbag"):
        self._nvs = esp32.NVS(namespace)

    def number(self, key, default=0):
        """The 32-bit number kept under `key` (at most 15 characters)."""
        try:
            return self._nvs.get_i32(key)
        except OSError:
            return default

    def keep_number(self, key, value):
        self._nvs.set_i32(key, value)
        self._nvs.commit()

    def blob(self, key, size=_BLOB_MAX):
        """The bytes kept under `key`, or None."""
        buffer = bytearray(size)
        try:
            return bytes(memoryview(buffer)[: self._nvs.get_blob(key, buffer)])
        except OSError:
            return None

    def keep_blob(self, key, data):
        self._nvs.set_blob(key, data)
        self._nvs.commit()

    def forget(self, key):
        try:
            self._nvs.erase_key(key)
            self._nvs.commit()
        except OSError:  # it was not there
            return

    @property
    def armed(self):
        """1 if heat was wanted when the object was reset, else 0."""
        return self._scratch()[0]

    @property
    def starts(self):
        """Starts since the object last ran well."""
        return self._scratch()[1]

    @property
    def hold(self):
        """(Pa, °C) of the bladder before the hold that was on, or None."""
        _, _, tenths_pa, hundredths_c = self._scratch()
        return (tenths_pa / 10, hundredths_c / 100) if tenths_pa else None

    def arm(self, on):
        self._keep(0, on)

    def count_starts(self, starts):
        self._keep(1, min(starts, 255))

    def keep_hold(self, rest_pa, rest_c):
        """A hold is on, and this was before it; 0 Pa when it is over."""
        self._keep(2, round(rest_pa * 10), round(rest_c * 100))

    def _scratch(self):
        kept = machine.RTC().memory()
        if len(kept) != struct.calcsize(_SCRATCH):
            return 0, 0, 0, 0
        return struct.unpack(_SCRATCH, kept)

    def _keep(self, at, *values):
        kept = list(self._scratch())
        kept[at : at + len(values)] = values
        machine.RTC().memory(struct.pack(_SCRATCH, *kept))
