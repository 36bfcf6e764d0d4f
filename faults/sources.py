"""The sources that are judged, copied aside: they may change while hundreds of jobs run."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "faults" / "sources"

_KEPT = 4

# What runs inside the object, and what decides how it is run and measured
_COPIED = ("firmware", "boards/sim")
_MEASURING = ("host_tools/kitbag_tools/sim", "host_tools/kitbag_tools/image.py")
_HERE = ("harness.py", "jobs.py", "whole.py", "plants.py", "on_both/play.py", "on_both/soak.py")


@dataclass(frozen=True)
class Sources:
    """`root` stands for the checkout; `digest` changes with anything that could matter."""

    root: Path
    digest: str


def snapshot() -> Sources:
    """Copy them as they are now, unless that copy is there already."""
    while True:
        digest = _digest()
        root = FOLDER / digest[:16]
        if root.is_dir():
            return Sources(root, digest)
        fresh = FOLDER / f".{digest[:16]}-{os.getpid()}"
        shutil.rmtree(fresh, ignore_errors=True)
        _forget_old()
        for name in _COPIED:
            shutil.copytree(
                ROOT / name, fresh / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        if _digest() == digest and not root.exists():  # nobody wrote while they were copied
            fresh.rename(root)
            return Sources(root, digest)
        shutil.rmtree(fresh)


# Some stay: another run may still work on one
def _forget_old() -> None:
    copies = sorted(FOLDER.glob("*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in copies[_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def _digest() -> str:
    digest = hashlib.sha256()
    for path in _files():
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _files() -> list[Path]:
    found = [ROOT / "faults" / name for name in _HERE]
    for name in (*_COPIED, *_MEASURING):
        path = ROOT / name
        found += [path] if path.is_file() else path.rglob("*.py")
    return sorted(found)
