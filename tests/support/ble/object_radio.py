"""The far side of the simulated object's `bluetooth`: its radio, as a Bumble device in an `Air`.

What it says and hears: boards/sim/simulated/air.py. Values of characteristics live in the object.
"""

from __future__ import annotations

import asyncio
import json
import traceback
from collections import deque
from typing import Any

from bumble import att, hci, smp
from bumble.core import UUID
from bumble.device import AdvertisingType, Connection, Device
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.host import Host
from bumble.keys import KeyStore, PairingKeys
from bumble.pairing import PairingConfig, PairingDelegate
from bumble.transport.common import AsyncPipeSink

from .air import Air, AirController, lose

# Events of MicroPython's bluetooth
CENTRAL_CONNECT, CENTRAL_DISCONNECT, GATTS_WRITE, GATTS_READ_REQUEST = 1, 2, 3, 4
MTU_EXCHANGED, ENCRYPTION_UPDATE, GET_SECRET, SET_SECRET, PASSKEY_ACTION = 21, 28, 29, 30, 31
INPUT, DISPLAY, COMPARE = 2, 3, 4  # actions of PASSKEY_ACTION

SECRET_KIND = 1
ANSWER_S = 10.0
NEVER_USED = hci.Address("C0:00:00:00:00:01")  # a random address; the object has a public one

# Flags of a characteristic -> what Bumble asks of who uses it
_Permissions = Characteristic.Permissions
READ, WRITE = 0x0002, 0x000C
PERMISSIONS = (
    (READ, _Permissions.READABLE),
    (WRITE, _Permissions.WRITEABLE),
    (0x0200, _Permissions.READ_REQUIRES_ENCRYPTION),
    (0x0400, _Permissions.READ_REQUIRES_AUTHENTICATION),
    (0x1000, _Permissions.WRITE_REQUIRES_ENCRYPTION),
    (0x2000, _Permissions.WRITE_REQUIRES_AUTHENTICATION),
)


class ObjectRadio:
    """One life of the object's radio: from the connection of its process to that one's end."""

    def __init__(
        self, air: Air, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._air = air
        self._reader = reader
        self._writer = writer
        self.config: dict[str, Any] = {}
        self._controller: AirController | None = None
        self._device: Device | None = None
        self._connections: dict[int, Connection] = {}
        self._characteristics: list[Characteristic[bytes]] = []
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._passkeys: dict[tuple[int, int], asyncio.Future[Any]] = {}
        self._under_way: deque[int] = deque()  # places of notifications in the device's queue
        self._one_write = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self.known: dict[str, PairingKeys | None] = {}
        self.problems: list[str] = []
        self.advertises = False

    async def run(self) -> None:
        try:
            while line := await self._reader.readline():
                word, *arguments = json.loads(line)
                if word is None:
                    number, answer = arguments
                    self._asked.pop(number).set_result(answer)
                else:
                    await getattr(self, f"_do_{word}")(*arguments)
        except ConnectionError:
            pass
        except Exception:  # told by whoever runs the test
            self.problems.append(traceback.format_exc())
            raise
        finally:
            self._silence()

    def hang_up(self) -> None:
        self._writer.close()

    # --- to the object -------------------------------------------------------------------------

    def _say(self, *words: Any) -> None:
        if not self._writer.is_closing():
            self._writer.write(json.dumps(words).encode() + b"\n")

    def event(self, number: int, *arguments: Any) -> None:
        self._say(number, arguments, None)

    async def ask(self, number: int, *arguments: Any) -> Any:
        """An event whose handler answers; None when the object dies over it."""
        turn = id(arguments)
        future = self._asked[turn] = asyncio.get_running_loop().create_future()
        self._say(number, arguments, turn)
        return await asyncio.wait_for(future, ANSWER_S)

    def _soon(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- what the object does ------------------------------------------------------------------

    async def _do_hello(self, mac: str) -> None:
        octets = ":".join(mac[at : at + 2] for at in range(0, 12, 2)).upper()
        address = hci.Address(octets, hci.Address.PUBLIC_DEVICE_ADDRESS)
        controller = AirController("object", link=self._air, public_address=address)
        device = Device(
            name="object", address=NEVER_USED, host=Host(controller, AsyncPipeSink(controller))
        )
        device.keystore = ObjectKeys(self)
        device.pairing_config_factory = self._pairing
        device.on("connection", self._connected)
        self._controller, self._device = controller, device
        await device.power_on()
        queue = device.host.le_acl_packet_queue
        assert queue is not None
        self._queue = queue
        queue.on("flow", self._flow)

    def _silence(self) -> None:
        """The object's process has ended: so has its radio, without a word."""
        if self._controller is None or self._device is None:
            return
        mine = {conn.self_address for conn in self._controller.le_connections.values()}
        for other in self._air.controllers:
            for conn in list(other.le_connections.values()):
                if conn.peer_address in mine:
                    other.on_le_disconnected(conn, hci.HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR)
        lose(self._controller)
        self._air.remove_controller(self._controller)
        self._controller.le_legacy_advertiser.stop()
        self._controller.link = None
        for future in (*self._asked.values(), *self._passkeys.values()):
            future.cancel()

    async def _do_config(self, values: dict[str, Any]) -> None:
        self.config.update(values)
        assert self._device is not None
        if "mtu" in values:
            self._device.gatt_server.max_mtu = values["mtu"]

    async def _do_advertise(self, interval_us: int | None, adv: str, resp: str) -> None:
        device = self._device
        assert device is not None
        if device.is_advertising:
            await device.stop_advertising()
        self.advertises = interval_us is not None
        if interval_us is None:
            return
        await device.start_advertising(
            AdvertisingType.UNDIRECTED_CONNECTABLE_SCANNABLE,
            own_address_type=hci.OwnAddressType.PUBLIC,
            advertising_data=bytes.fromhex(adv),
            scan_response_data=bytes.fromhex(resp),
            advertising_interval_min=interval_us / 1000,
            advertising_interval_max=interval_us / 1000,
        )

    async def _do_disconnect(self, handle: int) -> None:
        if handle in self._connections:
            self._soon(self._connections[handle].disconnect())

    async def _do_passkey(self, handle: int, action: int, passkey: int) -> None:
        waiting = self._passkeys.pop((handle, action), None)
        if waiting is not None and not waiting.done():
            waiting.set_result(passkey)

    async def _do_services(self, services: list[Any]) -> None:
        assert self._device is not None
        for uuid, rows in services:
            mine = [self._characteristic(row_uuid, flags) for row_uuid, flags in rows]
            self._device.add_service(Service(_uuid(uuid), mine))

    def _characteristic(self, uuid: str, flags: int) -> Characteristic[bytes]:
        handle = len(self._characteristics)
        permissions = _Permissions(0)
        for bit, permission in PERMISSIONS:
            if flags & bit:
                permissions |= permission

        # Bumble asks for encryption and the like, but not whether reading was offered at all
        async def read(connection: Any) -> bytes:
            if not flags & READ:
                raise att.ATT_Error(att.ErrorCode.READ_NOT_PERMITTED)
            answer = await self.ask(GATTS_READ_REQUEST, connection.handle, handle)
            if isinstance(answer, int):
                raise att.ATT_Error(att.ErrorCode(answer))
            return bytes.fromhex(answer)

        async def write(connection: Any, value: bytes) -> None:
            if not flags & WRITE:
                raise att.ATT_Error(att.ErrorCode.WRITE_NOT_PERMITTED)
            async with self._one_write:
                await self.ask(GATTS_WRITE, connection.handle, handle, bytes(value).hex())

        found = Characteristic[bytes](
            _uuid(uuid),
            Characteristic.Properties(flags & 0xFF),
            permissions,
            CharacteristicValue(read=read, write=write),
        )
        self._characteristics.append(found)
        return found

    async def _do_notify(self, handle: int, characteristic: int, data: str) -> None:
        connection = self._connections.get(handle)
        if connection is None or self._device is None:
            return  # it has gone; the object is just being told
        await self._device.gatt_server.notify_subscriber(
            connection, self._characteristics[characteristic], bytes.fromhex(data), force=True
        )
        self._under_way.append(self._queue.queued)
        self._flow()

    def _flow(self) -> None:
        out = 0
        while self._under_way and self._under_way[0] <= self._queue.completed:
            self._under_way.popleft()
            out += 1
        if out:
            self._say("out", out)

    # --- connections ---------------------------------------------------------------------------

    def _connected(self, connection: Connection) -> None:
        handle = connection.handle
        self._connections[handle] = connection
        self._under_way.clear()
        kind = int(connection.peer_address.address_type) & 1
        address = bytes(reversed(bytes(connection.peer_address))).hex()
        proved = False
        self.event(CENTRAL_CONNECT, handle, kind, address)

        def gone(reason: int) -> None:
            del self._connections[handle]
            self.event(CENTRAL_DISCONNECT, handle, kind, address)

        def mtu() -> None:
            self.event(MTU_EXCHANGED, handle, connection.att_mtu)

        def failed(reason: Any) -> None:
            self.event(ENCRYPTION_UPDATE, handle, 0, 0, 0, 0)

        # Bumble calls every encrypted link, and every pairing, authenticated; the chip's stack
        # only one that was paired by passkey
        def paired(keys: PairingKeys) -> None:
            connection.authenticated = proved

        def encrypted() -> None:
            nonlocal proved
            assert self._device is not None
            session = self._device.smp_manager.sessions.get(handle)
            if session is not None:
                proved = session.pairing_method != smp.PairingMethod.JUST_WORKS
                bonded = session.bonding
            else:
                keys = self.known.get(str(connection.peer_address))
                proved = bool(keys and keys.ltk and keys.ltk.authenticated)
                bonded = keys is not None
            connection.authenticated = proved
            on = bool(connection.is_encrypted)
            self.event(ENCRYPTION_UPDATE, handle, int(on), int(proved), int(bonded), 16)

        connection.on("disconnection", gone)
        connection.on("connection_att_mtu_update", mtu)
        connection.on("pairing_failure", failed)
        connection.on("pairing", paired)
        connection.on("connection_encryption_change", encrypted)

    def _pairing(self, connection: Connection) -> PairingConfig:
        return PairingConfig(
            sc=bool(self.config.get("le_secure")),
            mitm=bool(self.config.get("mitm")),
            bonding=bool(self.config.get("bond")),
            delegate=Passkeys(self, connection.handle),
            identity_address_type=PairingConfig.AddressType.PUBLIC,
        )

    async def passkey(self, handle: int, action: int, number: int) -> Any:
        """What the object gives for `action`; None when it gives nothing."""
        waiting = asyncio.get_running_loop().create_future()
        self._passkeys[handle, action] = waiting
        self.event(PASSKEY_ACTION, handle, action, number)
        try:
            return await asyncio.wait_for(waiting, 30)
        except TimeoutError:
            return None


class Passkeys(PairingDelegate):
    """Asks the object where a person would be asked."""

    def __init__(self, radio: ObjectRadio, handle: int) -> None:
        super().__init__(PairingDelegate.IoCapability(radio.config.get("io", 3)))
        self._radio = radio
        self._handle = handle

    async def generate_passkey(self) -> int:
        return await self._radio.passkey(self._handle, DISPLAY, 0)

    async def display_number(self, number: int, digits: int) -> None:
        return

    async def get_number(self) -> int | None:
        return await self._radio.passkey(self._handle, INPUT, 0)

    async def compare_numbers(self, number: int, digits: int) -> bool:
        return bool(await self._radio.passkey(self._handle, COMPARE, number))


class ObjectKeys(KeyStore):
    """Bonds are the object's to keep, as values that mean nothing to it."""

    def __init__(self, radio: ObjectRadio) -> None:
        self._radio = radio

    async def get(self, name: str) -> PairingKeys | None:
        answer = await self._radio.ask(GET_SECRET, SECRET_KIND, 0, name.encode().hex())
        keys = None
        if answer is not None:
            keys = PairingKeys.from_dict(_unpacked(bytes.fromhex(answer)))
        self._radio.known[name] = keys
        return keys

    async def update(self, name: str, keys: PairingKeys) -> None:
        if keys.ltk is None:  # of a pairing of the old kind, which the tests never make
            return
        value = _packed(keys.to_dict()).hex()
        await self._radio.ask(SET_SECRET, SECRET_KIND, name.encode().hex(), value)

    async def delete(self, name: str) -> None:
        await self._radio.ask(SET_SECRET, SECRET_KIND, name.encode().hex(), None)

    async def get_all(self) -> list[tuple[str, PairingKeys]]:
        return []


# As small as the chip's own: an entry there has about 80 bytes
def _packed(keys: dict[str, Any]) -> bytes:
    ltk = keys["ltk"]
    return bytes([int(bool(ltk.get("authenticated")))]) + bytes.fromhex(ltk["value"])


def _unpacked(value: bytes) -> dict[str, Any]:
    return {"ltk": {"value": value[1:].hex(), "authenticated": bool(value[0])}}


def _uuid(text: str) -> UUID:
    return UUID.from_bytes(bytes.fromhex(text))


async def serve(air: Air) -> tuple[asyncio.Server, str, list[ObjectRadio]]:
    """Give every object process that comes a radio in `air`: (server, host:port, radios)."""
    radios: list[ObjectRadio] = []

    async def come(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        radio = ObjectRadio(air, reader, writer)
        radios.append(radio)
        try:
            await radio.run()
        finally:
            writer.close()

    server = await asyncio.start_server(come, "127.0.0.1", 0, limit=1 << 20)
    host, port = server.sockets[0].getsockname()
    return server, f"{host}:{port}", radios
