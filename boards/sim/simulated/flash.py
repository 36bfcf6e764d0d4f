"""NOR flash in a file: programs only clear bits, erases set a block; a power cut tears them.

The image stays in the file, so that the object's heap is not used for it.
"""

BLOCK = 4096
BLOCKS = 128  # the journal partition: 512 KiB, where no file says otherwise

PROGRAM_US = 50  # 16 bytes
ERASE_US = 45_000
READ_US = 4  # 16 bytes


class Flash:
    """`spend(us)` lets the time of an operation pass. Counts `programs`, `programmed` bytes and
    `erases`. `blocks` is how many the file holds. `begins(takes us, erases)`, where it is set, is
    called at the start of each operation that changes something.
    """

    def __init__(self, path, spend, now):
        try:
            self._file = open(path, "r+b")
        except OSError:
            with open(path, "wb") as made:
                blank = b"\xff" * BLOCK
                for _ in range(BLOCKS):
                    made.write(blank)
            self._file = open(path, "r+b")
        self.blocks = self._file.seek(0, 2) // BLOCK
        self.begins = None
        self._spend = spend
        self._now = now
        self._doing = None  # (began us, takes us, address, data or None to erase)
        self.programs = 0
        self.programmed = 0
        self.erases = 0

    def close(self):
        self._file.close()

    def read(self, address, buffer):
        """Fill `buffer` from `address`."""
        self._file.seek(address)
        self._file.readinto(buffer)
        self._spend(READ_US * (1 + len(buffer) // 16))

    def program(self, address, data):
        """Clear the bits of `data` that are 0."""
        takes = PROGRAM_US * ((len(data) + 15) // 16)
        self._doing = (self._now(), takes, address, data)
        if self.begins is not None:
            self.begins(takes, False)
        self._spend(takes)
        self._and(address, data)
        self._doing = None
        self.programs += 1
        self.programmed += len(data)

    def erase(self, block):
        """Set every bit of a block."""
        self._doing = (self._now(), ERASE_US, block * BLOCK, None)
        if self.begins is not None:
            self.begins(ERASE_US, True)
        self._spend(ERASE_US)
        self._blank(block * BLOCK, BLOCK)
        self._doing = None
        self.erases += 1

    def cut(self):
        """The power goes now: leave the operation under way done as far as it was."""
        if self._doing is None:
            return
        began, takes, address, data = self._doing
        done = self._now() - began
        if data is None:
            # An erase cut short leaves a mixture; which bits is anyone's guess, so: from the front
            self._blank(address, min(BLOCK, BLOCK * done // takes))
        else:
            self._and(address, data[: min(len(data), len(data) * done // takes)])
        self._doing = None

    def _and(self, address, data):
        size = len(data)
        old = bytearray(size)
        file = self._file
        file.seek(address)
        file.readinto(old)
        for i in range(size):
            old[i] &= data[i]
        file.seek(address)
        file.write(old)

    def _blank(self, address, size):
        self._file.seek(address)
        self._file.write(b"\xff" * size)

    KEPT = ("programs", "programmed", "erases")
