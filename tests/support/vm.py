"""Run a file's tests on the real MicroPython VM, with the firmware as a board gets it."""

import ast
import os
import subprocess
from pathlib import Path

from kitbag_tools import image, vm
from kitbag_tools.sim import board_code

_TESTS = Path(__file__).resolve().parents[1]
_RUNNER = _TESTS / "support" / "vm_runner.py"
BOTH = "# Runs on CPython and on the MicroPython VM"
"""The first line of a test file that both run: plain functions, bare asserts, no pytest."""


def tests_in(path: Path) -> set[str]:
    """The names of the file's top-level test functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def run(script: Path, *arguments: str, before: tuple[Path, ...] = (), heap: str = "2M") -> str:
    """What the VM printed for `script`; AssertionError with that text where it failed.

    The simulated board and its image (compiled, as on the object) are on the path, with the
    folders `before` ahead of them.
    """
    path = [*before, board_code.build(), image.build("sim"), _TESTS, ".frozen"]
    done = subprocess.run(
        [vm.binary(), "-X", f"heapsize={heap}", script, *arguments],
        env={**os.environ, "MICROPYPATH": ":".join(str(folder) for folder in path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def run_tests(path: Path, **settings) -> set[str]:
    """The names of the tests in `path` that passed on the VM; AssertionError if any failed."""
    lines = run(_RUNNER, str(path), **settings).splitlines()
    return {line.removeprefix("ok ") for line in lines if line.startswith("ok ")}
