"""A host that somebody kills: `kitbag sync` over an open socket, in a process of its own.

    python victim.py FOLDER FD [STATEMENT [SECONDS]]

It dies at that statement of SQLite's, or so long after; without one it is killed from outside. A
visit that comes to its end prints the statements, one a line.
"""

from __future__ import annotations

import functools
import os
import signal
import socket
import sqlite3
import sys
from pathlib import Path
from typing import Any

from kitbag_tools import visits
from kitbag_tools.errors import LinkLost
from kitbag_tools.keys import FILE, KeyFile
from kitbag_tools.store import Store
from kitbag_tools.transports import discovery

STORE = "store.sqlite3"
UTC_MS = 1_772_402_420_000


class Pipe:
    """A Transport over an open socket."""

    name = "object"
    clock_ahead_ms = 0

    def __init__(self, fd: int) -> None:
        self._socket = socket.socket(fileno=fd)

    def write(self, data: bytes) -> None:
        self._socket.sendall(data)

    def read(self, timeout_s: float) -> bytes:
        self._socket.settimeout(max(timeout_s, 0.001))
        try:
            data = self._socket.recv(4096)
        except TimeoutError:
            return b""
        if not data:
            raise LinkLost(self.name)
        return data

    def reopen(self) -> None:
        raise LinkLost(self.name)

    def close(self) -> None:
        self._socket.close()


class Traced(sqlite3.Connection):
    """Counts the statements of this process, and dies at one of them."""

    statements: list[str] = []  # noqa: RUF012 - of all connections
    dies_at: int | None = None
    dies_after_s = 0.0

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.set_trace_callback(self._begins)

    @classmethod
    def _begins(cls, statement: str) -> None:
        cls.statements.append(" ".join(statement.split()[:3]))
        if len(cls.statements) - 1 == cls.dies_at:
            if not cls.dies_after_s:
                os.kill(os.getpid(), signal.SIGKILL)
            # Nobody handles it: the process ends wherever it is then, in the midst of a commit too
            signal.setitimer(signal.ITIMER_REAL, cls.dies_after_s)


def main(arguments: list[str]) -> None:
    folder, fd = Path(arguments[0]), int(arguments[1])
    if len(arguments) > 2:
        Traced.dies_at = int(arguments[2])
        Traced.dies_after_s = float(arguments[3])
    sqlite3.connect = functools.partial(sqlite3.connect, factory=Traced)
    client = discovery.connect(
        "object", lambda: UTC_MS, KeyFile(folder / FILE), opener=lambda _: Pipe(fd)
    )
    with client, Store(folder / STORE) as store:
        visits.sync(client, store)
    print("\n".join(Traced.statements))


if __name__ == "__main__":
    main(sys.argv[1:])
