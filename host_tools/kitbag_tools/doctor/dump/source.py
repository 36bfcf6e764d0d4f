"""The file of a dump: what it may be, and in words what it is not."""

from __future__ import annotations

from pathlib import Path

from kitbag.wire import records as wire

from ...errors import KitbagError, Reason
from .findings import Findings

# More than any chip of the boards has; a film named by mistake is not read
_MOST_BYTES = 256 * 1024 * 1024

_ALLOWED = (
    "a raw dump of the object's log partition (`journal`), or of its whole flash: sectors of "
    f"{wire.SECTOR} bytes, one with a header that can be read among them"
)
_READ_AGAIN = "read the partition again, as docs/for-makers.md says, and give that file"


def load(path: Path) -> bytes:
    """The bytes of the dump at `path`. Raises KitbagError."""
    try:
        if path.is_dir():
            raise _unusable(path, "this is a folder", "", "name the dump in it")
        size = path.stat().st_size
        if size > _MOST_BYTES:
            raise _unusable(path, "this is larger than any flash", f"{size} bytes")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise _unusable(path, "there is no such file", "", "check its name") from error
    except OSError as error:
        why = error.strerror or str(error)
        raise _unusable(
            path, "the file cannot be read", why, "allow this user to read it, or copy it"
        ) from error


def check(path: Path, data: bytes, findings: Findings) -> None:
    """Raise KitbagError where `data` is no dump of a log at all."""
    if findings.logs:
        return
    given = f"{len(data)} byte{'s' if len(data) != 1 else ''}"
    if findings.newer:
        raise _unusable(
            path,
            "a newer Kitbag wrote this log",
            given,
            "update this tool (`pip install --upgrade kitbag`)",
        )
    if not data:
        problem = "the file is empty"
    elif not data.strip(data[:1]):
        problem = f"every byte of it is {data[0]:02x}: an empty flash, or reading it failed"
    else:
        problem = "no header of a log can be read in it, so nothing in it can be proved"
    raise _unusable(path, problem, given)


def _unusable(path: Path, problem: str, given: str, next_step: str = _READ_AGAIN) -> KitbagError:
    return KitbagError(
        where=str(path),
        reason=Reason.INVALID_FILE,
        problem=problem,
        given=given,
        allowed=_ALLOWED,
        next_step=next_step,
    )
