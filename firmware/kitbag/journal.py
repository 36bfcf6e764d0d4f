"""The log: a ring of records on its own flash partition. How it lies there: `wire.records`.

A record is durable when `write` returns. A sector is erased when the ring comes round to it, and
only then; what it held is gone and shows as a gap in the seqs. Nothing is erased by downloading.
"""

import os

from micropython import const

from .wire import records

_IOCTL_BLOCKS = const(4)
_IOCTL_ERASE = const(6)


class Journal:
    """The ring on `partition` (an esp32.Partition), written by the boot with id `boot`.

    `first` and `next` bound the seqs held: first <= seq < next. `written` counts the records of
    this boot, `dropped` those that flash refused.
    """

    def __init__(self, partition, boot, clock):
        self._flash = partition
        self._sectors = partition.ioctl(_IOCTL_BLOCKS, 0)
        self.clock = clock
        self._boot = boot
        self._slot = bytearray(records.SLOT)
        self._used = self._sectors  # sectors that hold records, up to all of them
        self._head = 0  # the sector being written
        self._head_first = 0  # the seq of its first record
        self.epoch = 0
        self.next = 0
        self.written = 0
        self.dropped = 0
        self._told = 0
        self._open()

    # --- Opening -----------------------------------------------------------------------------

    # Only headers are read, then the newest sector's slots: a few ms, however full the ring is.
    def _open(self):
        newest = None
        good = 0
        oldest_first = None
        for sector in range(self._sectors):
            header = self._header(sector)
            if header is None:
                continue
            good += 1
            first = header[3]
            if newest is None or first > newest[1][3]:
                newest = (sector, header)
            if oldest_first is None or first < oldest_first:
                oldest_first = first
        if newest is None:
            self._format()
            return
        self._head, header = newest
        self.epoch = header[1]
        self._head_first = header[3]
        # Sectors follow each other without a hole, so their seqs tell how many are in use even
        # where a header cannot be read
        per_sector = records.RECORDS_PER_SECTOR
        self._used = min(self._sectors, (self._head_first - oldest_first) // per_sector + 1)
        self.next = self._head_first + self._find_end()

    def _header(self, sector):
        raw = bytearray(records.HEADER_SLOTS * records.SLOT)
        self._flash.readblocks(sector, raw, 0)
        return records.unpack_header(raw)

    # The place of the first free slot of the head sector. Free slots are searched from the end:
    # a damaged record in the middle must not hide those behind it. A slot that a power cut tore
    # is cleared to all zeros, which flash can always do, and stays empty for ever.
    def _find_end(self):
        place = records.RECORDS_PER_SECTOR
        while place and self._read_slot(place - 1) == records.FREE:
            place -= 1
        if place:
            last = self._read_slot(place - 1)
            if records.check(last, self.epoch, self._head_first + place - 1) == "damaged":
                self._program(place - 1, records.VOID)
        return place

    def _read_slot(self, place):
        self._flash.readblocks(self._head, self._slot, self._offset(place))
        return self._slot

    def _offset(self, place):
        return (records.HEADER_SLOTS + place) * records.SLOT

    def _program(self, place, slot):
        self._flash.writeblocks(self._head, slot, self._offset(place))

    # A log that was never there, or cannot be read at all, starts anew under a new epoch: hosts
    # then never take its seqs for those of the old one.
    def _format(self):
        self.epoch = int.from_bytes(os.urandom(4), "little")
        self._used = 1
        self._begin_sector(0, 1)

    # Flash that fails in here leaves the ring as it was: the next record tries again
    def _begin_sector(self, sector, first_seq):
        old = self._header(sector)
        erases = 1 if old is None else old[4] + 1
        self._flash.ioctl(_IOCTL_ERASE, sector)
        header = records.pack_header(self.epoch, self._boot, first_seq, erases)
        self._flash.writeblocks(sector, header, 0)
        self._head = sector
        self._head_first = first_seq
        self.next = first_seq

    # --- Writing -----------------------------------------------------------------------------

    def write(self, kind, *values, at=None):
        """Append a record of `kind` with `values` in the order of its fields.

        Its time is now, or `at` (uptime in ms) for what is only known a moment later.

        Flash that fails loses this record only; `dropped` counts it and the next record that
        can be written is preceded by one that says so.
        """
        try:
            if self.dropped != self._told:
                self._append(records.DROPPED, (self.dropped,), None)
                self._told = self.dropped
            self._append(kind, values, at)
        except OSError:
            self.dropped += 1

    def _append(self, kind, values, at):
        if self.next - self._head_first >= records.RECORDS_PER_SECTOR:
            self._begin_sector((self._head + 1) % self._sectors, self.next)
            self._used = min(self._sectors, self._used + 1)
        uptime_ms = self.clock.uptime_ms() if at is None else at
        slot = records.pack(kind, self._boot, uptime_ms, self.epoch, self.next, values)
        place = self.next - self._head_first
        # Counted before it is written: a slot that flash half took must never be used again
        self.next += 1
        self._program(place, slot)
        self.written += 1

    # --- Reading -----------------------------------------------------------------------------

    @property
    def first(self):
        """The oldest seq that the ring still holds."""
        return self._head_first - (self._used - 1) * records.RECORDS_PER_SECTOR

    def read(self, seq, count, buffer):
        """Copy up to `count` slots from `seq` on into `buffer`; never across a sector's end.

        Returns (sector's boot, number of slots). Raises ValueError when `seq` is not held.
        """
        if not self.first <= seq < self.next:
            raise ValueError(seq)
        sector, place = self._find(seq)
        count = min(count, records.RECORDS_PER_SECTOR - place, self.next - seq)
        view = memoryview(buffer)[: count * records.SLOT]
        self._flash.readblocks(sector, view, self._offset(place))
        header = self._header(sector)
        return (self._boot if header is None else header[2]), count

    # Sector and place of the record `seq`, which is held
    def _find(self, seq):
        per_sector = records.RECORDS_PER_SECTOR
        back = (max(0, self._head_first - seq) + per_sector - 1) // per_sector
        first = self._head_first - back * per_sector
        return (self._head - back) % self._sectors, seq - first

    def clear(self, seq):
        """Make the slot of `seq` void, in place: a bit that is set can always be cleared.

        Returns False when flash failed.
        """
        sector, place = self._find(seq)
        try:
            self._flash.writeblocks(sector, records.VOID, self._offset(place))
        except OSError:
            return False
        return True
