"""What shells and services do to a command: streams closed or full, no home, Ctrl-C at once."""

from __future__ import annotations

import json
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


@pytest.mark.parametrize("command", ["nights", "nights --json", "--help", "plan show plan.toml"])
@pytest.mark.parametrize(("to", "why"), [(">/dev/full", b"No space left"), (">&-", b"closed")])
def test_data_that_cannot_be_written(shell, command, to, why):
    done = shell(f"kitbag {command} {to}")
    assert done.returncode == 1
    assert done.stderr.startswith(b"stdout: what was asked for cannot be written (")
    assert why in done.stderr
    assert b"Traceback" not in done.stderr
    assert b"nobody foresaw" not in done.stderr


@pytest.mark.parametrize("to", ["2>&-", "2>/dev/full", ">&- 2>&-", ">/dev/full 2>/dev/full"])
@pytest.mark.parametrize(
    ("command", "code"),
    [("nigths", 2), ("nigths --json", 2), ("status --port /none", 3), ("plan new new.toml", 0)],
)
def test_words_that_cannot_be_written_change_no_exit_code(shell, command, code, to):
    assert shell(f"kitbag {command} {to}").returncode == code


def test_a_closed_stream_lends_its_number_to_no_file(shell, tmp_path):
    before = (tmp_path / "data/kitbag.sqlite3").read_bytes()
    shell("kitbag nights <&- >&- 2>&-")
    assert (tmp_path / "data/kitbag.sqlite3").read_bytes() == before


@pytest.mark.parametrize(
    "command", ["plan show plan.toml", "nights", "nights --json", "--help", "--version"]
)
@pytest.mark.parametrize("reader", ["true", "head -1"])
def test_a_reader_that_leaves_early_is_no_failure(shell, command, reader):
    # The reader is gone for certain when the first letter comes
    done = shell(f"{{ sleep 0.2; kitbag {command}; echo $? >code; }} | {reader}; cat code >&2")
    assert done.stderr.split()[-1] == b"0"
    assert b"Traceback" not in done.stderr
    assert b"BrokenPipe" not in done.stderr


def test_a_reader_that_leaves_early_does_not_hide_a_failure(shell):
    done = shell("{ sleep 0.2; kitbag nigths --json; echo $? >code; } | true; cat code >&2")
    assert done.stderr.split()[-1] == b"2"


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_while_modules_are_loaded(shell, tmp_path, sent):
    (tmp_path / "early").mkdir()
    (tmp_path / "early" / "click.py").write_text(
        f"import os, time\nos.kill(os.getpid(), {int(sent)})\ntime.sleep(5)\n"
    )
    done = shell("kitbag nights", PYTHONPATH=str(tmp_path / "early"))
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_what_is_redirected_is_utf_8_whatever_the_computer_speaks(shell, tmp_path):
    named = wire.defaults() | {"scent.name": "薰衣草, thé"}
    (tmp_path / "named.toml").write_text(plans.to_toml(named), encoding="utf-8")
    line = "kitbag plan show named.toml > p.toml && kitbag plan check p.toml && "
    line += "kitbag plan show --json named.toml"
    done = shell(f"({line}) 2>&1 >out", PYTHONIOENCODING="cp1252")
    assert done.returncode == 0, done.stdout
    assert plans.checked(tmp_path / "p.toml") == named
    said, _, shown = (tmp_path / "out").read_bytes().partition(b"\n")
    assert said == b"p.toml: the plan can be used."
    assert json.loads(shown.decode()) == named


def test_a_name_that_is_no_text_is_shown_all_the_same(shell):
    done = shell(
        "printf 'schema = 2' > $'caf\\xe9.toml'; kitbag plan check --json $'caf\\xe9.toml'"
    )
    assert done.returncode == 2
    assert json.loads(done.stdout)["problems"][0]["where"].startswith("caf")
    assert b"Traceback" not in done.stderr
