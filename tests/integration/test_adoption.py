"""Who gets what from the real firmware on the real VM, at its port, by the tool's own commands."""

import io
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import support.on_cpython  # noqa: F401
from firmware.link.test_door import every_request
from kitbag.wire import frames, requests
from kitbag_tools import cli
from kitbag_tools.environment import Environment
from kitbag_tools.keys import FILE, KeyFile
from kitbag_tools.transports import discovery, open_port
from support.events import event
from support.held import Held

Kitbag = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of an object that was set up and used a little, and lives on."""
    folder = tmp_path_factory.mktemp("held")
    (folder / "s.toml").write_text(
        "duration_s = 30\n" + event(5, "hug", peak_pa=1500, hold_s=8) + event(20, "squeeze")
    )
    out = folder / "out"
    with Held(["sim", str(folder / "s.toml"), "--out", str(out), "--hold"], out):
        yield out


@pytest.fixture
def kitbag(out: Path, tmp_path: Path) -> Kitbag:
    """`kitbag("status")`: (exit code, stdout, stderr) of a command at the held object's port, on
    another computer where `elsewhere` is given.
    """

    def run(words: str, elsewhere: Path | None = None) -> tuple[int, str, str]:
        port = f"sim:{out}"
        if elsewhere is not None:  # where the keys beside the object are not to be had
            elsewhere.mkdir(exist_ok=True)
            (elsewhere / "port").write_bytes((out / "port").read_bytes())
            port = f"sim:{elsewhere}"
        env = Environment(
            stdout=io.StringIO(),
            stderr=io.StringIO(),
            config_dir=tmp_path,
            data_dir=(elsewhere or tmp_path) / "data",
            now_utc_ms=lambda: time.time_ns() // 1_000_000,
        )
        code = cli.main([*words.split(), "--port", port], replace(env))
        assert isinstance(env.stdout, io.StringIO)
        assert isinstance(env.stderr, io.StringIO)
        return code, env.stdout.getvalue(), env.stderr.getvalue()

    return run


def seen(out: Path) -> tuple[int, int, dict[str, Any]]:
    """What a host of its own sees of the object: its log and its plan."""
    with discovery.connect(f"sim:{out}", lambda: 0, KeyFile(out / FILE)) as client:
        hello, plan = client.hello(), client.plan_get()
        status = client.status()
        client.bye()
    return hello.next, hello.acked, {"plan": plan.text, "state": status["state"]}


def test_a_stranger_reads_and_changes_nothing(out: Path) -> None:
    before = seen(out)
    line = open_port(f"sim:{out}")
    decoder = frames.Decoder(frames.ANSWER_MAX)

    def said() -> dict[str, Any]:
        until = time.monotonic() + 10
        while time.monotonic() < until:
            for body in decoder.feed(line.read(0.2)):
                assert body[0] == frames.ANSWER
                return dict(requests.fields_of(body))
        raise AssertionError("no answer")

    for body in every_request():
        line.write(bytes(frames.encode(bytes(body))))
        fields = said()
        if b'"hello"' in body:
            assert sorted(fields) == ["adopted", "fw", "id", "kitbag", "n", "ok"]
        else:
            assert sorted(fields) == ["error", "n", "ok"]
    line.close()
    assert seen(out) == before


@pytest.mark.parametrize("words", ["status", "sync", "plan show", "doctor", "adopt --list"])
def test_a_computer_that_was_never_adopted_is_told_so(kitbag, tmp_path, words):
    code, told, said = kitbag(words, tmp_path / "stranger")
    assert (code, told) == (5, "")
    assert "not been adopted" in said
    assert "kitbag adopt" in said


def test_nobody_comes_without_being_let_in(kitbag, tmp_path, out):
    before = seen(out)
    code, _, said = kitbag("adopt", tmp_path / "stranger")
    assert code == 5
    assert "takes no further computer" in said
    assert not (tmp_path / "stranger" / FILE).exists()
    assert seen(out) == before


def test_a_clinician_is_let_in_reads_and_is_sent_away(kitbag, tmp_path, out):
    there = tmp_path / "clinic"
    assert kitbag("adopt --admit clinician")[0] == 0
    code, told, _ = kitbag("adopt --role clinician --json", there)
    assert (code, json.loads(told)["role"], json.loads(told)["new"]) == (0, "clinician", True)
    assert (there / FILE).stat().st_mode & 0o777 == 0o600
    code, told, _ = kitbag("adopt --role clinician --json", there)
    assert (code, json.loads(told)["new"]) == (0, False)  # once more does no harm
    code, told, said = kitbag("sync", there)
    assert code == 0, said
    assert "record" in told
    (tmp_path / "plan.toml").write_text("[warmth]\nlevel_c = 35\n")
    before = seen(out)
    code, _, said = kitbag(f"plan apply {tmp_path / 'plan.toml'}", there)
    assert code == 5
    assert "may read the object, not set it" in said
    assert seen(out)[1:] == before[1:]
    _, told, _ = kitbag("adopt --list --json")
    [gone] = [one["host"] for one in json.loads(told)["hosts"] if one["role"] == "clinician"]
    assert kitbag(f"adopt --revoke {gone}", there)[0] in (0, 5)
    kitbag(f"adopt --revoke {gone}")
    code, _, said = kitbag("status", there)
    assert code == 5
    assert "not been adopted" in said
    secret = json.loads((there / FILE).read_text())
    assert all(one["secret"] not in told + said for one in secret.values())


def test_the_holder_sends_every_computer_away(play):
    nights = [play("", 40), play(event(10, "button", hold_s=11), 40)]
    hosts = []
    for night in nights:
        [key] = json.loads((night.out / FILE).read_text()).values()
        hosts.append(key["host"])
    # The computer that came at the end had to be adopted anew
    assert hosts[0] != hosts[1]
    short = play(event(10, "button", hold_s=3), 40)
    [key] = json.loads((short.out / FILE).read_text()).values()
    assert key["host"] == hosts[0]


def test_a_client_goes_on_over_a_restart_of_the_object(play):
    night = play(event(20, "sync") + event(25, "power", off_s=3) + event(50, "sync"), 60)
    assert night.result.complete
    assert night.summary["reboots"] == 1
