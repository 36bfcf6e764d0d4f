"""How fast a night passes in the simulator, and whether every sample was taken."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from figures import Figure
from kitbag_tools import vm
from kitbag_tools.errors import KitbagError, Reason

_HOW = ".venv/bin/python bench night"
_IDLE_HZ = 10  # the slowest that the object ever samples
_WALL_S = 40  # 8 h with at most two of them held, on two cores


_WALL_HELD_S = 90  # 8 h of them, every one held

_HELD = """
name = "held all night"
duration_s = 28800
start = "2026-03-01T22:00:00+00:00"
seed = 1

[[event]]
t_s = 10
do = "hug"
peak_pa = 1200
hold_s = 28700
"""


def measure() -> list[Figure]:
    """The night of `make run`, as its command runs it, and one in which nobody lets go."""
    root = vm.root()
    scenario = root / "build" / "scenario" / "night.toml"
    # Invented weather, so that the figure is the same everywhere
    no_recordings = {k: v for k, v in os.environ.items() if k != "RECORDINGS"}
    make = ["make", "--silent", "--directory", str(root), str(scenario.relative_to(root))]
    subprocess.run(make, check=True, env=no_recordings)
    played = tomllib.loads(scenario.read_text())
    seconds = played["duration_s"]
    awake_s = seconds - sum(event.get("off_s", 0) for event in played["event"])
    out = root / "build" / "bench"
    summary = _play(scenario, out / "night")
    wall_s = summary["wall_s"]
    held = out / "held.toml"
    held.write_text(_HELD)
    held_s = _play(held, out / "held")["wall_s"]
    real = "the object itself"
    return [
        Figure("wall time of an 8 h night", wall_s, "s", _HOW, real, seconds, ("<=", _WALL_S)),
        Figure("  held all night", held_s, "s", _HOW, real, seconds, ("<=", _WALL_HELD_S)),
        Figure("simulated seconds a wall second", seconds / wall_s, "", _HOW, real, 1),
        Figure(
            "pressure samples",
            summary["samples"],
            "",
            _HOW,
            f"{_IDLE_HZ} a second while powered",
            _IDLE_HZ * awake_s,
            (">=", 0.999 * _IDLE_HZ * awake_s),
        ),
    ]


def _play(scenario: Path, out: Path) -> dict[str, float]:
    """The summary of a scenario, played by the command that people use."""
    shutil.rmtree(out, ignore_errors=True)
    command = [str(Path(sys.executable).with_name("kitbag")), "sim", str(scenario)]
    done = subprocess.run(
        [*command, "--out", str(out)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise KitbagError(
            where="bench: night",
            given=done.stderr.strip()[-300:],
            next_step=f"run {' '.join(command)} --out {out} and mend what it complains of",
            reason=Reason.SIMULATOR,
        )
    return json.loads((out / "summary.json").read_text())
