"""A room with air in it: the simulated object's radio, and a computer's.

Bumble and bleak live on an event loop in a thread of their own; tests call from outside.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from bumble import hci
from bumble.core import AdvertisingData
from bumble.device import Device
from bumble.host import Host
from bumble.keys import MemoryKeyStore
from bumble.pairing import PairingConfig, PairingDelegate
from bumble.transport.common import AsyncPipeSink

from kitbag.wire import gatt

from .air import Air, AirController
from .object_radio import ObjectRadio, serve

T = TypeVar("T")
CALL_S = 30.0


class Room:
    """Use it in `with`. `address` is what KITBAG_RADIO must say for an object to be in here."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.air = Air()
        self._server, self.address, self.radios = self.run(self._open())

    async def _open(self) -> tuple[asyncio.Server, str, list[ObjectRadio]]:
        return await serve(self.air)

    def run(self, work: Coroutine[Any, Any, T], timeout_s: float = CALL_S) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout_s)

    def call(self, function: Callable[[], T]) -> T:
        async def work() -> T:
            return function()

        return self.run(work())

    def computer(
        self, passkey: Callable[[], int | None] | None = None, *, number: int = 2
    ) -> Device:
        """A central with a keyboard (none without `passkey`), powered on. It keeps its bonds."""
        return self.run(self._computer(passkey, number))

    async def _computer(self, passkey: Callable[[], int | None] | None, number: int) -> Device:
        address = hci.Address(f"C0:00:00:00:00:{number:02X}")
        controller = AirController(f"computer {number}", link=self.air)
        device = Device(
            name="computer", address=address, host=Host(controller, AsyncPipeSink(controller))
        )
        device.keystore = MemoryKeyStore()
        device.pairing_config_factory = lambda _: PairingConfig(
            sc=True, mitm=True, bonding=True, delegate=_Person(passkey)
        )
        await device.power_on()
        return device

    def other_object(self) -> None:
        """Something else that says it is one, and has nothing behind it."""
        device = self.computer(number=9)
        uuid = bytes(reversed(bytes.fromhex(gatt.SERVICE.replace("-", ""))))
        data = bytes([len(uuid) + 1, AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS])
        self.run(
            device.start_advertising(
                advertising_data=data + uuid,
                advertising_interval_min=50,
                advertising_interval_max=50,
            )
        )

    def wait_for_radio(self) -> None:
        """Until an object can be found."""
        until = time.monotonic() + CALL_S
        while not any(radio.advertises for radio in self.radios):
            assert time.monotonic() < until, "no object advertises"
            time.sleep(0.01)

    def silence(self) -> None:
        """Take the air away from the object's radio."""
        self.call(self.radios[-1].hang_up)

    def __enter__(self) -> Room:
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self._close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()
        assert [problem for radio in self.radios for problem in radio.problems] == []

    async def _close(self) -> None:
        self._server.close()
        mine = asyncio.current_task()
        others = [task for task in asyncio.all_tasks() if task is not mine]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


class _Person(PairingDelegate):
    """Types the passkey that was read elsewhere."""

    def __init__(self, passkey: Callable[[], int | None] | None) -> None:
        capability = PairingDelegate.IoCapability
        super().__init__(
            capability.KEYBOARD_INPUT_ONLY if passkey else capability.NO_OUTPUT_NO_INPUT
        )
        self._passkey = passkey

    async def get_number(self) -> int | None:
        if self._passkey is None:
            return None
        return await asyncio.get_running_loop().run_in_executor(None, self._passkey)
