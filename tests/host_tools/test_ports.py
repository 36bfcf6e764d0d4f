"""Reaching an object: what is said when it is not there, busy, or something else."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from host_tools.fake_object import KEY, Log
from kitbag_tools.errors import ExitCode, KitbagError, LinkLost, Reason
from kitbag_tools.keys import HostKey
from kitbag_tools.transports import discovery, open_port
from kitbag_tools.transports.discovery import Port, connect
from kitbag_tools.transports.sim import announce


class Known:
    """Keys to every fake object."""

    def get(self, device: str) -> HostKey:
        return KEY


KEYS = Known()


def refused(spec: str, clock) -> KitbagError:
    with pytest.raises(KitbagError) as caught:
        connect(spec, clock, KEYS).close()
    assert caught.value.next_step
    return caught.value


def test_a_port_that_is_not_there(tmp_path, clock):
    error = refused(str(tmp_path / "ttyACM7"), clock)
    assert (error.reason, error.exit_code) == (Reason.PORT_MISSING, ExitCode.NO_OBJECT)


def test_a_port_that_another_program_holds(fake, clock):
    there = fake()
    other = open_port(there.path)
    error = refused(there.path, clock)
    other.close()
    assert (error.reason, error.exit_code) == (Reason.PORT_BUSY, ExitCode.NO_OBJECT)
    connect(there.path, clock, KEYS).close()  # and free again


def test_a_file_is_no_port(tmp_path, clock):
    path = tmp_path / "file"
    path.write_text("x")
    error = refused(str(path), clock)
    assert (error.reason, error.exit_code) == (Reason.NOT_A_KITBAG, ExitCode.NO_OBJECT)


@pytest.mark.parametrize("what", ["talks", "silent"])
def test_what_is_plugged_in_is_no_kitbag(fake, clock, monkeypatch, what):
    monkeypatch.setattr(discovery, "HANDSHAKE_S", 0.1)
    there = fake(speaks=False) if what == "talks" else fake(spoil=lambda number, frame: None)
    error = refused(there.path, clock)
    assert (error.reason, error.exit_code) == (Reason.NOT_A_KITBAG, ExitCode.NO_OBJECT)


def test_a_simulated_object_is_found_by_its_folder(fake, clock, tmp_path):
    there = fake()
    announce(tmp_path, there.path, 5_000)
    with connect(f"sim:{tmp_path}", clock, KEYS) as client:
        assert client.hello().device == "c0ffee01"
        assert client.name == f"sim:{tmp_path}"
        # A visit happens in the object's own night
        assert client.exchange_time(1).utc_ms == clock.now_ms + 5_000


def test_a_folder_of_an_earlier_version_does_not_say_who_holds_it(fake, clock, tmp_path):
    (tmp_path / "port").write_text(f"{fake().path}\n5000\n")
    with connect(f"sim:{tmp_path}", clock, KEYS) as client:
        assert client.hello().device == "c0ffee01"


def test_an_object_whose_holder_was_killed_is_not_held_any_more(fake, clock, tmp_path):
    there = fake()  # by now the port is another one's
    announcing = f"announce(Path({str(tmp_path)!r}), {there.path!r}, 0)"
    code = "import os; from pathlib import Path; from kitbag_tools.transports.sim import announce;"
    code += f"{announcing}; os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", code], check=False)
    error = refused(f"sim:{tmp_path}", clock)
    assert (error.reason, error.exit_code) == (Reason.NO_OBJECT, ExitCode.NO_OBJECT)
    assert "not held any more" in error.problem
    assert there.requests == []


@pytest.mark.parametrize(
    "left", [None, "", "no port", "port", "/dev/pts/none 0", f"/dev/pts/none 0 {2**80}"]
)
def test_no_simulated_object_in_that_folder(tmp_path, clock, left):
    if left is not None:
        (tmp_path / "port").write_text(left)
    error = refused(f"sim:{tmp_path}", clock)
    assert (error.reason, error.exit_code) == (Reason.NO_OBJECT, ExitCode.NO_OBJECT)
    assert "--hold" in error.next_step


def test_radio_without_bleak_says_what_to_install(clock, monkeypatch):
    monkeypatch.setitem(sys.modules, "bleak", None)
    error = refused("ble:1234", clock)
    assert (error.reason, error.exit_code) == (Reason.PART_MISSING, ExitCode.FAILED)
    assert "pip install kitbag[ble]" in error.next_step


def test_the_only_object_is_found_among_other_ports(fake, clock, monkeypatch):
    monkeypatch.setattr(discovery, "HANDSHAKE_S", 0.1)
    there, other = fake(), fake(speaks=False)

    def listed() -> list[Port]:
        return [Port(other.path, "modem", True), Port(there.path, "", True)]

    with connect(None, clock, KEYS, list_ports=listed) as client:
        assert client.hello().device == "c0ffee01"


def test_ports_of_the_computer_itself_are_not_asked_beside_usb(fake, clock):
    there, built_in = fake(), fake(device="beef")

    def listed() -> list[Port]:
        return [Port(there.path, "", True), Port(built_in.path, "", False)]

    connect(None, clock, KEYS, list_ports=listed).close()
    assert built_in.requests == []


def test_two_objects_are_named_and_neither_is_taken(fake, clock):
    one, two = fake(device="aa01"), fake(device="bb02")

    def listed() -> list[Port]:
        return [Port(one.path, "", True), Port(two.path, "", True)]

    with pytest.raises(KitbagError) as caught:
        connect(None, clock, KEYS, list_ports=listed)
    assert caught.value.reason is Reason.SEVERAL_OBJECTS
    assert "aa01" in caught.value.allowed
    assert "bb02" in caught.value.allowed
    assert "--port" in caught.value.next_step


def test_no_port_at_all(clock):
    with pytest.raises(KitbagError) as caught:
        connect(None, clock, KEYS, list_ports=list)
    assert (caught.value.reason, caught.value.exit_code) == (Reason.NO_OBJECT, 3)


def test_an_unplugged_port_is_lost_and_can_be_opened_again(fake):
    there = fake(Log())
    line = open_port(there.path)
    there.unplug()
    with pytest.raises(LinkLost):
        line.read(1.0)
    with pytest.raises(LinkLost):
        line.write(b"x")
    with pytest.raises(KitbagError):
        line.reopen()
    there.plug_in()
    line.reopen()
    line.write(b"x")
    line.close()
    line.close()


def test_reading_waits_no_longer_than_it_was_told(fake):
    line = open_port(fake().path)
    began = time.monotonic()
    assert line.read(0.15) == b""
    assert 0.1 < time.monotonic() - began < 1.0
    line.close()
