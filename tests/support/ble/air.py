"""The air between virtual Bluetooth controllers: a byte rate, a connection interval, and drops.

Bumble's own link carries everything at once and whole, so that a sender never meets a full queue
nor a receiver a fragment. Here a packet takes its time, its sender is told only then that it is
out, and what arrives comes in pieces that a controller could hold.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from typing import Any

from bumble import hci
from bumble.controller import Controller
from bumble.core import PhysicalTransport
from bumble.link import LocalLink

_Packet = tuple[Controller, hci.Address, PhysicalTransport, bytes]

FRAGMENT = 251  # bytes: what one packet of the link layer holds (data length extension)


class Air(LocalLink):
    """`bytes_per_s` of ACL payload for both directions together (None: at once) and `interval_s`
    between connection events: what is sent while the air is silent waits for the next one.

    `drop_after` counts down the bytes that the object's side sends until both ends lose each
    other, as at a supervision time-out; None: never.
    """

    def __init__(self) -> None:
        super().__init__()
        self.bytes_per_s: float | None = None
        self.interval_s = 0.0
        self.drop_after: int | None = None
        self.free_at = 0.0  # when the air has carried all that was given to it
        self._under_way: deque[tuple[float, _Packet]] = deque()

    def send_acl_data(
        self,
        sender_controller: Controller,
        destination_address: hci.Address,
        transport: PhysicalTransport,
        data: bytes,
    ) -> None:
        peer = self.find_le_controller(destination_address)
        conn = sender_controller.le_connections.get(destination_address)
        if peer is None or conn is None:
            return
        if self.drop_after is not None and conn.role == hci.Role.PERIPHERAL:
            self.drop_after -= len(data)
            if self.drop_after < 0:
                self.drop_after = None
                self.drop()
                return
        # The link's own way names the sender by its random address, also where it has none
        self._carry(len(data), (peer, conn.self_address, transport, data))

    # In the order in which it was sent, always: a paced packet is not overtaken by one that is not
    def _carry(self, size: int, arguments: _Packet) -> None:
        loop = asyncio.get_running_loop()
        arrives = max(loop.time(), self.free_at)
        if self.bytes_per_s is not None:
            if self.interval_s and self.free_at < arrives:
                arrives = math.ceil(arrives / self.interval_s) * self.interval_s
            arrives += size / self.bytes_per_s
        self.free_at = arrives
        self._under_way.append((arrives, arguments))
        if len(self._under_way) == 1:
            loop.call_at(arrives, self._arrive)

    def _arrive(self) -> None:
        loop = asyncio.get_running_loop()
        while self._under_way and self._under_way[0][0] <= loop.time():
            self._deliver(*self._under_way.popleft()[1])
        if self._under_way:
            loop.call_at(self._under_way[0][0], self._arrive)

    def _deliver(
        self, peer: Controller, source: hci.Address, transport: PhysicalTransport, data: bytes
    ) -> None:
        if source in peer.le_connections:
            peer.on_link_acl_data(source, transport, data)

    def drop(self) -> None:
        """Both ends lose every connection."""
        for controller in list(self.controllers):
            lose(controller)


def lose(controller: Controller) -> None:
    """As at the supervision time-out of all that `controller` was connected to."""
    for conn in list(controller.le_connections.values()):
        controller.on_le_disconnected(conn, hci.HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR)


class AirController(Controller):
    """A controller that says that a packet is out when the air has carried it."""

    le_acl_data_packet_length = FRAGMENT

    def send_hci_packet(self, packet: hci.HCI_Packet) -> None:
        air: Any = self.link
        told = isinstance(packet, hci.HCI_Number_Of_Completed_Packets_Event)
        if told and air is not None and air.bytes_per_s is not None:
            loop = asyncio.get_running_loop()
            loop.call_at(air.free_at, super().send_hci_packet, packet)
        else:
            super().send_hci_packet(packet)

    def on_link_acl_data(
        self, sender_address: hci.Address, transport: PhysicalTransport, data: bytes
    ) -> None:
        conn = self.le_connections.get(sender_address)
        if conn is None:
            return
        for at in range(0, len(data), FRAGMENT):
            part = data[at : at + FRAGMENT]
            first = 1 if at else 2
            self.send_hci_packet(hci.HCI_AclDataPacket(conn.handle, first, 0, len(part), part))
