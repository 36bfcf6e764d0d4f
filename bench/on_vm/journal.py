# Runs on the MicroPython VM: the same records into the journal and into two littlefs files.
import json

import vfs

from kitbag.journal import Journal
from kitbag.wire import records
from night_mix import MIX, Clock
from nor import Nor

RECORDS = 2016  # eight sectors of the journal


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
