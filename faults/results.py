"""What is known already: one file a job, so that whoever is interrupted goes on from there."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from sources import ROOT

FOLDER = ROOT / "build" / "faults" / "results"


_KEPT = 8


class Results:
    """Results of jobs on the sources of `digest`. Those of older sources are forgotten."""

    def __init__(self, digest: str, folder: Path = FOLDER, *, fresh: bool = False) -> None:
        self._folder = folder / digest[:16]
        if fresh:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True, exist_ok=True)
        known = sorted(folder.glob("*"), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in known[_KEPT:]:
            shutil.rmtree(old, ignore_errors=True)

    def get(self, job: dict[str, Any]) -> dict[str, Any] | None:
        """What came of `job`; None where nobody has done it yet."""
        try:
            return json.loads(self._path(job).read_text())
        except (OSError, ValueError):
            return None

    def keep(self, job: dict[str, Any], result: dict[str, Any]) -> None:
        """Errors are not kept: they are met again or gone."""
        if "error" in result:
            return
        path = self._path(job)
        scratch = path.with_suffix(".new")
        scratch.write_text(json.dumps(result))
        scratch.replace(path)

    def _path(self, job: dict[str, Any]) -> Path:
        text = json.dumps(job, sort_keys=True)
        name = hashlib.sha256(text.encode()).hexdigest()
        return self._folder / f"{name[:32]}.json"
