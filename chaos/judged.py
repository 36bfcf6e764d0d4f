"""One night: drawn, played, judged. Where something is wrong its folder stays."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import conduct
import consent_kept
import log_kept
import times
from drawn import Name, draw
from findings import Findings
from kitbag_tools.vm import root
from played import Played, play


def worker(object_image: Path, keep: bool) -> Callable[[Name], Findings]:
    """What does nights in a process of its own; with `keep` every folder stays."""

    def work(name: Name) -> Findings:
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="kitbag-chaos-") as scratch:
            folder = Path(scratch, "night")
            found = judge(play(draw(name), folder, object_image))
            if keep or not found.good:
                stays = folder_of(name)
                shutil.rmtree(stays, ignore_errors=True)
                stays.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(folder, stays)
        found.seen[f"ms of {name.kind} nights"] += round(1000 * (time.monotonic() - began))
        return found

    return work


def judge(played: Played) -> Findings:
    found = Findings()
    for judges in (log_kept, times, consent_kept, conduct):
        judges.judge(played, found)
    found.seen["records"] += len(played.stored.records)
    found.seen["starts"] += len(played.boots_s)
    found.seen["faults"] += len(played.times("fault"))
    found.seen["power cuts"] += len(played.times("power"))
    found.seen[f"{played.night.name.kind} nights"] += 1
    return found


def folder_of(name: Name) -> Path:
    return root() / "build" / "chaos" / f"seed{name.seed}-{name}"
