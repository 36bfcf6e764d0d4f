"""A backend for bleak on a Bumble device: `BleakClient(device, backend=...)` without a radio.

It does what bleak's platform backends do: a bonded peer is encrypted again on connection, errors
come as bleak's, the MTU is asked for.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakDeviceNotFoundError, BleakError, BleakGATTProtocolError
from bleak.uuids import normalize_uuid_str
from bumble import att, core, hci
from bumble.core import AdvertisingData
from bumble.device import Advertisement, Connection, Device, Peer

T = TypeVar("T")

PROPERTIES = (
    "broadcast", "read", "write-without-response", "write", "notify", "indicate",
    "authenticated-signed-writes", "extended-properties",
)  # fmt: skip
NAMES = (AdvertisingData.COMPLETE_LOCAL_NAME, AdvertisingData.SHORTENED_LOCAL_NAME)
UUID_LISTS = {0x02: 2, 0x03: 2, 0x06: 16, 0x07: 16}  # advertising type -> bytes of each
VALUE_MAX = 512
MTU = 517  # what a computer asks for


def backend(device: Device) -> tuple[type[BaseBleakClient], type[BaseBleakScanner]]:
    """(client, scanner) classes for a `device` that is powered on."""

    class Client(BumbleClient):
        _device = device

    class Scanner(BumbleScanner):
        _device = device

    return Client, Scanner


class BumbleScanner(BaseBleakScanner):
    _device: Device

    def __init__(
        self,
        detection_callback: Any = None,
        service_uuids: list[str] | None = None,
        scanning_mode: str = "active",
        **_: Any,
    ) -> None:
        super().__init__(detection_callback, service_uuids)

    async def start(self) -> None:
        self.seen_devices = {}
        self._device.on("advertisement", self._seen)
        await self._device.start_scanning(filter_duplicates=False)

    async def stop(self) -> None:
        self._device.remove_listener("advertisement", self._seen)
        await self._device.stop_scanning()

    def _seen(self, advertisement: Advertisement) -> None:
        name = None
        uuids: list[str] = []
        for kind, raw in advertisement.data.ad_structures:
            if kind in NAMES:
                name = raw.decode(errors="replace")
            elif size := UUID_LISTS.get(kind):
                pieces = [raw[at : at + size] for at in range(0, len(raw) - size + 1, size)]
                uuids += [_uuid(core.UUID.from_bytes(piece)) for piece in pieces]
        data = AdvertisementData(name, {}, {}, uuids, None, advertisement.rssi, (advertisement,))
        address = str(advertisement.address).split("/")[0]
        found = self.create_or_update_device(address, address, name, advertisement.address, data)
        if self.is_allowed_uuid(uuids):
            self.call_detection_callbacks(found, data)


class BumbleClient(BaseBleakClient):
    _device: Device

    def __init__(self, address_or_ble_device: Any, **kwargs: Any) -> None:
        super().__init__(address_or_ble_device, **kwargs)
        self._target = getattr(address_or_ble_device, "details", None)
        self._called = getattr(address_or_ble_device, "name", None)
        self._connection: Connection | None = None
        self._peer: Peer | None = None
        self._relays: dict[int, Callable[[bytes], None]] = {}

    @property
    def name(self) -> str:
        return self._called or self.address

    @property
    def mtu_size(self) -> int:
        return self._peer.gatt_client.mtu if self._peer else 23

    @property
    def is_connected(self) -> bool:
        return self._connection is not None

    async def connect(self, pair: bool, **kwargs: Any) -> None:
        target = self._target or hci.Address(self.address, hci.Address.PUBLIC_DEVICE_ADDRESS)
        try:
            connection = await self._device.connect(target, timeout=self._timeout)
        except (core.TimeoutError, TimeoutError) as error:
            raise BleakDeviceNotFoundError(self.address, "not found") from error
        self._connection = connection
        self._relays = {}
        connection.on("disconnection", self._lost)
        try:
            if await self._device.get_long_term_key(connection.handle, b"", 0):
                await _told(connection.encrypt())
            elif pair:
                await self.pair()
            self._peer = Peer(connection)
            await _told(self._peer.request_mtu(MTU))
            await self._discover(self._peer)
        except BaseException:
            await self.disconnect()
            raise

    def _lost(self, reason: int) -> None:
        self._connection = self._peer = self.services = None
        if self._disconnected_callback:
            self._disconnected_callback()

    async def _discover(self, peer: Peer) -> None:
        await _told(peer.discover_services())
        found = BleakGATTServiceCollection()
        for service in peer.services:
            theirs = BleakGATTService(service, service.handle, _uuid(service.uuid))
            found.add_service(theirs)
            for one in await _told(service.discover_characteristics()):
                bits = int(one.properties)
                names = [name for i, name in enumerate(PROPERTIES) if bits >> i & 1]
                characteristic = BleakGATTCharacteristic(
                    one, one.handle, _uuid(one.uuid), names, self._write_max, theirs
                )
                found.add_characteristic(characteristic)
                for d in await _told(one.discover_descriptors()):
                    found.add_descriptor(
                        BleakGATTDescriptor(d, d.handle, _uuid(d.type), characteristic)
                    )
        self.services = found

    def _write_max(self) -> int:
        return min(self.mtu_size - 3, VALUE_MAX)

    async def disconnect(self) -> None:
        if self._connection:
            with contextlib.suppress(core.ProtocolError):
                await self._connection.disconnect()

    async def pair(self, *_: Any, **kwargs: Any) -> None:
        assert self._connection is not None
        try:
            await self._connection.pair()
        except (core.ProtocolError, asyncio.CancelledError) as error:
            raise BleakError(f"Failed to pair: {error}") from error

    async def unpair(self) -> None:
        await self.disconnect()
        assert self._device.keystore is not None
        await self._device.keystore.delete(self.address)

    def _live(self) -> Any:
        if self._peer is None:
            raise BleakError("Not connected")
        return self._peer.gatt_client

    async def read_gatt_char(
        self, characteristic: BleakGATTCharacteristic, **kwargs: Any
    ) -> bytearray:
        return bytearray(await _told(self._live().read_value(characteristic.handle)))

    async def read_gatt_descriptor(
        self, descriptor: BleakGATTDescriptor, **kwargs: Any
    ) -> bytearray:
        return bytearray(await _told(self._live().read_value(descriptor.handle)))

    async def write_gatt_char(
        self, characteristic: BleakGATTCharacteristic, data: Any, response: bool
    ) -> None:
        await _told(self._live().write_value(characteristic.handle, bytes(data), response))

    async def write_gatt_descriptor(self, descriptor: BleakGATTDescriptor, data: Any) -> None:
        await _told(self._live().write_value(descriptor.handle, bytes(data), True))

    async def start_notify(
        self,
        characteristic: BleakGATTCharacteristic,
        callback: Callable[[bytearray], None],
        **kwargs: Any,
    ) -> None:
        def relay(value: bytes) -> None:
            callback(bytearray(value))

        self._relays[characteristic.handle] = relay
        await _told(self._live().subscribe(characteristic.obj, relay))

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        relay = self._relays.pop(characteristic.handle)
        await _told(self._live().unsubscribe(characteristic.obj, relay))


async def _told(awaitable: Awaitable[T]) -> T:
    """Bumble's errors as bleak's."""
    try:
        return await awaitable
    except att.ATT_Error as error:
        raise BleakGATTProtocolError(error.error_code) from error
    except core.ProtocolError as error:
        raise BleakError(str(error)) from error
    except core.InvalidStateError as error:
        raise BleakError("Not connected") from error
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise BleakError("Not connected") from error  # Bumble cancels what waits for an answer


def _uuid(uuid: core.UUID) -> str:
    return normalize_uuid_str(uuid.to_hex_str("-").lower())
