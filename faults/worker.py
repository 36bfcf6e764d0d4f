"""The process that does one job at a time. Imports nothing of the project before `begin`."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Any

import harness


def begin(root: str) -> None:
    """Work on the sources copied to `root`, and on no others."""
    # Ctrl-C is the parent's, who then tells this process to end; what it started is ended first
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    harness.take_over(Path(root))
    from kitbag_tools import vm

    vm.root = lambda: Path(root)


def work(numbered: tuple[int, dict[str, Any]]) -> tuple[int, dict[str, Any]]:
    """The result of a job, with the number it came with."""
    number, job = numbered
    import jobs

    return number, jobs.run(job)
