"""The command line as a person or a program meets it: transcripts and exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from host_tools.fake_object import Log
from host_tools.made_nights import EVENING_MS, HOUR, a_night, both_ends, put
from host_tools.made_rest_and_hug import readings
from kitbag.wire import plan as care_plan
from kitbag.wire import records
from kitbag_tools import visits
from kitbag_tools.doctor import watch
from kitbag_tools.errors import ExitCode, KitbagError, Reason
from kitbag_tools.object_client import ObjectClient
from kitbag_tools.store import Store
from kitbag_tools.transports import discovery

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def nights(env):
    """A store with one full night in it."""
    log = Log()
    a_night(log)
    with Store(env.store_path) as store:
        put(store, log, both_ends())


@pytest.fixture
def an_object(fake, clock):
    """An object whose clock runs with the host's; it has lived through a night."""
    log = Log()
    a_night(log)
    clock.now_ms = EVENING_MS + 9 * HOUR
    return fake(log, uptime_ms=lambda: clock.now_ms - EVENING_MS)


def transcript(name: str, text: str) -> None:
    if os.environ.get("RECORD_TRANSCRIPTS"):  # then read every change before it is committed
        (GOLDEN / name).write_text(text)
    assert text == (GOLDEN / name).read_text()


def session(run, *commands: list[object]) -> str:
    """Several commands as they look on a terminal, stderr marked."""
    lines: list[str] = []
    for command in commands:
        code, out, err = run(*command)
        lines.append("$ kitbag " + " ".join(str(part) for part in command))
        lines += [f"! {line}" for line in err.splitlines()]
        lines += out.splitlines()
        lines.append(f"[{code}]")
    return "\n".join(lines) + "\n"


# --- transcripts ---------------------------------------------------------------------------------


def test_help(kitbag):
    transcript("help.txt", session(kitbag, ["--help"], ["plan", "--help"], ["sync", "--help"]))


def test_mistyped(kitbag):
    transcript(
        "mistyped.txt",
        session(
            kitbag,
            ["sinc"],
            ["plan", "aply", "x.toml"],
            ["sync", "--prot", "x"],
            ["export", "--out"],
            ["export", "--out", "x", "--format", "csvv"],
            ["export"],
            ["report", "--out", "x.svg", "--last", "none"],
            ["sim", "x.toml", "--out", "y", "--speed", "fast"],
        ),
    )


def test_a_visit_from_beginning_to_end(kitbag, an_object, tmp_path):
    here = ["--port", an_object.path]
    text = session(
        kitbag,
        ["status", *here],
        ["sync", *here],
        ["sync", *here],
        ["nights"],
        ["export", "--out", tmp_path / "out", "--start", "2026-03-01T22:00:00Z"],
        ["status", *here],
    )
    transcript("visit.txt", text.replace(str(tmp_path), "DIR"))


def test_a_look_at_the_bladder(kitbag, fake, tmp_path, monkeypatch):
    monkeypatch.setattr(watch, "POLL_S", 0)
    text = ""
    for of in (
        {"tautness_pa_per_k": 118.0},
        {"fall_per_s": 0.1, "drift_pa_per_min": 9.0},
        {"peak_pa": 70.0, "rest_s": 20.0},
        {"peak_pa": 12_000.0},
    ):
        felt = readings(**of)
        there = fake()
        there.feelings = lambda felt=felt: asdict(next(felt))
        more = ["--rest-s", 20] if "rest_s" in of else []
        text += session(kitbag, ["doctor", "--port", there.path, *more])
    transcript("doctor.txt", text.replace(str(tmp_path), "DIR"))


def test_a_look_at_the_bladder_for_programs(kitbag, fake, monkeypatch):
    monkeypatch.setattr(watch, "POLL_S", 0)
    felt = readings(rest_s=20.0)
    there = fake()
    there.feelings = lambda: asdict(next(felt))
    code, out, err = kitbag("doctor", "--port", there.path, "--json", "--rest-s", 20)
    told = json.loads(out)
    assert code == ExitCode.OK
    assert (told["object"], told["health"]) == ("c0ffee01", "good")
    assert told["hug_peak_pa"] == pytest.approx(1500, abs=5)
    assert told["tautness_pa_per_k"] is None
    assert err.startswith("Lay it down")


def test_a_look_at_an_object_that_cannot_be_asked(kitbag, an_object):
    an_object.answer_with["feel"] = {"error": "unknown_op"}
    code, out, err = kitbag("doctor", "--port", an_object.path)
    assert (code, out) == (ExitCode.FAILED, "")
    assert "same version" in err


def test_a_look_that_is_broken_off_ends_in_words(kitbag, fake, monkeypatch):
    def interrupt(_: ObjectClient) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ObjectClient, "feel", interrupt)
    code, out, err = kitbag("doctor", "--port", fake().path)
    assert (code, out) == (ExitCode.INTERRUPTED, "")
    assert err.endswith("Interrupted.\n")


def test_care_plans(kitbag, an_object, tmp_path):
    bad = tmp_path / "bad.toml"
    bad.write_text('placement = "beck"\n[warmth]\nlevle_c = 36\nlevel_c = 45\n')
    good = tmp_path / "good.toml"
    good.write_text('placement = "neck"\n[warmth]\nlevel_c = 40\nceiling_c = 40\n')
    here = ["--port", an_object.path]
    text = session(
        kitbag,
        ["plan", "check", bad],
        ["plan", "check", good],
        ["plan", "apply", bad, *here],
        ["plan", "apply", good, *here],
        ["plan", "diff", good, *here],
        ["plan", "new", tmp_path / "new.toml"],
        ["plan", "new", tmp_path / "new.toml"],
        ["plan", "diff", tmp_path / "new.toml", *here],
        ["plan", "show", *here],
        ["plan", "check", tmp_path / "none.toml"],
    )
    transcript("plans.txt", text.replace(str(tmp_path), "DIR"))
    assert an_object.plan == care_plan.to_json(
        care_plan.defaults()
        | {"placement": "neck", "warmth.level_c": 40.0, "warmth.ceiling_c": 40.0}
    )


def test_a_log_with_holes(kitbag, fake, clock):
    log = Log()
    a_night(log)
    for i in range(400):
        log.add(records.BATTERY, 1, 8 * HOUR + i, 3.9)
    log.slots[300 - 1] = b"\x55" * 16
    log.forget_before(253)
    clock.now_ms = EVENING_MS + 9 * HOUR
    there = fake(log, uptime_ms=lambda: clock.now_ms - EVENING_MS)
    transcript(
        "holes.txt",
        session(kitbag, ["sync", "--port", there.path], ["sync", "--port", there.path]).replace(
            there.path, "PORT"
        ),
    )


def test_a_second_log_of_an_object_counts_beside_the_first(kitbag, nights, an_object, env):
    with Store(env.store_path) as store:
        before = store.count("c0ffee01")
    an_object.log = Log(epoch=2)
    a_night(an_object.log)
    code, out, _ = kitbag("sync", "--port", an_object.path)
    assert code == ExitCode.OK
    new = len(an_object.log.slots)
    assert f" {before + new} records ({new} new)" in out
    _, out, _ = kitbag("sync", "--port", an_object.path, "--json")
    assert json.loads(out)["records"] == before + len(an_object.log.slots)


# --- exit codes ----------------------------------------------------------------------------------


def test_nothing_plugged_in(kitbag, monkeypatch):
    monkeypatch.setattr(discovery, "serial_ports", list)
    for verb in (["ports"], ["plan", "show"]):
        code, out, err = kitbag(*verb)
        assert (code, out) == (ExitCode.NO_OBJECT, "")
        assert "plug" in err.lower()


@pytest.mark.parametrize("verb", ["status", "sync"])
def test_no_object_at_the_port(kitbag, verb, tmp_path):
    code, out, err = kitbag(verb, "--port", tmp_path / "none")
    assert (code, out) == (ExitCode.NO_OBJECT, "")
    assert err.startswith("DIR/none: there is no such port\n")


def test_unplugged_in_the_middle(kitbag, fake, env, monkeypatch):
    log = Log()
    a_night(log)
    there = fake(log)
    there.spoil = lambda number, frame: b"" if there.requests[-1] == "read" else frame
    monkeypatch.setattr(discovery, "ObjectClient", partial(ObjectClient, patience_s=0.2))
    code, out, err = kitbag("sync", "--port", there.path)
    assert (code, out) == (ExitCode.INCOMPLETE, "")
    assert "nothing was stored" in err
    with Store(env.store_path) as store:
        assert store.devices() == []


@pytest.mark.parametrize(
    "verb", [["nights"], ["export", "--out", "x"], ["report", "--out", "x.svg"]]
)
def test_nothing_in_the_store(kitbag, verb, env):
    code, out, err = kitbag(*verb)
    assert (code, out) == (ExitCode.FAILED, "")
    assert "kitbag sync" in err
    assert not env.store_path.exists()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["nights", "--zone", "Europe/Londn"], ExitCode.USAGE),
        (["nights", "--object", "ffff"], ExitCode.USAGE),
        (["export", "--out", "x", "--start", "yesterday"], ExitCode.USAGE),
        (["export", "--out", "x", "--start", "2026-03-01"], ExitCode.USAGE),
        (["report", "--out", "x.gif"], ExitCode.USAGE),
        (["--store", "nowhere/at/all.sqlite3", "nights"], ExitCode.FAILED),
        (["nights", "--object", "c0ff"], ExitCode.OK),
    ],
)
def test_other_exit_codes(kitbag, nights, arguments, code):
    got, _, err = kitbag(*arguments)
    assert got == code
    assert "Traceback" not in err
    if code:
        assert "  next     " in err


def test_no_arguments_gives_help_and_usage(kitbag):
    code, _, err = kitbag()
    assert code == ExitCode.USAGE
    assert "Commands:" in err


@pytest.mark.parametrize(
    ("thrown", "code"),
    [
        (KeyboardInterrupt, ExitCode.INTERRUPTED),
        (RuntimeError("boom"), ExitCode.FAILED),
        (KitbagError(where="x", reason=Reason.REFUSED, next_step="y"), ExitCode.REFUSED),
    ],
)
def test_whatever_is_thrown_ends_in_words(kitbag, an_object, monkeypatch, thrown, code):
    def fail(*_: object) -> None:
        raise thrown

    monkeypatch.setattr(visits, "sync", fail)
    got, out, err = kitbag("sync", "--port", an_object.path)
    assert (got, out) == (code, "")
    assert "Traceback" not in err
    assert "boom" in err if code == ExitCode.FAILED else True


def test_a_traceback_is_there_for_who_asks_for_it(kitbag, an_object, monkeypatch):
    def fail(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(visits, "sync", fail)
    _, _, err = kitbag("sync", "--port", an_object.path, KITBAG_DEBUG="1")
    assert "Traceback" in err


LONG = "x" * 300


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--store", LONG, "nights"], ExitCode.FAILED, "name too long"),
        (["plan", "new", LONG], ExitCode.FAILED, "name too long"),
        (["plan", "new", f"{LONG}/plan.toml"], ExitCode.FAILED, "name too long"),
        (["status", "--port", LONG], ExitCode.NO_OBJECT, "no such port"),
        (["--store", "closed/store", "nights"], ExitCode.FAILED, "Permission denied"),
        (["plan", "new", "closed/plan.toml"], ExitCode.FAILED, "Permission denied"),
        (["plan", "check", "closed/plan.toml"], ExitCode.USAGE, "Permission denied"),
        (["status", "--port", "closed/port"], ExitCode.NO_OBJECT, "may not open the port"),
    ],
)
def test_where_nobody_can_look(kitbag, tmp_path, closed, arguments, code, said):
    (tmp_path / "closed").mkdir()
    with closed(tmp_path / "closed"):
        got, _, err = kitbag(*arguments)
    assert (got, said in err) == (code, True), err
    assert "  next     " in err
    assert "nobody foresaw" not in err


# --- for programs --------------------------------------------------------------------------------


def test_json_is_json_and_alone_on_stdout(kitbag, an_object, nights, tmp_path):
    here = ["--port", an_object.path]
    plan = tmp_path / "plan.toml"
    plan.write_text("[warmth]\nlevel_c = 37\n")
    for command in (
        ["status", *here],
        ["sync", *here],
        ["plan", "check", plan],
        ["plan", "apply", plan, *here],
        ["plan", "show", *here],
        ["plan", "diff", plan, *here],
        ["nights"],
        ["export", "--out", tmp_path / "out"],
    ):
        code, out, _ = kitbag(*command, "--json")
        assert code == ExitCode.OK, command
        json.loads(out)


@pytest.mark.parametrize("name", ["key", "other", "plan.toml"])
def test_differences_have_the_same_fields_whatever_the_files_are_called(kitbag, tmp_path, name):
    (tmp_path / name).write_text("[warmth]\nlevel_c = 37\n")
    (tmp_path / "file").write_text("")
    code, out, _ = kitbag("plan", "diff", name, "file", "--json")
    [told] = json.loads(out)
    assert code == ExitCode.OK
    assert (told["key"], told["file"], told["other"]) == ("warmth.level_c", "37", "36")
    assert told.get("plan.toml", "37") == "37"


def test_an_error_is_json_too(kitbag, tmp_path):
    code, out, err = kitbag("status", "--port", tmp_path / "none", "--json")
    fields: dict[str, Any] = json.loads(out)
    assert fields["error"] == "port_missing"
    assert fields["exit_code"] == code == 3
    assert err


def test_a_plan_that_is_wrong_as_json(kitbag, tmp_path):
    bad = tmp_path / "bad.toml"
    bad.write_text("[warmth]\nlevle_c = 36\n")
    code, out, _ = kitbag("plan", "check", bad, "--json")
    assert code == ExitCode.USAGE
    [problem] = json.loads(out)["problems"]
    assert (problem["key"], problem["nearest"]) == ("warmth.levle_c", "warmth.level_c")


# --- what a shell does ---------------------------------------------------------------------------


def test_help_loads_nothing_that_is_slow():
    code = (
        "import sys; from kitbag_tools import cli; cli.main(['--help']);"
        "slow = {'matplotlib', 'numpy', 'rich', 'serial', 'sqlite3', 'asyncio'};"
        "slow &= set(sys.modules); sys.exit(', '.join(sorted(slow)) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.returncode == 0
