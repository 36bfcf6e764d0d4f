"""A small object to run in the simulator, where the firmware itself is not what is under test."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from kitbag_tools import vm
from kitbag_tools.environment import Environment
from kitbag_tools.sim import runner, scenario

# As the firmware's: every output low before anything else
_BOOT = """
from machine import Pin
for _pin in (12, 13, 14, 11):
    Pin(_pin, Pin.OUT, value=0)
"""


@pytest.fixture
def env(tmp_path: Path) -> Environment:
    return Environment(
        stdout=io.StringIO(),
        stderr=io.StringIO(),
        config_dir=tmp_path / "config",
        data_dir=tmp_path / "data",
        now_utc_ms=lambda: 0,
    )


@pytest.fixture
def object_of(tmp_path: Path) -> Callable[..., Path]:
    """`object_of(main, boot=...)`: the file system of an object that does what `main` says."""

    def make(main: str, boot: str = _BOOT) -> Path:
        folder = tmp_path / "image"
        folder.mkdir(exist_ok=True)
        (folder / "boot.py").write_text(boot)
        (folder / "main.py").write_text(main)
        (folder / "board.py").write_bytes((vm.root() / "boards/sim/board.py").read_bytes())
        return folder

    return make


@pytest.fixture
def play(tmp_path: Path, env: Environment) -> Callable[..., Path]:
    """`play(scenario text, image)`: the folder a run wrote, `console.txt` and all."""
    count = 0

    def run(text: str, object_image: Path | None = None, **settings: object) -> Path:
        nonlocal count
        count += 1
        path = tmp_path / "scenario.toml"
        path.write_text(text)
        out = tmp_path / f"out{count}"
        run.result = runner.run(  # type: ignore[attr-defined]
            scenario.load(path), out, env, object_image=object_image, **settings
        )
        return out

    return run
