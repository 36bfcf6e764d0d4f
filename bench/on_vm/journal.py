# Runs on the MicroPython VM: the same records into the journal and into two littlefs files.
import json

import vfs

from kitbag.journal import Journal
from kitbag.wire import records

RECORDS = 2016  # eight sectors of the journal

# A night's mixture
MIX = (
    (records.WARMTH_SAMPLE, (36.52, 34.18, 0.131, 0.4, 0.0123)),
    (records.HOLD, (41.3, 1480, 0.62, 0.21, 0.94)),
    (records.WARMTH_SAMPLE, (36.49, 34.21, 0.128, 0.4, 0.0125)),
    (records.SQUEEZE, (0.8, 2950, 2, 0.55, 0.18, 0.97)),
    (records.BLADDER, (101874.3, 31.44, 12)),
    (records.SCENT, (4.0, "double_squeeze", 19)),
)


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


class Clock:
    ms = 0

    def uptime_ms(self):
        self.ms += 997
        return self.ms


def ring():
    flash = Nor()
    journal = Journal(flash, 1, Clock())
    for i in range(RECORDS):
        kind, values = MIX[i % len(MIX)]
        journal.write(kind, *values)
    assert journal.written == RECORDS and not journal.dropped
    return flash.counted(RECORDS * records.SLOT)


def file(name, line):
    flash = Nor()
    vfs.VfsLfs2.mkfs(flash)
    vfs.mount(vfs.VfsLfs2(flash), "/" + name)
    flash.zero()
    kept = 0
    clock = Clock()
    with open("/" + name + "/log", "ab") as log:
        for i in range(RECORDS):
            kind, values = MIX[i % len(MIX)]
            data = line(i, kind, clock.uptime_ms(), values)
            log.write(data)
            log.flush()
            kept += len(data)
    vfs.umount("/" + name)
    return flash.counted(kept)


def json_line(_, kind, ms, values):
    content = {"kind": records.KINDS[kind].split()[0], "boot": 1, "uptime_ms": ms}
    for (field, _, _), value in zip(records.fields(kind), values):
        content[field] = value
    return json.dumps(content).encode() + b"\n"


def packed(i, kind, ms, values):
    return records.pack(kind, 1, ms, 0x1234, i, values)


print(
    json.dumps(
        {
            "records": RECORDS,
            "ring": ring(),
            "jsonl": file("jsonl", json_line),
            "packed": file("packed", packed),
        }
    )
)
