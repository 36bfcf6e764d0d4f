"""What this computer needs to be known by an object: its id there, its role and a secret.

One private file (mode 0600) holds them for all objects, or the operating system's keyring
(system_keys). They are never printed and never leave it.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kitbag.wire import requests, sealing

from .errors import KitbagError, Reason
from .files import write_atomically
from .roles import ROLES

FILE = "keys.json"
_PRIVATE = 0o600


@dataclass(frozen=True)
class HostKey:
    """`host` (4 bytes) is what the object knows this computer by; `secret` never goes anywhere."""

    host: bytes
    role: str
    secret: bytes = field(repr=False)


class Keys(ABC):
    """Where the keys lie; not there yet is empty. `where` is what a person calls it."""

    where: str

    def get(self, device: str) -> HostKey | None:
        """The key for the object with that id."""
        entry = self._entry(device)
        if entry is None:
            return None
        try:
            host, secret = bytes.fromhex(entry["host"]), bytes.fromhex(entry["secret"])
            role = entry["role"]
            if len(host) != requests.HOST_ID or len(secret) != sealing.SECRET:
                raise ValueError(len(secret))
            if role not in ROLES:
                raise ValueError(role)
        except (KeyError, TypeError, ValueError):
            raise self._unreadable() from None  # what stands there is not to be shown
        return HostKey(host, role, secret)

    def keep(self, device: str, key: HostKey) -> None:
        """From now on `key` is the one for that object."""
        entry = {"host": key.host.hex(), "role": key.role, "secret": key.secret.hex()}
        self._put(device, entry)

    @abstractmethod
    def forget(self, device: str) -> None:
        """There is no key for that object any more."""

    @abstractmethod
    def _entry(self, device: str) -> Any:
        """What was put there for `device`, or None."""

    @abstractmethod
    def _put(self, device: str, entry: dict[str, str]) -> None: ...

    def _unreadable(self) -> KitbagError:
        return KitbagError(
            where=self.where,
            reason=Reason.INVALID_FILE,
            problem="what is kept there of this computer's keys cannot be read",
            next_step="put it back from a copy, or move it away and adopt the object again",
        )


class KeyFile(Keys):
    """The file at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.where = str(path)

    def forget(self, device: str) -> None:
        self._write({known: key for known, key in self._read().items() if known != device})

    def _entry(self, device: str) -> Any:
        return self._read().get(device)

    def _put(self, device: str, entry: dict[str, str]) -> None:
        self._write({**self._read(), device: entry})

    def _read(self) -> dict[str, Any]:
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except PermissionError as error:
            raise KitbagError(
                where=self.where,
                reason=Reason.INVALID_FILE,
                problem="this user may not read this computer's keys",
                next_step="give file and folder back to this user, readable for nobody else "
                "(chmod 600 and 700)",
            ) from error
        except (OSError, ValueError, RecursionError):  # also nested without end
            raise self._unreadable() from None
        if not isinstance(content, dict):
            raise self._unreadable()
        return content

    def _write(self, content: dict[str, Any]) -> None:
        data = json.dumps(content, indent=1, sort_keys=True).encode() + b"\n"
        write_atomically(self.path, data, mode=_PRIVATE)
