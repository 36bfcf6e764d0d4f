"""A simulated object that `kitbag sim ... --hold` keeps alive.

Its folder names the port, how far its world's clock is ahead of this computer's, so that a visit
to a night in March leaves no time of today in its log, and the process that holds it: when that
was killed, the port's name may be somebody else's by now.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ..errors import KitbagError, Reason
from .serial import SerialTransport

PORT_FILE = "port"


def announce(directory: Path, path: str, clock_ahead_ms: int) -> Path:
    """Write the file that `open_sim` reads; whoever holds the object removes it at the end."""
    port_file = directory / PORT_FILE
    port_file.write_text(f"{path}\n{clock_ahead_ms}\n{os.getpid()}\n", encoding="utf-8")
    return port_file


def open_sim(directory: Path) -> SerialTransport:
    """The port that `directory`/port names. Raises KitbagError (exit 3) when nothing runs."""
    name = f"sim:{directory}"
    try:
        path, *numbers = (directory / PORT_FILE).read_text(encoding="utf-8").split()
        clock_ahead_ms, *holder = map(int, numbers)
    except (OSError, ValueError) as error:  # also not UTF-8
        raise _nobody(name, directory) from error
    # Files of an earlier version do not name who holds it
    if any(not _runs(pid) for pid in holder):
        raise _nobody(name, directory, "the simulated object is not held any more")
    try:
        transport = SerialTransport(path, name=name)
    except KitbagError as error:
        if error.reason is Reason.PORT_MISSING:  # it ended without taking its file away
            raise _nobody(name, directory) from error
        raise
    transport.clock_ahead_ms = clock_ahead_ms
    return transport


def _runs(pid: int) -> bool:
    if sys.platform == "win32":  # there is no simulated object; and there it would end the process
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # somebody else's
        return True
    return True


def _nobody(
    name: str, directory: Path, problem: str = "no simulated object is running there"
) -> KitbagError:
    return KitbagError(
        where=name,
        reason=Reason.NO_OBJECT,
        problem=problem,
        given=directory,
        allowed="the --out folder of a `kitbag sim ... --hold` that is still running",
        next_step=f"start one with `kitbag sim SCENARIO --out {directory} --hold`",
    )
