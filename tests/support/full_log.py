"""A dump of an object's log partition with nights of records on it."""

from kitbag.wire import records

SECTORS = 128  # of the partition
RECORDS = 7_056  # 28 sectors, 113 kB
EPOCH = 0x10C0FFEE


def dump(count: int = RECORDS) -> bytes:
    """The partition after `count` holds in boot 1."""
    flash = bytearray(b"\xff" * (SECTORS * records.SECTOR))
    for number in range(count):
        sector, place = divmod(number, records.RECORDS_PER_SECTOR)
        at = sector * records.SECTOR
        if place == 0:
            header = records.pack_header(EPOCH, 1, number + 1, 1)
            flash[at : at + len(header)] = header
        values = (41.3 + number % 97, 1480 + number % 251, 0.62, 0.21, 0.94)
        slot = records.pack(records.HOLD, 1, 1000 + 997 * number, EPOCH, number + 1, values)
        at += (records.HEADER_SLOTS + place) * records.SLOT
        flash[at : at + records.SLOT] = slot
    return bytes(flash)
