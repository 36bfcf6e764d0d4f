"""The radio, end to end: the whole firmware on the real VM, and bleak, over virtual controllers.

Nothing of either side is replaced but the radio itself.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kitbag.wire import records
from kitbag_tools.errors import KitbagError, Reason
from kitbag_tools.object_client import ObjectClient
from kitbag_tools.transports.ble import BleTransport
from support.ble import on_bumble
from support.ble.linked_object import LinkedObject, Steps
from support.ble.room import Room


@pytest.fixture
def room() -> Iterator[Room]:
    with Room() as room:
        yield room


def held(from_s: float, for_s: float) -> Steps:
    """The button, held."""
    return [[from_s, "button", True], [from_s + for_s, "button", False]]


LINK = held(5, 6)  # opens a link window

Open = Callable[..., LinkedObject]


def linked(folder: Path, room: Room | None, steps: Steps = LINK, **how: int) -> LinkedObject:
    return LinkedObject(folder, steps, room.address if room else None, **how)


def reach(room: Room, thing: LinkedObject, wanted: str = "") -> BleTransport:
    """The host's own link to `thing`, by a computer that somebody types the passkey into."""
    thing.plug_in()
    client, scanner = on_bumble.backend(room.computer(thing.passkey))
    return BleTransport(wanted, client=client, scanner=scanner, loop=room.loop)


def download(client: ObjectClient) -> bytes:
    """Every slot that the object holds, from the first to the last."""
    hello = client.hello()
    log = b""
    seq = hello.first
    while seq < hello.next:
        chunk = client.read(seq, hello.next - seq, hello.epoch)
        assert chunk.first_seq == seq
        log += chunk.slots
        seq = chunk.end_seq
    return log


def test_the_log_is_the_same_by_radio_and_by_cable(tmp_path: Path, room: Room) -> None:
    with linked(tmp_path, room, [[2, "visit", "sync"], *LINK], log=1_000) as thing:
        by_cable = thing.visit(download)
        thing.wait_for("reset")
        with ObjectClient(reach(room, thing), lambda: 0) as client:
            by_radio = download(client)
            status = client.status()
    assert len(by_cable) > 1_000 * 16
    # The records of the stop and of the button came after the cable had gone
    assert by_radio[: len(by_cable)] == by_cable
    assert len(by_radio) > len(by_cable)
    assert status["state"] == "link"
    assert status["overruns"] == status["damaged"] == 0
    assert thing.moved() == []


# --- how a link window ends: in virtual time, with nobody in the air -----------------------------


def state(client: ObjectClient) -> str:
    return client.status()["state"]


def resets(thing: LinkedObject) -> list[float]:
    return [message.facts["t_s"] for message in thing.heard("reset")]


HUG: Steps = [
    [60, "hold", 1],
    [60, "edge", 0.4, 0.0, 1500.0],
    [100, "edge", 0.5, 1500.0, 0.0],
    [100, "hold", -1],
]


def test_a_window_that_nobody_comes_to_ends_after_three_minutes(tmp_path: Path) -> None:
    with linked(tmp_path, None, [*LINK, *HUG, [260, "visit", "status"]]) as thing:
        assert thing.visit(state) == "idle"
    opened, ended = resets(thing)
    assert 11 <= opened <= 11.2
    assert 180 <= ended - opened <= 182
    assert thing.moved() == []  # the hug would have warmed it


def test_the_button_ends_a_window_once_it_is_let_go(tmp_path: Path) -> None:
    with linked(tmp_path, None, [*LINK, *held(30, 8), [60, "visit", "status"]]) as thing:
        assert thing.visit(state) == "idle"  # not at the makers' prompt
    assert [round(t_s) for t_s in resets(thing)] == [11, 38]


def test_windows_in_a_row_are_no_failed_starts(tmp_path: Path) -> None:
    windows = [step for at in range(5, 85, 20) for step in (*held(at, 6), *held(at + 10, 1))]
    with linked(tmp_path, None, [*windows, [100, "visit", "status"]]) as thing:
        assert thing.visit(state) == "idle"
    assert len(resets(thing)) == 8


@pytest.mark.parametrize("held_s", [1.5, 4.9, 10.1])
def test_no_other_press_opens_a_window(tmp_path: Path, held_s: float) -> None:
    with linked(tmp_path, None, [*held(5, held_s), [30, "visit", "status"]]) as thing:
        assert thing.visit(state) == "stopped"
    assert resets(thing) == []


# --- and with somebody there, in real time -------------------------------------------------------


def test_two_failed_pairings_end_a_window(tmp_path: Path, room: Room) -> None:
    with linked(tmp_path, room) as thing:
        thing.wait_for("reset")
        thing.plug_in()
        wrong = room.computer(lambda: thing.passkey() % 999_999 + 1)
        client, scanner = on_bumble.backend(wrong)
        for _ in range(2):
            with pytest.raises(KitbagError) as caught:
                BleTransport("", client=client, scanner=scanner, loop=room.loop)
            assert caught.value.reason is Reason.NOT_PAIRED
        thing.wait_for("reset", 2)
    assert thing.moved() == []


def test_an_error_ends_a_window_and_is_told(tmp_path: Path, room: Room) -> None:
    with linked(tmp_path, room, [*LINK, [40, "visit", "log"]]) as thing:
        thing.wait_for("reset")
        room.wait_for_radio()
        room.silence()  # the simulated chip's driver fails then
        thing.wait_for("reset", 2)
        log = thing.visit(download)
    assert records.EXCEPTION in log[::16]
    assert thing.moved() == []
