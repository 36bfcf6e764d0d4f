"""A simulated object that `kitbag sim ... --hold` keeps alive.

Its folder names the port and how far its world's clock is ahead of this computer's, so that a
visit to a night in March leaves no time of today in its log.
"""

from __future__ import annotations

from pathlib import Path

from ..errors import KitbagError, Reason
from .serial import SerialTransport

PORT_FILE = "port"


def announce(directory: Path, path: str, clock_ahead_ms: int) -> Path:
    """Write the file that `open_sim` reads; whoever holds the object removes it at the end."""
    port_file = directory / PORT_FILE
    port_file.write_text(f"{path}\n{clock_ahead_ms}\n", encoding="utf-8")
    return port_file


def open_sim(directory: Path) -> SerialTransport:
    """The port that `directory`/port names. Raises KitbagError (exit 3) when nothing runs."""
    name = f"sim:{directory}"
    try:
        path, ahead = (directory / PORT_FILE).read_text(encoding="utf-8").split()
        clock_ahead_ms = int(ahead)
    except (OSError, ValueError) as error:  # also not UTF-8
        raise _nobody(name, directory) from error
    try:
        transport = SerialTransport(path, name=name)
    except KitbagError as error:
        if error.reason is Reason.PORT_MISSING:  # it ended without taking its file away
            raise _nobody(name, directory) from error
        raise
    transport.clock_ahead_ms = clock_ahead_ms
    return transport


def _nobody(name: str, directory: Path) -> KitbagError:
    return KitbagError(
        where=name,
        reason=Reason.NO_OBJECT,
        problem="no simulated object is running there",
        given=directory,
        allowed="the --out folder of a `kitbag sim ... --hold` that is still running",
        next_step=f"start one with `kitbag sim SCENARIO --out {directory} --hold`",
    )
