"""The log: a ring of records on its own flash partition. How it lies there: `wire.records`.

A record is durable when `write` returns. A sector is erased when the ring comes round to it, and
only then; what it held is gone and shows as a gap in the seqs. Nothing is erased by downloading.
Where a record lies follows from its seq alone: a header that is lost moves none.
"""

import os

from micropython import const

from .wire import records

_IOCTL_BLOCKS = const(4)
_IOCTL_ERASE = const(6)
_FREE_BITS = const(127)  # of 128: one may have gone bad
_BOOTS = const(255)  # before the latest, that the low byte in a record tells apart


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
        self.epoch = 0
        self.first = 0
        self.next = 0
        self.written = 0
        self.dropped = 0
        self._told = 0
        self._open()

    # --- Opening -----------------------------------------------------------------------------

    # Only headers are read, then the newest sector's slots: a few ms, however full the ring is.
    def _open(self):
        for sector in range(self._sectors):
            header = self._header(sector * records.RECORDS_PER_SECTOR + 1)
            if header is None:
                continue
            seq = header[3]
            if seq > self.next:
                self.next = seq
                self.epoch = header[1]
            if not self.first or seq < self.first:
                self.first = seq
        if not self.next:
            # A log that was never there, or cannot be read at all, starts anew under a new
            # epoch: hosts then never take its seqs for those of the old one
            self.epoch = int.from_bytes(os.urandom(4), "little")
            self.first = self.next = 1
            return
        # A sector whose header was lost may have been begun all the same
        while self._pass_written() and self._was_begun():
            pass

    # Moves `next`, the first seq of a sector, behind the last slot there that is not free; True
    # where that was the sector's last. Searched from the end: a damaged record must not hide
    # those behind it. A slot that a power cut tore has no CRC yet: it is cleared to all zeros,
    # which flash can always do, and stays empty for ever.
    def _pass_written(self):
        seq = end = self.next + records.RECORDS_PER_SECTOR
        while seq > self.next:
            slot = self._read(seq - 1)
            if bin(int.from_bytes(slot, "little")).count("1") < _FREE_BITS:
                if slot[14:] == b"\xff\xff":
                    self._do(self._flash.writeblocks, seq - 1, records.VOID)
                break
            seq -= 1
        self.next = seq
        return seq == end

    # Whether the sector at `next` holds a record of this round. One whose header can be read is
    # of the round before; so is what an erase that was cut short left there.
    def _was_begun(self):
        if self._header(self.next) is None:
            for seq in range(self.next, self.next + records.RECORDS_PER_SECTOR):
                if records.check(self._read(seq), self.epoch, seq) == "good":
                    return True
        return False

    # Of the sector where `seq` lies
    def _header(self, seq):
        raw = bytearray(records.HEADER_SLOTS * records.SLOT)
        sector = (seq - 1) // records.RECORDS_PER_SECTOR % self._sectors
        self._flash.readblocks(sector, raw, 0)
        return records.unpack_header(raw)

    # `transfer` is the flash's readblocks or writeblocks
    def _do(self, transfer, seq, slots):
        sector, place = divmod(seq - 1, records.RECORDS_PER_SECTOR)
        transfer(sector % self._sectors, slots, (records.HEADER_SLOTS + place) * records.SLOT)

    def _read(self, seq):
        self._do(self._flash.readblocks, seq, self._slot)
        return self._slot

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
        if self.next % records.RECORDS_PER_SECTOR == 1:
            self._begin_sector()
        seq = self.next
        uptime_ms = self.clock.uptime_ms() if at is None else at
        slot = records.pack(kind, self._boot, uptime_ms, self.epoch, seq, values)
        try:
            self._do(self._flash.writeblocks, seq, slot)
        finally:
            # A slot that flash half took must never be used again, one that it left alone must
            if self._read(seq) != records.FREE:
                self.next = seq + 1
        if self._slot != slot:
            raise OSError
        self.written += 1

    # Flash that fails in here leaves `next` as it was: the next record tries again
    def _begin_sector(self):
        seq = self.next
        rounds, sector = divmod((seq - 1) // records.RECORDS_PER_SECTOR, self._sectors)
        old = self._header(seq)
        erases = (rounds if old is None else old[4]) + 1
        # What it held is given up before it goes
        self.first = max(self.first, seq - (self._sectors - 1) * records.RECORDS_PER_SECTOR)
        self._flash.ioctl(_IOCTL_ERASE, sector)
        header = records.pack_header(self.epoch, self._boot, seq, erases)
        self._flash.writeblocks(sector, header, 0)

    # --- Reading -----------------------------------------------------------------------------

    def read(self, seq, count, buffer):
        """Copy up to `count` slots from `seq` on into `buffer`; never across a sector's end.

        Returns (a boot, number of slots): the low byte in each record counts from that boot on.
        It is the one that began the sector. Raises ValueError when `seq` is not held.
        """
        if not self.first <= seq < self.next:
            raise ValueError(seq)
        end = seq + records.RECORDS_PER_SECTOR - (seq - 1) % records.RECORDS_PER_SECTOR
        count = min(count, end - seq, self.next - seq)
        self._do(self._flash.readblocks, seq, memoryview(buffer)[: count * records.SLOT])
        header = self._header(seq)
        if header is not None:
            return header[2], count
        # Not known: then the boots here are the last ones up to that of the next sector
        header = self._header(end) if end < self.next else None
        boot = self._boot if header is None else header[2]
        return max(0, boot - _BOOTS), count

    def clear(self, seq):
        """Make the slot of `seq` void, in place: a bit that is set can always be cleared.

        Returns False when flash failed.
        """
        try:
            self._do(self._flash.writeblocks, seq, records.VOID)
        except OSError:
            return False
        return True
