"""What every way of reaching an object offers to the client: bytes out, bytes in, and a name."""

from __future__ import annotations

from typing import Protocol


class Transport(Protocol):
    """An open byte pipe to one object.

    `name` is what a person calls it. Time-outs are in real seconds, also where the object's time
    is simulated; `clock_ahead_ms` is how far its world's clock is ahead of this computer's then.
    """

    name: str
    clock_ahead_ms: int

    def write(self, data: bytes) -> None:
        """Send all of `data`. Raises LinkLost when the other side has gone."""
        ...

    def read(self, timeout_s: float) -> bytes:
        """What has arrived: at least one byte, or b"" after `timeout_s`. Raises LinkLost."""
        ...

    def reopen(self) -> None:
        """Open the same port again after LinkLost. Raises KitbagError while that fails."""
        ...

    def close(self) -> None:
        """Let go of the port. Never fails, may be called twice."""
        ...
