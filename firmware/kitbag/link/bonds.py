"""Pairings that are kept: what the radio's stack gives us to keep for it, in NVS.

It asks from interrupts; flash is written by the task, and only once the host has proved that it
knew the passkey: nobody else can push the holder's own computers out.
"""

from micropython import const

from . import BONDS

_ENTRIES_MAX = const(12)  # of the stack's; about three to a host


class Bonds:
    """An entry is (kind, key, value): a small number and two bytes, none longer than 255."""

    def __init__(self, memory):
        self._memory = memory
        self._entries = []
        self._changed = False
        self._load()

    def _load(self):
        self._changed = False
        self._entries = []
        data = self._memory.blob(BONDS) or b""
        at = 0
        while at < len(data):
            middle = at + 3 + data[at + 1]
            end = middle + data[at + 2]
            self._entries.append((data[at], data[at + 3 : middle], data[middle:end]))
            at = end

    def get(self, kind, index, key):
        """The value under `key`, or the `index`th of its kind where the stack has no key."""
        if key is not None:
            index, key = 0, bytes(key)
        found = [e[2] for e in self._entries if e[0] == kind and key in (None, e[1])]
        return found[index] if index < len(found) else None

    def put(self, kind, key, value):
        """Keep `value` under `key`; None forgets it. True when that was possible."""
        key = bytes(key)
        kept = [e for e in self._entries if e[:2] != (kind, key)]
        if value:
            kept.append((kind, key, bytes(value)))
        elif len(kept) == len(self._entries):
            return False
        self._entries = kept[-_ENTRIES_MAX:]
        self._changed = True
        return True

    def settle(self, trusted):
        """From the task: write down what was put, if whoever was there is `trusted`."""
        if not self._changed or not trusted:
            return
        data = b"".join([bytes([e[0], len(e[1]), len(e[2])]) + e[1] + e[2] for e in self._entries])
        self._memory.keep_blob(BONDS, data)
        self._changed = False

    def forget_unsettled(self):
        """Whoever was there has gone without having been trusted."""
        if self._changed:
            self._load()
