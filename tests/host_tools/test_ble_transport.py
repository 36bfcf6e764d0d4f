"""The link by radio, on a backend for bleak that plays one object's GATT table."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any, ClassVar

import pytest
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakError

from kitbag.wire import frames, gatt
from kitbag_tools.errors import ExitCode, KitbagError, LinkLost, Reason
from kitbag_tools.transports import ble
from kitbag_tools.transports.ble import BleTransport

ADDRESS = "F3:43:6F:50:B2:F9"
DEVICE = "f3436f50b2f7"


class Thing:
    """What the backend plays; `client` is who is connected."""

    def __init__(self) -> None:
        self.in_air = True
        self.paired = True
        self.mtu = 247
        self.wrote: list[bytes] = []
        self.pairings = 0
        self.client: Client | None = None
        self.notify: Any = None

    def say(self, data: bytes) -> None:
        self.notify(bytearray(data))

    def leave(self) -> None:
        assert self.client is not None
        self.client.lose()


class Scanner(BaseBleakScanner):
    thing: ClassVar[Thing]

    def __init__(self, detection_callback: Any, service_uuids: Any, *_: Any, **__: Any) -> None:
        super().__init__(detection_callback, service_uuids)

    async def start(self) -> None:
        self.seen_devices = {}
        self._task = asyncio.ensure_future(self._advertised())

    async def _advertised(self) -> None:
        while self.thing.in_air:
            data = AdvertisementData(gatt.NAME, {}, {}, [gatt.SERVICE], None, -50, ())
            device = self.create_or_update_device(ADDRESS, ADDRESS, gatt.NAME, None, data)
            self.call_detection_callbacks(device, data)
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        self._task.cancel()


class Client(BaseBleakClient):
    thing: ClassVar[Thing]
    there = False

    @property
    def name(self) -> str:
        return gatt.NAME

    @property
    def mtu_size(self) -> int:
        return self.thing.mtu

    @property
    def is_connected(self) -> bool:
        return self.there

    async def connect(self, pair: bool, **_: Any) -> None:
        self.there = True
        self.thing.client = self
        self.services = BleakGATTServiceCollection()
        for handle, (service, mine) in enumerate(
            (("180a", [ble.SERIAL_UUID]), (gatt.SERVICE, [gatt.FRAMES_IN, gatt.FRAMES_OUT]))
        ):
            of = BleakGATTService(None, 100 * handle, service)
            self.services.add_service(of)
            for place, uuid in enumerate(mine):
                at = 100 * handle + place + 1
                self.services.add_characteristic(
                    BleakGATTCharacteristic(
                        None, at, uuid, ["write", "notify"], lambda: self.thing.mtu - 3, of
                    )
                )

    def lose(self) -> None:
        self.there = False
        if self._disconnected_callback:
            self._disconnected_callback()

    async def disconnect(self) -> None:
        if self.there:
            self.lose()

    async def pair(self, *_: Any, **__: Any) -> None:
        self.thing.pairings += 1
        raise BleakError("the digits were wrong")

    async def unpair(self) -> None:
        raise NotImplementedError

    async def read_gatt_char(self, characteristic: Any, **_: Any) -> bytearray:
        return bytearray(DEVICE.encode())

    async def read_gatt_descriptor(self, descriptor: Any, **_: Any) -> bytearray:
        raise NotImplementedError

    async def write_gatt_char(self, characteristic: Any, data: Any, response: bool) -> None:
        if not self.there:
            raise BleakError("Not connected")
        if not self.thing.paired:
            raise BleakError("insufficient authentication")
        assert response
        self.thing.wrote.append(bytes(data))

    async def write_gatt_descriptor(self, descriptor: Any, data: Any) -> None:
        raise NotImplementedError

    async def start_notify(self, characteristic: Any, callback: Any, **_: Any) -> None:
        self.thing.notify = callback

    async def stop_notify(self, characteristic: Any) -> None:
        raise NotImplementedError


@pytest.fixture
def thing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ble, "SETTLE_S", 0.05)
    monkeypatch.setattr(ble, "SCAN_S", 0.3)
    Scanner.thing = Client.thing = Thing()
    yield Client.thing
    assert [thread for thread in threading.enumerate() if thread.name == "ble"] == []


def opened(wanted: str = ADDRESS) -> BleTransport:
    return BleTransport(wanted, client=Client, scanner=Scanner)


@pytest.mark.parametrize("wanted", [ADDRESS, ADDRESS.lower(), "F3436F50B2F7", ""])
def test_it_is_found_by_address_by_id_or_alone(thing: Thing, wanted: str) -> None:
    link = opened(wanted)
    assert link.name == f"ble:{wanted}"
    link.close()
    link.close()


@pytest.mark.parametrize(("mtu", "most"), [(23, 20), (185, 182), (247, 244), (517, 244)])
def test_what_is_written_is_cut_to_what_the_air_takes(thing: Thing, mtu: int, most: int) -> None:
    thing.mtu = mtu
    link = opened()
    data = bytes(range(256)) * 2
    link.write(data)
    link.close()
    assert thing.wrote[0] == frames.END  # asks whether this computer is paired
    pieces = thing.wrote[1:]
    assert b"".join(pieces) == data
    assert {len(piece) for piece in pieces[:-1]} == {most}


def test_what_came_is_read_at_once_and_nothing_is_nothing(thing: Thing) -> None:
    link = opened()
    thing.say(b"one ")
    thing.say(b"two")
    assert link.read(1.0) == b"one two"
    began = time.monotonic()
    assert link.read(0.05) == link.read(0.0) == b""
    assert time.monotonic() - began < 1
    link.close()


def test_what_came_before_the_link_broke_is_not_lost(thing: Thing) -> None:
    link = opened()
    thing.say(b"last words")
    thing.leave()
    assert link.read(1.0) == b"last words"
    for _ in range(2):
        with pytest.raises(LinkLost) as caught:
            link.read(1.0)
        assert caught.value.exit_code == ExitCode.INCOMPLETE
        assert "hold the object's button for 5 seconds" in caught.value.next_step
    with pytest.raises(LinkLost):
        link.write(b"anybody?")
    link.reopen()
    thing.say(b"back")
    assert link.read(1.0) == b"back"
    link.close()


def test_one_that_does_not_come_back_is_no_object(thing: Thing) -> None:
    link = opened()
    thing.leave()
    thing.in_air = False
    with pytest.raises(KitbagError) as caught:
        link.reopen()
    assert caught.value.reason is Reason.NO_OBJECT
    link.close()


def test_another_one_is_not_the_wanted_one(thing: Thing) -> None:
    with pytest.raises(KitbagError) as caught:
        opened("0123456789ab")
    assert caught.value.reason is Reason.NO_OBJECT
    assert thing.client is not None
    assert not thing.client.there  # it was asked who it is, and left alone


def test_a_computer_that_cannot_be_paired_is_told_how(thing: Thing) -> None:
    thing.paired = False
    with pytest.raises(KitbagError) as caught:
        opened()
    assert caught.value.reason is Reason.NOT_PAIRED
    assert "six digits" in caught.value.next_step
    assert thing.pairings == 1  # the second failure would close the window
    assert thing.client is not None
    assert not thing.client.there
