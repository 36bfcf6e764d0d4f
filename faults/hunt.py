"""Hunts one mutant: plays rows with it and without it, until one fails that passes otherwise."""

from __future__ import annotations

import importlib
import os
import shutil
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any
from unittest.mock import patch

import judge
import pairs
import patches
import story
import whole
from conditions import BY_NAME as CONDITIONS
from conditions import PADS_W
from jobs import folder
from kitbag_tools import image, vm
from mutants import Edit, Mutant
from rows import BY_ID, ROWS, Row

Hunter = tuple[Row, str, float]

_WHERE = ("body", "pressed", "nobody")

# Verdicts without any mutant, of this process
_sound: dict[str, bool] = {}


def hunt(job: dict[str, Any]) -> dict[str, Any]:
    """{"killed_by", "how", "tried"} of the mutant in `job`; killed by nobody: it survived."""
    mutant = _mutant(job["mutant"])
    if mutant.cutout:
        return _cut_out()
    changed = _changed_image(mutant) if mutant.edits else None
    tried = 0
    for row, condition, pad_w in _hunters(mutant, job["wide"]):
        on = "whole" if mutant.edits else "table"
        if not _passes(row, condition, pad_w, on, None, None):
            continue
        tried += 1
        problems = _problems(row, condition, pad_w, on, changed, mutant)
        if problems:
            return {"killed_by": f"{row.id} {condition} {pad_w:g} W", "how": problems[0],
                    "tried": tried}  # fmt: skip
    return {"killed_by": None, "how": "", "tried": tried}


# Those named first, each where it is likeliest; then whatever the table can play
def _hunters(mutant: Mutant, wide: bool) -> Iterator[Hunter]:
    named = [BY_ID[name] for name in mutant.hunters if name in BY_ID]
    for row in named:
        for condition in row.conditions or _WHERE:
            for pad_w in PADS_W:
                yield row, condition, pad_w
    if wide and not mutant.edits:
        for row in ROWS:
            if "table" in row.on and not row.shown_by and row.watch_s < 2 * 3600:
                for condition in row.conditions or _WHERE:
                    for pad_w in PADS_W:
                        yield row, condition, pad_w


def _passes(
    row: Row, condition: str, pad_w: float, on: str, changed: Path | None, mutant: Mutant | None
) -> bool:
    key = f"{row.id} {condition} {pad_w} {on}"
    if key not in _sound:
        _sound[key] = not _problems(row, condition, pad_w, on, changed, mutant)
    return _sound[key]


def _problems(
    row: Row, condition: str, pad_w: float, on: str, changed: Path | None, mutant: Mutant | None
) -> tuple[str, ...]:
    told = story.tell(row, CONDITIONS[condition], pad_w)
    if on == "whole":
        files = folder() / "runs" / f"hunt-{os.getpid()}"
        shutil.rmtree(files, ignore_errors=True)
        found = whole.play(told.plain(), files, changed or folder() / "sim")
        if found.get("incomplete"):
            return ("the log did not come down",)
    else:
        play = importlib.import_module("play")  # finds its board only where there is one
        with patches.patched(mutant.patch, mutant.argument) if mutant else nullcontext():
            found = play.play(told.plain())
    return judge.judge(row, pad_w, told.at_s, found).problems


# The firmware's image with the mutant's edits in it
def _changed_image(mutant: Mutant) -> Path:
    root = folder() / f"mutant-{os.getpid()}"
    shutil.rmtree(root, ignore_errors=True)
    for name in ("firmware", "boards/sim"):
        shutil.copytree(vm.root() / name, root / name)
    for edit in mutant.edits:
        path = root / edit.path
        text = path.read_text()
        if text.count(edit.old) != 1:
            raise LookupError(f"{edit.path} has {text.count(edit.old)} times: {edit.old}")
        path.write_text(text.replace(edit.old, edit.new))
    with patch.object(vm, "root", lambda: root):
        return image.build("sim", root / "sim")


# SF17: a heater that nothing else can stop, with the cut-out and without
def _cut_out() -> dict[str, Any]:
    row, pad_w = "F40 + F1", 3.0
    pad_c: dict[bool, float] = {}
    for pair in pairs.pairs(("pressed",), (pad_w,)):
        if (pair.latent, pair.active) in pairs.HARDWARE_ONLY:
            files = folder() / "runs" / f"cutout-{os.getpid()}"
            result = whole.play(pair.job["story"], files, folder() / "sim")
            pad_c[pair.cutout] = result["peak_pad_c"]
    how = f"pad {pad_c[False]:.1f} °C, and {pad_c[True]:.1f} °C with it"
    noticed = pad_c[True] <= pairs.CUT_OUT_PAD_C < pad_c[False]
    return {"killed_by": f"{row} pressed {pad_w:g} W" if noticed else None, "how": how, "tried": 1}


def _mutant(values: dict[str, Any]) -> Mutant:
    edits = tuple(Edit(**edit) for edit in values["edits"])
    whole: dict[str, Any] = {**values, "hunters": tuple(values["hunters"]), "edits": edits}
    return Mutant(**whole)


def plain(mutant: Mutant) -> dict[str, Any]:
    """As a job carries it."""
    return asdict(mutant)
