"""What outlives a reset: small values in the chip's NVS partition, two bytes in its RTC memory.

Every write to NVS is committed at once; it keeps the old value until the new one is whole. The
RTC's memory outlives every reset but a loss of power, and may be written as often as one likes.
"""

from micropython import const

import esp32
import machine

_BLOB_MAX = const(4096)


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
        """Whether heat was wanted when the object was reset."""
        return self._scratch()[0] == 1

    @property
    def starts(self):
        """Starts since the object last ran well."""
        return self._scratch()[1]

    def arm(self, on):
        machine.RTC().memory(bytes((1 if on else 0, self.starts)))

    def count_starts(self, starts):
        machine.RTC().memory(bytes((1 if self.armed else 0, min(starts, 255))))

    def _scratch(self):
        kept = machine.RTC().memory()
        return kept if len(kept) == 2 else b"\x00\x00"
