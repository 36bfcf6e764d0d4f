"""The radio, end to end: the whole firmware on the real VM, and bleak, over virtual controllers.

Nothing of either side is replaced but the radio itself.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

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
