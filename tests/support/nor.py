"""NOR flash in memory: programs clear bits, erases set a sector, and power may go at any moment.

Takes the place of esp32.Partition.
"""

SECTOR = 4096


class PowerCut(Exception):
    """The power went during a flash operation."""


class Nor:
    """`cut_at` names the operation (program or erase, from 0) during which the power goes, `done`
    how much of it (0 to 1) is done by then. `fails` makes every operation an OSError,
    `fails_half` the next one, with half of it done.
    """

    def __init__(self, sectors, data=None):
        self.sectors = sectors
        self.data = bytearray(b"\xff" * (sectors * SECTOR)) if data is None else bytearray(data)
        self.operations = self.programs = self.programmed = self.erases = 0
        self.cut_at = None
        self.done = 0.0
        self.fails = False
        self.fails_half = False
        self.torn_end_first = False
        self.kind_cut = None  # "program" or "erase", once the power has gone

    def readblocks(self, sector, buffer, offset=0):
        self._in_range(sector, offset, len(buffer))
        start = sector * SECTOR + offset
        buffer[:] = memoryview(self.data)[start : start + len(buffer)]

    def writeblocks(self, sector, data, offset):
        self._in_range(sector, offset, len(data))
        start = sector * SECTOR + offset
        for i in range(start, start + self._done_of("program", len(data))):
            self.data[i] &= data[i - start]
        self._end()
        if self.fails_half:
            self.fails_half = False
            raise OSError(5)
        self.programs += 1
        self.programmed += len(data)

    def ioctl(self, operation, argument):
        if operation == 4:
            return self.sectors
        if operation == 5:
            return SECTOR
        assert operation == 6
        self._in_range(argument, 0, SECTOR)
        done = self._done_of("erase", SECTOR)
        start = argument * SECTOR + (SECTOR - done if self.torn_end_first else 0)
        self.data[start : start + done] = b"\xff" * done
        self._end()
        self.erases += 1
        return 0

    def _in_range(self, sector, offset, size):
        assert 0 <= sector < self.sectors
        assert 0 <= offset <= SECTOR - size

    # How much of an operation on `size` bytes is done
    def _done_of(self, kind, size):
        if self.fails:
            raise OSError(5)
        if self.fails_half:
            return size // 2
        self.operations += 1
        if self.operations - 1 != self.cut_at:
            return size
        self.kind_cut = kind
        return int(self.done * size)

    def _end(self):
        if self.kind_cut:
            raise PowerCut
