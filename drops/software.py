"""Object and host as they are, or with an edit: the modules that a visit goes through, copied.

Time and chance are the proof's own: the same case is the same bytes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import support.on_cpython  # noqa: F401  # pyright: ignore[reportUnusedImport]
from firmware_copy import Edit, StandIns, copied
from kitbag_tools.keys import KeyFile
from kitbag_tools.transports import Transport

PORT = "object"
DEVICE = "c0ffee01"
_UTC_MS = 1_772_402_420_000  # what the host's clock says in the beginning


class Clock:
    """The time of the host: it passes only where somebody waits."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def monotonic(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds

    def utc_ms(self) -> int:
        return _UTC_MS + round(1000 * self.now_s)


@dataclass(frozen=True)
class Software:
    """Modules of the firmware, modules of the host tool, and what both were given."""

    door: Any
    about: Any
    journal: Any
    care: Any
    log: Any
    visits: Any
    adoption: Any
    discovery: Any
    clock: Clock
    entropy: random.Random
    plugs: dict[str, Callable[[], Transport]]  # what is at each port

    def begin(self, seed: str) -> None:
        """Chance and time start anew: no case depends on the one before it."""
        self.entropy.seed(seed)
        self.clock.now_s = 0.0

    def connect(self, keys: KeyFile) -> Any:
        """An ObjectClient for the object at the port, as `kitbag` makes it."""
        return self.discovery.connect(
            PORT, self.clock.utc_ms, keys, opener=self._open, random_bytes=self.entropy.randbytes
        )

    def adopt(self, role: str, keys: KeyFile) -> None:
        """`kitbag adopt`."""
        self.adoption.adopt(
            PORT, role, keys, self.clock.utc_ms, self.entropy.randbytes, opener=self._open
        )

    def _open(self, port: str) -> Transport:
        return self.plugs[port]()


def load(edits: Iterable[Edit] = ()) -> Software:
    """Fresh copies with `edits`; nothing that others have imported is touched."""
    edits = tuple(edits)
    entropy, clock = random.Random(0), Clock()
    chance = SimpleNamespace(urandom=entropy.randbytes)
    # What the object loads anew each time is loaded once
    at_once = SimpleNamespace(load=import_module, forget=lambda _: None)
    session = copied("kitbag.link.session", edits)
    hosts = copied("kitbag.link.hosts", edits)
    with StandIns({"machine": SimpleNamespace(unique_id=lambda: bytes.fromhex(DEVICE))}):
        about = copied("kitbag.link.about", edits, Hosts=hosts.Hosts)
    client = copied("kitbag_tools.object_client", edits, time=clock)
    discovery = copied(
        "kitbag_tools.transports.discovery", edits, ObjectClient=client.ObjectClient
    )
    return Software(
        door=copied("kitbag.link.door", edits, Session=session.Session, os=chance),
        about=about,
        journal=copied("kitbag.journal", edits, os=chance).Journal,
        care=copied("kitbag.care", edits, late=at_once).Care,
        log=copied("kitbag.consent", edits).Log,
        visits=copied("kitbag_tools.visits", edits),
        adoption=copied("kitbag_tools.adoption", edits, discovery=discovery),
        discovery=discovery,
        clock=clock,
        entropy=entropy,
        plugs={},
    )
