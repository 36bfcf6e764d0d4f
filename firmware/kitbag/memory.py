"""What outlives a reset: small values in the chip's NVS partition.

Every write is committed at once; NVS keeps the old value until the new one is whole.
"""

from micropython import const

import esp32

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
