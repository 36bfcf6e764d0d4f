"""An object in its link window, by Bluetooth Low Energy: the same frames as over USB, by bleak.

bleak lives on an event loop in a thread of its own; the client's calls wait for it. The object
takes frames only from a computer that was paired with the passkey which it shows on its USB port.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import queue
import threading
from collections.abc import AsyncGenerator, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from kitbag.wire import frames, gatt

from ..errors import KitbagError, LinkLost, Reason

if TYPE_CHECKING:
    from bleak import BleakClient
    from bleak.backends.client import BaseBleakClient
    from bleak.backends.device import BLEDevice
    from bleak.backends.scanner import BaseBleakScanner

T = TypeVar("T")

SCAN_S = 5.0
SETTLE_S = 1.0  # so much longer for others, where any object would do
CONNECT_S = 15.0
PAIR_S = 60.0  # somebody has to read six digits and type them
WRITE_S = 10.0
SERIAL_UUID = "00002a25-0000-1000-8000-00805f9b34fb"

_OUT_OF_REACH = "the object went out of reach, or its link window ended"
_OPEN_WINDOW = "hold the object's button for 5 seconds and let go, then repeat the command"

_Queue = queue.SimpleQueue[bytes | None]


class BleTransport:
    """One object in its link window. See `base.Transport`.

    `wanted` is the address that this computer gives it, the object's own id, or "" for the only
    one in reach. `client` and `scanner` replace bleak's platform backends; they then live on
    `loop`, which must run in another thread.
    """

    def __init__(
        self,
        wanted: str,
        *,
        client: type[BaseBleakClient] | None = None,
        scanner: type[BaseBleakScanner] | None = None,
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """Find it, connect, pair if need be. Raises KitbagError."""
        self.name = f"ble:{wanted}"
        self.clock_ahead_ms = 0
        self._wanted = _plain(wanted)
        self._client_backend = client
        self._scanner_backend = scanner
        self._client: BleakClient | None = None
        self._chunk = gatt.CHUNK_MAX
        self._arrived: _Queue = queue.SimpleQueue()  # None: and then the link was lost
        self._own = _LoopThread() if loop is None else None
        self._loop = self._own.loop if self._own else loop
        try:
            self._wait(self._open())
        except BaseException:
            self.close()
            raise

    def write(self, data: bytes) -> None:
        for at in range(0, len(data), self._chunk):
            self._wait(self._write(data[at : at + self._chunk]))

    def read(self, timeout_s: float) -> bytes:
        data = b""
        with contextlib.suppress(queue.Empty):
            piece = self._arrived.get(timeout=max(timeout_s, 0.001))
            while piece is not None:
                data += piece
                piece = self._arrived.get_nowait()
            self._arrived.put(None)  # once lost it stays lost, for the next read too
            if not data:
                raise LinkLost(self.name, _OUT_OF_REACH, _OPEN_WINDOW)
        return data

    def reopen(self) -> None:
        self._wait(self._leave())
        self._wait(self._open())

    def close(self) -> None:
        if self._own is None or self._own.runs:
            self._wait(self._leave())
        if self._own is not None:
            self._own.end()

    # --- on the loop ---------------------------------------------------------------------------

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _open(self) -> None:
        from bleak.exc import BleakError

        failed: Exception | None = None
        try:
            for device in await self._candidates():
                try:
                    if await self._connected(device):
                        return
                except (BleakError, OSError, TimeoutError) as error:
                    failed = error  # another one may be the wanted one
        except (BleakError, OSError) as error:
            failed = error
        raise KitbagError(
            where=self.name,
            reason=Reason.NO_OBJECT,
            problem="no connection by Bluetooth" if failed else "",
            given=(str(failed) or type(failed).__name__) if failed else "",
            allowed="an address or an object's id, or ble: alone for the only one in reach",
            next_step=f"see that Bluetooth is on here; {_OPEN_WINDOW}",
        ) from failed

    async def _candidates(self) -> list[BLEDevice]:
        """The object at the wanted address, else all that could be the wanted one."""
        from bleak import BleakScanner

        found: dict[str, BLEDevice] = {}
        settled_s = 0.0
        scanner = BleakScanner(service_uuids=[gatt.SERVICE], backend=self._scanner_backend)
        async with scanner, _within(SCAN_S):
            async for device, advertisement in scanner.advertisement_data():
                if gatt.SERVICE not in advertisement.service_uuids:
                    continue
                if _plain(device.address) == self._wanted:
                    return [device]
                found[device.address] = device
                now_s = asyncio.get_running_loop().time()
                settled_s = settled_s or now_s + SETTLE_S
                if now_s >= settled_s:
                    break
        if len(found) > 1 and not self._wanted:
            raise KitbagError(
                where=self.name,
                reason=Reason.SEVERAL_OBJECTS,
                allowed=", ".join(f"ble:{address}" for address in sorted(found)),
                next_step="name one of them with --port",
            )
        return list(found.values())

    async def _connected(self, device: BLEDevice) -> bool:
        """Whether `device` is the wanted object; it is connected and ready then."""
        from bleak import BleakClient

        arrived: _Queue = queue.SimpleQueue()
        client = BleakClient(
            device,
            disconnected_callback=lambda _: arrived.put(None),
            timeout=CONNECT_S,
            backend=self._client_backend,
        )
        await client.connect()
        try:
            if self._wanted not in ("", _plain(device.address)):
                serial = bytes(await client.read_gatt_char(SERIAL_UUID)).decode(errors="replace")
                if _plain(serial) != self._wanted:
                    await client.disconnect()
                    return False
            await client.start_notify(gatt.FRAMES_OUT, lambda _, data: arrived.put(bytes(data)))
            await self._prove(client)
        except BaseException:
            with contextlib.suppress(Exception):  # what is raised already says more
                await client.disconnect()
            raise
        characteristic = client.services.get_characteristic(gatt.FRAMES_IN)
        assert characteristic is not None  # it has just been written
        most = characteristic.max_write_without_response_size
        self._client = client
        self._arrived = arrived
        self._chunk = min(most, gatt.CHUNK_MAX)
        self._wanted = _plain(device.address)  # found faster than by id, should it be lost
        return True

    async def _prove(self, client: BleakClient) -> None:
        """Pair, unless the object takes what this computer writes already."""
        from bleak.exc import BleakError

        try:
            await client.write_gatt_char(gatt.FRAMES_IN, frames.END, response=True)
        except BleakError:
            if not client.is_connected:
                raise
        else:
            return
        try:
            await asyncio.wait_for(client.pair(), PAIR_S)
            await client.write_gatt_char(gatt.FRAMES_IN, frames.END, response=True)
        except (BleakError, NotImplementedError, TimeoutError) as error:
            raise KitbagError(
                where=self.name,
                reason=Reason.NOT_PAIRED,
                given=str(error) or type(error).__name__,
                next_step="pair it in this computer's Bluetooth settings with the six digits "
                "that the object shows on its USB port (a serial terminal, 115200 baud), then "
                "repeat the command; an old pairing that fails must be removed there first",
            ) from error

    async def _write(self, piece: bytes) -> None:
        from bleak.exc import BleakError

        try:
            if self._client is None:
                raise BleakError("not connected")
            write = self._client.write_gatt_char(gatt.FRAMES_IN, piece, response=True)
            await asyncio.wait_for(write, WRITE_S)
        except (BleakError, OSError, TimeoutError) as error:
            raise LinkLost(self.name, _OUT_OF_REACH, _OPEN_WINDOW) from error

    async def _leave(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):  # it is gone, whatever the platform thinks of it
                await client.disconnect()


class _LoopThread:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="ble", daemon=True)
        self._thread.start()
        self.runs = True

    def end(self) -> None:
        if self.runs:
            self.runs = False
            self.loop.call_soon_threadsafe(self.loop.stop)
            self._thread.join()
            self.loop.close()


@contextlib.asynccontextmanager
async def _within(seconds: float) -> AsyncGenerator[None]:
    """What is not done after `seconds` is left undone."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            yield


def open_ble(wanted: str) -> BleTransport:
    """The open link to the object `wanted`. Raises KitbagError where bleak is not installed."""
    try:
        importlib.import_module("bleak")
    except ImportError as error:
        raise KitbagError(
            where="--port",
            reason=Reason.PART_MISSING,
            problem="reaching an object by Bluetooth needs the package bleak",
            given=f"ble:{wanted}",
            next_step="install it with `pip install kitbag[ble]`, or use the USB cable",
        ) from error
    return BleTransport(wanted)


def _plain(name: str) -> str:
    return name.replace(":", "").replace("-", "").lower()
