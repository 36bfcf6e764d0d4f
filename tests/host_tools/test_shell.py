"""What shells and services do to a command: streams closed or full, no home, Ctrl-C at once."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("--version", 0, ""),
        ("plan check /dev/null", 0, ""),
        ("nights", 2, "set KITBAG_DATA"),
        ("status --port /dev/null", 2, "set KITBAG_CONFIG"),
    ],
)
def test_a_user_without_a_home(command, code, said):
    # As for a user id without an entry in passwd
    program = (
        "import pwd; pwd.getpwuid = {}.__getitem__;"
        f"from kitbag_tools import cli; raise SystemExit(cli.main({command.split()!r}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env={}, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    assert said in done.stderr
    assert done.returncode == code
