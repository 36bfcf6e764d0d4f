"""An object on a serial port (USB, or the pseudo-terminal of a simulated one), by pyserial."""

from __future__ import annotations

import errno
import sys
from pathlib import Path

import serial

from ..errors import KitbagError, LinkLost, Reason
from ..files import is_there

BAUD = 115_200  # USB ignores it; a UART bridge and the simulated line do not


class SerialTransport:
    """One serial port, held for this process alone. See `base.Transport`."""

    def __init__(self, path: str, *, name: str = "") -> None:
        """Open `path`. Raises KitbagError (exit 3) when it is missing, busy or forbidden."""
        self.path = path
        self.name = name or path
        self.clock_ahead_ms = 0
        self._port = _opened(path, self.name)

    def write(self, data: bytes) -> None:
        try:
            self._port.write(data)
        except (OSError, TypeError) as error:  # TypeError: pyserial's answer to a closed handle
            raise LinkLost(self.name) from error

    def read(self, timeout_s: float) -> bytes:
        try:
            self._port.timeout = timeout_s
            first = self._port.read(1)
            # Whatever else is there already: a read for more than that would wait for all of it
            return first + self._port.read(self._port.in_waiting) if first else first
        except (OSError, TypeError) as error:
            raise LinkLost(self.name) from error

    def reopen(self) -> None:
        self.close()
        self._port = _opened(self.path, self.name)

    def close(self) -> None:
        try:
            self._port.close()
        except OSError:  # the device is gone: there is nothing left to let go of
            return


def open_serial(path: str, *, name: str = "") -> SerialTransport:
    """The open port at `path`, called `name` in messages."""
    return SerialTransport(path, name=name)


def _opened(path: str, name: str) -> serial.Serial:
    try:
        return serial.Serial(path, BAUD, timeout=1.0, write_timeout=5.0, exclusive=True)
    except (OSError, ValueError) as error:  # SerialException is an OSError
        raise _why_not(path, name, error) from error


def _why_not(path: str, name: str, error: Exception) -> KitbagError:
    code = getattr(error, "errno", None)
    text = str(error).lower()
    missing = code in (errno.ENOENT, errno.ENODEV, errno.ENXIO) or "filenotfound" in text
    denied = code in (errno.EACCES, errno.EPERM) or "permissionerror" in text
    if missing or (sys.platform != "win32" and not denied and not is_there(Path(path))):
        return KitbagError(
            where=name,
            reason=Reason.PORT_MISSING,
            given=path,
            next_step="plug the object in with a data cable (some cables only charge), then list "
            "what is there with `kitbag ports`",
        )
    if code in (errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK) or "exclusively lock" in text:
        return KitbagError(
            where=name,
            reason=Reason.PORT_BUSY,
            given=path,
            next_step="close the other program that talks to the object (a page, a terminal, an "
            "editor), then try again",
        )
    if denied:
        # Windows says "access denied" for a port that another program holds
        if sys.platform == "win32":
            return KitbagError(
                where=name,
                reason=Reason.PORT_BUSY,
                given=path,
                next_step="close the other program that talks to the object, then try again",
            )
        return KitbagError(
            where=name,
            reason=Reason.PORT_DENIED,
            given=path,
            next_step=f"add your user to the group that owns the port ({_group(path)}), log out "
            "and in again",
        )
    return KitbagError(
        where=name,
        reason=Reason.NOT_A_KITBAG,
        given=path,
        problem="this cannot be opened as a serial port",
        next_step="list the ports that can with `kitbag ports`",
    )


def _group(path: str) -> str:
    if sys.platform == "win32":
        return "unknown"
    import grp

    try:
        return grp.getgrgid(Path(path).stat().st_gid).gr_name
    except (OSError, KeyError):
        return "dialout on most Linux systems"
