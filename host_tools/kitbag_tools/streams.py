"""stdout and stderr as the tool needs them, whatever the shell has made of them.

Data that nobody wants any more (`kitbag nights | head`) is let go, and the command ends with its
own exit code; data that cannot be written is an error; words that cannot be written are none.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

from .errors import KitbagError, Reason

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_STANDARD_FDS = 3


def hold_places() -> None:
    """Open what was closed among stdin, stdout and stderr, on nothing.

    Else the next file that is opened, such as the store, would take that number.
    """
    for fd in range(_STANDARD_FDS):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one


def data() -> TextIO:
    """stdout: UTF-8 wherever a program or a file takes it."""
    return _text(sys.stdout, _Data)


def words() -> TextIO:
    """stderr."""
    return _text(sys.stderr, _Raw)


class _Raw(io.RawIOBase):
    """Bytes that go to `under` until they cannot be written there any more."""

    def __init__(self, under: io.RawIOBase | None) -> None:
        self._under = under

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self._under is not None and self._under.isatty()

    def fileno(self) -> int:
        return super().fileno() if self._under is None else self._under.fileno()

    def write(self, data: ReadableBuffer, /) -> int | None:
        if self._under is not None:
            try:
                return self._under.write(data)
            except OSError:
                self._under = None
        return memoryview(data).nbytes


class _Data(_Raw):
    """The same, but what cannot be written is told, once."""

    def __init__(self, under: io.RawIOBase | None) -> None:
        super().__init__(under)
        self._told = False

    def write(self, data: ReadableBuffer, /) -> int | None:
        if self._told:
            return memoryview(data).nbytes
        try:
            if self._under is None:
                raise OSError(errno.EBADF, "it is closed")
            return self._under.write(data)
        except BrokenPipeError:  # whoever read it has gone: no failure of ours
            self._told = True
            return memoryview(data).nbytes
        except OSError as error:
            self._told = True
            raise KitbagError(
                where="stdout",
                reason=Reason.CANNOT_WRITE,
                problem=f"what was asked for cannot be written ({error.strerror or error})",
                next_step="send the output to a file or program that takes it",
            ) from error


def _text(stream: TextIO | None, kind: type[_Raw]) -> TextIO:
    buffer = getattr(stream, "buffer", None)
    if stream is not None and buffer is None:
        return stream  # not the shell's: of somebody who runs the tool inside a program
    raw = kind(getattr(buffer, "raw", buffer))
    # A terminal knows what it can show; files and programs are promised UTF-8
    encoding = stream.encoding if stream is not None and stream.isatty() else "utf-8"
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding, errors="backslashreplace", line_buffering=True
    )
