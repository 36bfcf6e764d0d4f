"""How much of the air a download fills with records."""

from __future__ import annotations

import time

from kitbag_tools.object_client import ObjectClient
from kitbag_tools.visits import Download

from .room import Room

INTERVAL_S = 0.015  # between connection events, as a laptop asks for


def share(room: Room, client: ObjectClient, bytes_per_s: float, slow: float) -> float:
    """All records downloaded (bytes as they lie on flash) over what the air could have carried.

    All that the air does takes `slow` times as long, so that what this computer takes for both
    sides, which a chip and a laptop would not, hardly counts.
    """
    hello = client.hello()
    download = Download(client, hello)
    room.air.bytes_per_s = bytes_per_s / slow
    room.air.interval_s = INTERVAL_S * slow
    began = time.monotonic()
    try:
        download.read(range(hello.first, hello.next))
        seconds = (time.monotonic() - began) / slow
    finally:
        room.air.bytes_per_s = None
    size = sum(len(chunk.slots) for chunk in download.chunks)
    return size / seconds / bytes_per_s
