"""The NVS partition: small named values in a file, durable at `commit` as on the ESP32."""

import json
import os
from binascii import a2b_base64, b2a_base64

COMMIT_US = 5_000


class Settings:
    """Values by namespace and key; what was set and not committed is lost with the power."""

    def __init__(self, path, spend):
        self._path = path
        self._spend = spend
        try:
            with open(path) as file:
                self._values = json.load(file)
        except OSError:
            self._values = {}

    def get(self, space, key):
        """(kind, value) or None."""
        found = self._values.get(space + "/" + key)
        if found is None:
            return None
        kind, value = found
        return kind, a2b_base64(value) if kind == "blob" else value

    def set(self, space, key, kind, value):
        if kind == "blob":
            value = b2a_base64(bytes(value)).decode().strip()
        self._values[space + "/" + key] = (kind, value)

    def erase(self, space, key):
        """Whether there was such a value."""
        return self._values.pop(space + "/" + key, None) is not None

    def commit(self):
        self._spend(COMMIT_US)
        with open(self._path + ".new", "w") as file:
            json.dump(self._values, file)
        os.rename(self._path + ".new", self._path)
