"""The radio, end to end: the whole firmware on the real VM, and bleak, over virtual controllers.

Nothing of either side is replaced but the radio itself.
"""

import asyncio
import contextlib
import sqlite3
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bumble import att, core
from bumble.core import AdvertisingData
from bumble.device import Advertisement, Device, Peer
from bumble.gatt import Characteristic

from kitbag import __version__
from kitbag.wire import asking, frames, gatt, records
from kitbag_tools import visits
from kitbag_tools.errors import KitbagError, Reason
from kitbag_tools.object_client import ObjectClient
from kitbag_tools.store import Store
from kitbag_tools.transports import ble
from kitbag_tools.transports.ble import BleTransport
from support.ble import on_bumble, rate
from support.ble.linked_object import LinkedObject, Steps
from support.ble.room import Room

NOW_UTC_MS = 1_772_400_000_000  # March 2026


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
            thing.unlock(client)
            by_radio = download(client)
            status = client.status()
    assert len(by_cable) > 1_000 * 16
    # What the stop and the button wrote came after the cable had gone
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
        ended = thing.wait_for("reset", 2)
        log = thing.visit(download)
    at = log[::16].index(records.EXCEPTION) * 16
    # Link mode goes on with the time of the boot before it, so that an anchor set in it is good
    # for the night. That boot began when the ROM was done, at 0.35 s
    boot, uptime_ms = struct.unpack_from("<BI", log, at + 1)
    assert boot == 1
    assert abs(0.35 + uptime_ms / 1000 - ended.facts["t_s"]) < 0.3
    assert thing.moved() == []


def stored(store: Store) -> list[tuple[object, ...]]:
    """Every record, as it stands in the store."""
    with contextlib.closing(sqlite3.connect(store.path)) as db:
        return db.execute(
            "SELECT device, log_epoch, boot, seq, uptime_ms, kind, slot FROM records ORDER BY seq"
        ).fetchall()


def test_a_link_that_breaks_anywhere_costs_nothing(tmp_path: Path, room: Room) -> None:
    with linked(tmp_path, room, [[2, "visit", "sync"], *LINK], log=600) as thing:
        with Store(tmp_path / "cable.sqlite3") as store:
            thing.visit(lambda client: visits.sync(client, store))
            by_cable = stored(store)
        thing.wait_for("reset")
        link = reach(room, thing)
        for n in (150, 2_500, 9_999):  # `make drops` does it at every frame
            broken = len(thing.heard("reset"))
            with Store(tmp_path / f"{n}.sqlite3") as store:
                room.air.drop_after = n
                result = None
                while result is None:
                    with contextlib.suppress(KitbagError):
                        client = ObjectClient(link, lambda: NOW_UTC_MS)
                        thing.unlock(client)
                        result = visits.sync(client, store)
                    if result is None:
                        link.reopen()
                assert room.air.drop_after is None, "it did not break"
                assert result.complete
                assert stored(store)[: len(by_cable)] == by_cable, n
            assert len(thing.heard("reset")) == broken  # the object went on
        link.close()
    assert len(by_cable) > 600
    assert thing.moved() == []


# --- what a stranger gets ------------------------------------------------------------------------

OPEN = {
    0x2A29: b"Kitbag",
    0x2A24: b"sim",
    0x2A25: b"f3436f50b2f7",
    0x2A26: __version__.encode(),
}
BATTERY_LEVEL = 0x2A19
OF_THE_STACK = {0x2A00, 0x2A01, 0x2A05, 0x2B29, 0x2B2A}  # name, appearance, changes of the table


async def taken(device: Device, *, pair: bool) -> dict[str, Any]:
    """All that a central gets that reads, writes and subscribes wherever it can."""
    found = asyncio.get_running_loop().create_future()
    service = core.UUID(gatt.SERVICE)

    def seen(advertisement: Advertisement) -> None:
        listed = advertisement.data.get_all(
            AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS
        )
        if not found.done() and any(service in uuids for uuids in listed):
            found.set_result(advertisement)

    device.on("advertisement", seen)
    await device.start_scanning()
    advertisement = await asyncio.wait_for(found, 10)
    await device.stop_scanning()
    connection = await device.connect(advertisement.address)
    got: dict[str, Any] = {"read": {}, "wrote": set(), "heard": [], "paired": False}
    if pair:
        await connection.pair()
        got["paired"] = connection.is_encrypted
    peer = Peer(connection)
    await peer.discover_services()
    hello = frames.encode(asking.request("hello", 1))
    for one in peer.services:
        for characteristic in await one.discover_characteristics():
            await characteristic.discover_descriptors()
            number = characteristic.uuid.to_hex_str()
            with contextlib.suppress(att.ATT_Error):
                got["read"][number] = await characteristic.read_value()
            if characteristic.properties & Characteristic.Properties.NOTIFY:
                await characteristic.subscribe(got["heard"].append)
    for one in peer.services:
        for characteristic in one.characteristics:
            if one.uuid == service or characteristic.uuid.to_hex_str() in READABLE:
                with contextlib.suppress(att.ATT_Error):
                    await characteristic.write_value(hello, with_response=True)
                    got["wrote"].add(characteristic.uuid.to_hex_str())
                await characteristic.write_value(hello, with_response=False)
    await asyncio.sleep(0.3)
    await connection.disconnect()
    return got


READABLE = {f"{number:04X}" for number in (*OPEN, BATTERY_LEVEL)}


def test_a_stranger_reads_what_it_is_and_its_battery_and_nothing_more(
    tmp_path: Path, room: Room
) -> None:
    with linked(tmp_path, room, log=100) as thing:
        thing.wait_for("reset")
        passed_by = room.run(taken(room.computer(), pair=False))
        just_works = room.run(taken(room.computer(number=3), pair=True))
        assert thing.heard("reset") == thing.heard("reset")[:1]
    assert just_works["paired"]
    for got in (passed_by, just_works):
        read = got["read"]
        assert set(read) - {f"{number:04X}" for number in OF_THE_STACK} == READABLE
        assert {number: read[f"{number:04X}"] for number in OPEN} == OPEN
        assert 0 < read[f"{BATTERY_LEVEL:04X}"][0] <= 100
        assert got["wrote"] == set()
        assert got["heard"] == []


def test_a_computer_that_was_paired_once_needs_no_passkey_in_the_next_window(
    tmp_path: Path, room: Room
) -> None:
    with linked(tmp_path, room, [*LINK, *held(15, 0.5), *held(20, 6)]) as thing:
        thing.wait_for("reset")
        thing.plug_in()
        asked: list[int] = []

        def passkey() -> int:
            asked.append(thing.passkey())
            return asked[-1]

        backends = on_bumble.backend(room.computer(passkey))
        for window in (1, 3):
            thing.wait_for("reset", window)
            link = BleTransport("", client=backends[0], scanner=backends[1], loop=room.loop)
            client = ObjectClient(link, lambda: 0)
            assert client.greet().device == OPEN[0x2A25].decode()
            # Paired, but not adopted: the second lock is not the first one's
            with pytest.raises(KitbagError) as caught:
                client.status()
            assert caught.value.reason is Reason.NOT_ADOPTED
            link.close()
        assert len(asked) == 1


# --- which one -----------------------------------------------------------------------------------


def test_an_object_is_found_by_its_id_among_others(tmp_path: Path, room: Room) -> None:
    room.other_object()
    with linked(tmp_path, room) as thing:
        thing.wait_for("reset")
        room.wait_for_radio()
        with pytest.raises(KitbagError) as caught:
            reach(room, thing)
        assert caught.value.reason is Reason.SEVERAL_OBJECTS
        assert caught.value.allowed.count("ble:") == 2
        with ObjectClient(reach(room, thing, "F3436F50B2F7"), lambda: 0) as client:
            assert client.greet().device == "f3436f50b2f7"


def test_nobody_in_a_link_window_is_said_so(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ble, "SCAN_S", 0.2)
    client, scanner = on_bumble.backend(room.computer())
    with pytest.raises(KitbagError) as caught:
        BleTransport("f3436f50b2f7", client=client, scanner=scanner, loop=room.loop)
    assert caught.value.reason is Reason.NO_OBJECT
    assert "hold the object's button for 5 seconds" in caught.value.next_step


# --- how fast ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("bytes_per_s", "slow", "log"), [(20e3, 1, 2_500), (100e3, 5, 4_000)])
def test_records_fill_four_fifths_of_the_air(
    tmp_path: Path, room: Room, bytes_per_s: float, slow: float, log: int
) -> None:
    with linked(tmp_path, room, [[2, "visit", "sync"], *LINK], log=log) as thing:
        thing.visit(lambda client: None)
        thing.wait_for("reset")
        with ObjectClient(reach(room, thing), lambda: 0, answer_timeout_s=10) as client:
            thing.unlock(client)
            reached = rate.share(room, client, bytes_per_s, slow)
            status = client.status()
    assert 0.8 <= reached < 1
    assert status["overruns"] == status["damaged"] == client.repeats == 0
