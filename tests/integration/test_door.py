"""The maker's door: the button held at reset opens MicroPython's prompt, and nothing else does.

The real firmware on the real VM, and the real mpremote at the other end of the line.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kitbag_tools.doctor.dump import findings
from kitbag_tools.transports import discovery
from support.chip import Chip

RESET_S = 40.0
# Someone hugs it, and it warms; then its button is held, which ends that, and its watchdog bites
WARM = '[[event]]\nt_s = 5\ndo = "hug"\npeak_pa = 1500\nhold_s = 20\n'
HELD_AT_RESET = (
    WARM + f'[[event]]\nt_s = {RESET_S - 0.03}\ndo = "button"\nhold_s = 600\n'
    f'[[event]]\nt_s = {RESET_S}\ndo = "fault"\nkind = "watchdog_reset"\n'
)
LET_GO = WARM + f'[[event]]\nt_s = {RESET_S}\ndo = "fault"\nkind = "watchdog_reset"\n'

OUTPUTS = """
import board, machine, sys
from simulated import parts
print((
    [machine.Pin(pin).value() for pin in board.OUTPUT_PINS],
    [parts.pins._duty.get(pin) for pin in board.OUTPUT_PINS],
    parts.pins.ledc,
    [name for name in sys.modules if name.startswith('kitbag')],
))
"""


def mpremote(port: str, *words: str, limit_s: float = 60) -> "subprocess.CompletedProcess[str]":
    """Raises TimeoutExpired: where no prompt answers it waits."""
    return subprocess.run(
        [sys.executable, "-m", "mpremote", "connect", port, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=limit_s,
    )


def said(port: str, *words: str) -> str:
    done = mpremote(port, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.replace("\r\n", "\n").strip()


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Chip]:
    """An object that was reset with its button held."""
    with Chip(tmp_path, HELD_AT_RESET, RESET_S + 60) as chip:
        chip.wait_for("returned")
        yield chip


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Chip]:
    """The same, but nobody held the button."""
    with Chip(tmp_path, LET_GO, RESET_S + 20) as chip:
        chip.wait_for("end")
        yield chip


def check_shut_off(chip: Chip) -> None:
    for words in (["resume"], []):  # as it stands, and after the soft reset mpremote begins with
        values, duties, channels, loaded = ast.literal_eval(
            said(chip.port, *words, "exec", OUTPUTS)
        )
        assert values == [0, 0, 0, 0]
        assert not any(duties)
        assert channels == {}
        assert loaded == []
    assert chip.soft_resets == 1


def test_the_prompt_opens_with_outputs_off_and_without_what_could_heat(door):
    assert door.resets == ["watchdog"]
    check_shut_off(door)


def test_a_heater_that_ran_on_over_the_reset_is_off_behind_the_door(tmp_path):
    with Chip(tmp_path, LET_GO, RESET_S + 60, pressed_meanwhile=True) as chip:
        chip.wait_for("returned")
        assert any(duty > 0 for duty in chip.channels.values())
        check_shut_off(chip)


def test_mpremote_works_through_the_door(door, tmp_path):
    assert said(door.port, "eval", "6 * 7") == "42"
    assert said(door.port, "exec", "import sys; print(sys.implementation.name)") == "micropython"
    there, back = tmp_path / "there", tmp_path / "back"
    there.write_bytes(bytes(range(256)) * 40)
    said(door.port, "fs", "cp", str(there), ":notes.bin")
    assert (door.files / "notes.bin").read_bytes() == there.read_bytes()
    said(door.port, "fs", "cp", ":notes.bin", str(back))
    assert back.read_bytes() == there.read_bytes()
    assert "main.py" in said(door.port, "fs", "ls")
    assert door.resets == ["watchdog"]


def test_the_log_can_be_read_through_the_door_as_the_makers_page_says(
    door, tmp_path, repository, monkeypatch
):
    page = (repository / "docs" / "for-makers.md").read_text()
    code = page.split(' mount . exec "\n')[1].split('    "\n')[0]
    monkeypatch.chdir(tmp_path)
    said(door.port, "mount", ".", "exec", "\n".join(line[4:] for line in code.splitlines()))
    dump = (tmp_path / "journal.bin").read_bytes()
    assert dump == (door.out / "object" / "flash.bin").read_bytes()
    found = findings.read(dump)
    assert found.is_whole
    assert "hold" in {record.name for record in found.logs[0].records}


def adopted(port):
    """A client of an object that nobody has adopted before."""
    client, greeting = discovery.meet(port, lambda: 0)
    client.adopt(greeting.device, "therapist")
    return client


def test_the_next_normal_boot_closes_it(door):
    release = "from simulated import parts; parts.pins.press(False); import machine"
    mpremote(door.port, "resume", "exec", "--no-follow", f"{release}; machine.reset()")
    door.wait_for("end")
    assert door.resets == ["watchdog", "hard"]
    with adopted(door.port) as client:
        hello, status = client.hello(), client.status()
    assert hello.boot == 2  # the door's start wrote nothing and counted nothing
    assert status["state"] == "idle"


def test_without_the_button_it_stays_shut(closed):
    assert closed.resets == ["watchdog"]
    for words in (["eval", "6 * 7"], ["resume", "exec", "print(6 * 7)"]):
        with pytest.raises(subprocess.TimeoutExpired) as waited:
            mpremote(closed.port, *words, limit_s=8)
        assert b"42" not in (waited.value.stdout or b"")
    # ... and its interrupts were bytes like any other: it runs on
    with adopted(closed.port) as client:
        hello = client.hello()
        assert hello.boot == 2
        assert client.status()["uptime_ms"] > 0
    assert closed.resets == ["watchdog"]
    assert closed.soft_resets == 0
    assert "raised" not in closed.said
