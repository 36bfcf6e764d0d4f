"""What one process does at a time: a job is plain data, and so is what comes of it."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import harness
from kitbag_tools import image, vm
from kitbag_tools.errors import KitbagError
from kitbag_tools.sim import board_code

Job = dict[str, Any]
Result = dict[str, Any]


def run(job: Job) -> Result:
    """What came of `job`; {"error": text} where it could not be done at all."""
    try:
        return _DO[job["do"]](job)
    except Exception as error:  # noqa: BLE001 - one job's error is one line of the table
        at = traceback.extract_tb(error.__traceback__)[-1]
        told = error.told() if isinstance(error, KitbagError) else repr(error)
        return {"error": f"{told} ({Path(at.filename).name}:{at.lineno})"}


def folder() -> Path:
    """Beside the sources: what is built of them, and the files of runs."""
    return vm.root() / "made"


# Once, before all others: what they run
def _prepare(_: Job) -> Result:
    image.build("sim", _image())
    board_code.build()
    return {}


def _image() -> Path:
    return folder() / "sim"


# On CPython, cycle by cycle
def _table(job: Job) -> Result:
    return importlib.import_module("play").play(job["story"])


# The same files on the real VM
def _table_on_vm(job: Job) -> Result:
    path = [board_code.build(), _image(), harness.ON_BOTH, ".frozen"]
    with tempfile.TemporaryDirectory(prefix="kitbag-faults-") as scratch:
        story = Path(scratch, "story.json")
        story.write_text(json.dumps(job["story"]))
        code = f"import play_on_vm; play_on_vm.main({str(story)!r})"
        done = subprocess.run(
            [str(vm.binary()), "-X", "heapsize=16M", "-c", code],
            env={"MICROPYPATH": ":".join(map(str, path))},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        return {"error": (done.stdout + done.stderr)[-1500:]}
    return json.loads(done.stdout.splitlines()[-1])


# A whole object
def _whole(job: Job) -> Result:
    import whole

    files = folder() / "runs" / f"{job['name']}-{os.getpid()}"
    shutil.rmtree(files, ignore_errors=True)
    found = whole.play(job["story"], files, _image())
    if not found.get("incomplete"):
        shutil.rmtree(files, ignore_errors=True)
    return found


def _soak(job: Job) -> Result:
    soak = importlib.import_module("soak")
    return soak.soak(job["plant"], job["hours"], job["seed"], job["pad_w"])


def _mutant(job: Job) -> Result:
    import hunt

    return hunt.hunt(job)


_DO: dict[str, Callable[[Job], Result]] = {
    "prepare": _prepare,
    "table": _table,
    "table_on_vm": _table_on_vm,
    "whole": _whole,
    "soak": _soak,
    "mutant": _mutant,
}
