"""Looking for files, and writing files that are whole or not there."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from .errors import KitbagError, Reason


def is_there(path: Path) -> bool:
    """Whether something can be seen at `path`. Who cannot even look is told so by opening it."""
    try:
        return path.exists()
    except OSError:  # a folder of somebody else, a name that is too long
        return False


def write_atomically(path: Path, data: bytes, mode: int | None = None) -> None:
    """Write `data` to `path` so that whatever happens the file is the old one or the new one.

    `mode`: who may read it; without it, whoever this user's files are for.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, scratch = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(scratch).chmod(0o666 & ~_umask() if mode is None else mode)
            os.replace(scratch, path)
        except BaseException:
            Path(scratch).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise KitbagError(
            where=str(path),
            reason=Reason.CANNOT_WRITE,
            problem=f"the file cannot be written ({error.strerror or error})",
            next_step="choose another folder with --out, or close the program that has it open",
        ) from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
