"""What shells and services do to a command: streams closed or full, no home, Ctrl-C at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from host_tools.fake_object import Log
from host_tools.made_nights import a_night, both_ends, put
from kitbag.wire import plan as wire
from kitbag_tools import plans
from kitbag_tools.store import Store

KITBAG = Path(sys.executable).with_name("kitbag")


@pytest.fixture
def shell(tmp_path):
    """Runs a line of bash in which `kitbag` is the real program; KITBAG_DATA holds a night."""
    log = Log()
    a_night(log)
    with Store(tmp_path / "data" / "kitbag.sqlite3") as store:
        put(store, log, both_ends())
    (tmp_path / "plan.toml").write_text(plans.to_toml(wire.defaults()), encoding="utf-8")

    def run(line: str, **more: str) -> subprocess.CompletedProcess[bytes]:
        variables = {
            "PATH": f"{KITBAG.parent}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "KITBAG_DATA": str(tmp_path / "data"),
            "KITBAG_ZONE": "UTC",
        }
        return subprocess.run(
            ["bash", "-c", line],
            cwd=tmp_path,
            env=variables | more,
            capture_output=True,
            check=False,
            timeout=60,
        )

    return run


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


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_while_modules_are_loaded(shell, tmp_path, sent):
    (tmp_path / "early").mkdir()
    (tmp_path / "early" / "click.py").write_text(
        f"import os, time\nos.kill(os.getpid(), {int(sent)})\ntime.sleep(5)\n"
    )
    done = shell("kitbag nights", PYTHONPATH=str(tmp_path / "early"))
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")
