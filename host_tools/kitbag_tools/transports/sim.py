"""A simulated object that `kitbag sim ... --hold` keeps alive: its folder names the port."""

from __future__ import annotations

from pathlib import Path

from ..errors import KitbagError, Reason
from .serial import SerialTransport

PORT_FILE = "port"


def open_sim(directory: Path) -> SerialTransport:
    """The port that `directory`/port names. Raises KitbagError (exit 3) when nothing runs."""
    name = f"sim:{directory}"
    try:
        path = (directory / PORT_FILE).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise KitbagError(
            where=name,
            reason=Reason.NO_OBJECT,
            problem="no simulated object is running there",
            given=directory,
            allowed="the --out folder of a `kitbag sim ... --hold` that is still running",
            next_step=f"start one with `kitbag sim SCENARIO --out {directory} --hold`",
        ) from error
    return SerialTransport(path, name=name)
