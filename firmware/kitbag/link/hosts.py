"""The hosts that this object has been adopted by, each with its role and secret, in NVS.

They come by adoption only and go by their own word, by a therapist's, or by the holder's, who can
send all of them away on the object itself.
"""

from micropython import const

from ..wire import requests, sealing
from . import HOSTS

_ENTRY = const(21)  # id, role, secret


class Hosts:
    """Those that `app` (app.App) has been adopted by; `app.admitted` is who may come next."""

    def __init__(self, app):
        self._app = app
        self._memory = app.memory

    def _entries(self):
        kept = self._memory.blob(HOSTS, requests.HOSTS_MAX * _ENTRY) or b""
        return [kept[at : at + _ENTRY] for at in range(0, len(kept) - _ENTRY + 1, _ENTRY)]

    def find(self, host):
        """(role, secret) of the host with that id (bytes), or None."""
        for entry in self._entries():
            if sealing.same(entry[: requests.HOST_ID], host):
                return entry[requests.HOST_ID], entry[requests.HOST_ID + 1 :]
        return None

    def all(self):
        """[(id, role)]"""
        return [(entry[: requests.HOST_ID], entry[requests.HOST_ID]) for entry in self._entries()]

    def admit(self, role):
        """For a while one more host may come, in that role."""
        self._app.admitted = role, self._app.clock.uptime_ms() + requests.ADMITTED_S * 1000

    def may_come(self, role):
        """The first host may always, another one where it has been admitted."""
        entries = self._entries()
        if not entries:
            return role == requests.THERAPIST
        admitted, until_ms = self._app.admitted
        return (
            len(entries) < requests.HOSTS_MAX
            and admitted == role
            and self._app.clock.uptime_ms() < until_ms
        )

    def keep(self, host, role, secret):
        """From now on it is one of them. Raises OSError where that could not be kept."""
        entries = self._entries()
        entries.append(host + bytes([role]) + secret)
        self._write(entries)
        self._app.admitted = None, 0

    def revoke(self, host):
        """Send it away; whether it was there."""
        entries = self._entries()
        left = [entry for entry in entries if entry[: requests.HOST_ID] != host]
        if len(left) == len(entries):
            return False
        self._write(left)
        return True

    def _write(self, entries):
        if entries:
            self._memory.keep_blob(HOSTS, b"".join(entries))
        else:
            self._memory.forget(HOSTS)
