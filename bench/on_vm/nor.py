# Flash as both logs see it.


class Nor:
    """Flash in memory that counts. It is an esp32.Partition and a block device for littlefs."""

    BLOCK = 4096

    def __init__(self, blocks=128):
        self.data = bytearray(b"\xff" * (blocks * self.BLOCK))
        self.blocks = blocks
        self.zero()

    def zero(self):
        self.programs = self.programmed = self.erases = 0

    def readblocks(self, block, buffer, offset=0):
        start = block * self.BLOCK + offset
        buffer[:] = memoryview(self.data)[start : start + len(buffer)]

    def writeblocks(self, block, buffer, offset=0):
        start = block * self.BLOCK + offset
        data = self.data
        for i in range(len(buffer)):
            data[start + i] &= buffer[i]
        self.programs += 1
        self.programmed += len(buffer)

    def ioctl(self, op, block):
        if op == 4:
            return self.blocks
        if op == 5:
            return self.BLOCK
        if op == 6:
            start = block * self.BLOCK
            self.data[start : start + self.BLOCK] = b"\xff" * self.BLOCK
            self.erases += 1
        return 0

    def counted(self, kept):
        return {
            "kept": kept,
            "programs": self.programs,
            "programmed": self.programmed,
            "erases": self.erases,
        }
