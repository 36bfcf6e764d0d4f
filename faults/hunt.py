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

import cases
import pairs
import patches
import whole
from cases import Case
from conditions import BY_NAME as CONDITIONS
from jobs import folder
from kitbag_tools import image, vm
from mutants import Edit, Mutant
from rows import BY_ID, ROWS, Row

_WHERE = ("body", "pressed", "nobody")
_PLANTS = 15
_LONGEST_S = 2 * 3600.0

# (whether it passes, the functions that answer) without any mutant, of this process
_sound: dict[str, tuple[bool, set[str]]] = {}


def hunt(job: dict[str, Any]) -> dict[str, Any]:
    """{"killed_by", "how", "tried"} of the mutant in `job`; killed by nobody: it survived."""
    mutant = _mutant(job["mutant"])
    if mutant.cutout:
        return _cut_out()
    changed = _changed_image(mutant) if mutant.edits else None
    tried = 0
    for case in _hunters(mutant, job["wide"]):
        tried += 1
        problems = _played(case, changed, mutant)[0]
        if problems:
            return {"killed_by": f"{case.row} {case.where} {case.pad_w:g} W", "how": problems[0],
                    "tried": tried}  # fmt: skip
    return {"killed_by": None, "how": "", "tried": tried}


# Those named first; then whatever the table can play and one of these functions answers; then
# those named on random plants. Only what passes without the mutant can tell.
def _hunters(mutant: Mutant, wide: bool) -> Iterator[Case]:
    do = "whole" if mutant.edits else "table"
    named = [BY_ID[name] for name in mutant.hunters]
    for case in _conditions(named, _WHERE, do):
        if _without(case)[0]:
            yield case
    if not wide or do == "whole":
        return
    near = {mutant.function, *mutant.near}
    playable = [row for row in ROWS if "table" in row.on and not row.shown_by]
    playable = [row for row in playable if row.watch_s < _LONGEST_S]
    for case in (*_conditions(playable, tuple(CONDITIONS), do), *_plants(named)):
        passes, functions = _without(case)
        if passes and functions & near:
            yield case


def _conditions(rows: list[Row], where: tuple[str, ...], do: str) -> Iterator[Case]:
    for row in rows:
        for condition in row.conditions or where:
            for pad_w in row.pads_w:
                yield cases.in_condition(row, CONDITIONS[condition], pad_w, do)


def _plants(rows: list[Row]) -> Iterator[Case]:
    for row in rows:
        if row.plants:
            for number in cases.plant_numbers(row, _PLANTS):
                for pad_w in row.pads_w:
                    yield cases.plant_case(row, number, pad_w)


def _without(case: Case) -> tuple[bool, set[str]]:
    key = f"{case.name} {case.job['do']}"
    if key not in _sound:
        problems, functions = _played(case, folder() / "sim", None)
        _sound[key] = not problems, functions
    return _sound[key]


def _played(
    case: Case, built: Path | None, mutant: Mutant | None
) -> tuple[tuple[str, ...], set[str]]:
    """(problems, functions that answered). A whole object's image is `built`."""
    if case.job["do"] == "whole":
        assert built is not None
        files = folder() / "runs" / f"hunt-{os.getpid()}"
        shutil.rmtree(files, ignore_errors=True)
        found = whole.play(case.job["story"], files, built)
    else:
        play = importlib.import_module("play")  # finds its board only where there is one
        with patches.patched(mutant.patch, mutant.argument) if mutant else nullcontext():
            found = play.play(case.job["story"])
    problems = cases.verdict(case, found).problems
    return problems, {function for _, _, function in found["reactions"]}


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
    lists = {name: tuple(values[name]) for name in ("hunters", "near")}
    given: dict[str, Any] = {**values, **lists, "edits": edits}
    return Mutant(**given)


def plain(mutant: Mutant) -> dict[str, Any]:
    """As a job carries it."""
    return asdict(mutant)
