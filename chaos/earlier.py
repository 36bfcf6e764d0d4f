"""The log of an object that has lived before: a short ring, nearly full, that nobody has read."""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass

from kitbag.wire import records as wire

SECTORS = 8
_BOOTS_MAX = 600  # more than the low byte of their number tells apart
_RECORDS_A_BOOT = (2, 90)


@dataclass(frozen=True)
class Earlier:
    """`log` is the partition, `settings` what stands in the NVS; `next` the first seq that is
    free, with `left` slots in its sector.
    """

    log: bytes
    settings: dict[str, int | bytes]
    next: int
    left: int


def drawn(chance: random.Random, left: int) -> Earlier:
    """A ring with `left` (0 to 251) free slots in its newest sector and none elsewhere, or, of an
    object that is not so old, with sectors that were never used.
    """
    epoch = chance.randrange(1, 1 << 32)
    sectors_used = chance.choice((SECTORS, SECTORS, SECTORS, SECTORS + 3, 5 * SECTORS + 1, 5))
    end = 1 + sectors_used * wire.RECORDS_PER_SECTOR - left
    first = 1 + max(0, sectors_used - SECTORS) * wire.RECORDS_PER_SECTOR
    flash = bytearray(b"\xff" * (SECTORS * wire.SECTOR))
    boot = chance.randrange(_BOOTS_MAX)
    lasts = 0  # records of this boot that are still to come
    uptime_ms = 0
    for seq in range(first, end):
        sector, place = divmod(seq - 1, wire.RECORDS_PER_SECTOR)
        at = sector % SECTORS * wire.SECTOR
        values: tuple[object, ...]
        if lasts == 0:
            boot += 1
            lasts = chance.randint(*_RECORDS_A_BOOT)
            uptime_ms = 600
            kind, values = wire.BOOT, ("power_on", "restart", 3.9, boot)
        else:
            uptime_ms += chance.randrange(500, 4_000_000)
            kind, values = wire.HOLD, (41.3 + seq % 97, 1480 + seq % 251, 0.62, 0.21, 0.94)
        lasts -= 1
        if place == 0:
            header = wire.pack_header(epoch, boot, seq, 1 + sector // SECTORS)
            flash[at : at + len(header)] = header
        torn = chance.random() < 0.002
        slot = wire.VOID if torn else wire.pack(kind, boot, uptime_ms, epoch, seq, values)
        at += (wire.HEADER_SLOTS + place) * wire.SLOT
        flash[at : at + wire.SLOT] = slot
    # An earlier host may have read some of it; that one's store is not here
    settings: dict[str, int | bytes] = {"boot": boot}
    if chance.random() < 0.5:
        settings["acked"] = struct.pack("<II", epoch, chance.randrange(first, end))
    return Earlier(bytes(flash), settings, end, left)
