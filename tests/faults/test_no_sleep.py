"""F45: outputs could freeze in a sleep of the chip, so the firmware has no word for one."""

import ast
from pathlib import Path

FIRMWARE = Path(__file__).resolve().parents[2] / "firmware"
SLEEPS = {"lightsleep", "deepsleep", "light_sleep", "deep_sleep"}


def test_the_firmware_never_sleeps() -> None:
    for path in sorted(FIRMWARE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            name = getattr(node, "attr", getattr(node, "id", None))
            assert name not in SLEEPS, path
            if isinstance(node, ast.ImportFrom):
                assert {alias.name for alias in node.names} & SLEEPS == set(), path


def test_the_simulated_chip_would_not_bear_it() -> None:
    machine = (FIRMWARE.parent / "boards" / "sim" / "machine.py").read_text()
    tree = ast.parse(machine)
    sleep = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name in SLEEPS)
    assert any(isinstance(node, ast.Raise) for node in ast.walk(sleep))
