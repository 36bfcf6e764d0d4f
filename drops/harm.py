"""What a drop may have done: what the host has and what the object has, looked at from outside."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from counts import Counts
from kitbag.wire import records
from kitbag_tools.store import Store
from kitbag_tools.visits import LOG_FIRST_SEQ, OVERLAP_SLOTS


@dataclass
class Findings(Counts):
    """What was done, and what was wrong."""

    WRONG = ("digest", "twice", "untold", "early", "mixed", "stuck", "shut_out")

    frames: int = 0  # of a visit that nothing disturbs, both ways together
    drops: int = 0  # behind a whole frame
    halves: int = 0  # within one
    went_on: int = 0  # visits that waited for the line and came to their end
    resumed: int = 0  # visits after a drop that came to their end
    digest: int = 0  # what is stored is not what lies on flash
    twice: int = 0  # stored or told twice, or in conflict
    untold: int = 0  # missing and no gap, or a gap where a record is
    early: int = 0  # acknowledged before it was stored
    mixed: int = 0  # a care plan that is neither the old nor the new one
    stuck: int = 0  # the next visit did not come to its end
    shut_out: int = 0  # the object knows a computer that has no key to it


@dataclass(frozen=True)
class Log:
    """An object's log as it lies on its flash, from seq `first` up to, not including, `end`."""

    device: str
    epoch: int
    first: int
    end: int
    flash: bytes | bytearray

    def slot(self, seq: int) -> bytes:
        at = place(seq, len(self.flash) // records.SECTOR)
        return bytes(self.flash[at : at + records.SLOT])


def place(seq: int, sectors: int) -> int:
    """Where the record of `seq` lies on the flash."""
    sector, slot = divmod(seq - 1, records.RECORDS_PER_SECTOR)
    return sector % sectors * records.SECTOR + (records.HEADER_SLOTS + slot) * records.SLOT


def mark(kept: bytes | None) -> int:
    """Up to which seq everything was acknowledged, as the object keeps it: with its log."""
    return int.from_bytes((kept or b"")[4:], "little")


def acknowledged(device: str, epoch: int, seq: int, path: Path, found: Findings) -> None:
    """The object has been told that everything below `seq` is stored: is it, for whoever else
    looks?
    """
    with Store(path) as store:
        held = store.held(device, epoch)
    safe = held[0].stop if held and held[0].start <= LOG_FIRST_SEQ else 0
    found.wrong_with("early", seq > safe, f"acknowledged {seq}, stored {safe}")


def compare(log: Log, path: Path, found: Findings) -> None:
    """After a visit that came to its end: the store against flash."""
    epoch, first, end = log.epoch, log.first, log.end
    chunks, told, kept, quarantined, anew = _stored(path, log)
    there = range(first, end)
    slots: dict[int, bytes] = {}
    times = Counter[int]()
    for at, raw in chunks:
        for number in range(len(raw) // records.SLOT):
            slot = raw[number * records.SLOT : (number + 1) * records.SLOT]
            times[at + number] += 1
            if slots.setdefault(at + number, slot) != slot:
                found.wrong_with("twice", 1, f"{at + number} came down as something else")
    flash = {seq: log.slot(seq) for seq in there}
    on_flash = hashlib.sha256(b"".join(flash.values())).hexdigest()
    in_store = hashlib.sha256(b"".join(slots.get(seq, b"") for seq in there)).hexdigest()
    missing = [seq for seq in there if seq not in slots]
    found.wrong_with("digest", on_flash != in_store, f"of [{first}, {end}) missing {missing[:5]}")
    read_again = sum(times.values()) - len(times)
    most = OVERLAP_SLOTS * (len(anew) - 1)
    found.wrong_with("twice", read_again > most, f"{read_again} slots stored again, {most} may be")
    found.wrong_with("twice", quarantined, f"{quarantined} in conflict")
    found.wrong_with("twice", sum(anew) != len(kept), f"{sum(anew)} new ones, {len(kept)} kept")
    gone = Counter(seq for begin, last in told for seq in range(begin, last + 1))
    found.wrong_with("twice", gone.total() - len(gone), "a gap told twice")
    for seq in range(LOG_FIRST_SEQ, end):
        slot = flash.get(seq) or slots.get(seq, b"")
        if seq in kept and kept[seq] == slot and seq not in gone:
            continue
        if seq in flash and records.check(slot, epoch, seq) == "good" and kept.get(seq) != slot:
            found.wrong_with("untold", 1, f"{seq} is on flash and not among the records")
        elif seq in kept and seq in gone:
            found.wrong_with("untold", 1, f"{seq} is a record and a gap")
        elif seq not in kept and seq not in gone and slot != records.VOID:
            found.wrong_with("untold", 1, f"{seq} is neither stored nor a gap")


def _stored(
    path: Path, log: Log
) -> tuple[list[tuple[int, bytes]], list[tuple[int, int]], dict[int, bytes], int, list[int]]:
    """(chunks, gaps, records by seq, how many in quarantine, new records of each sync)."""
    which = (log.device, log.epoch)
    where = "WHERE device = ? AND log_epoch = ?"
    with contextlib.closing(sqlite3.connect(path)) as db:

        def rows(what: str) -> list[Any]:
            return db.execute(f"SELECT {what}", which).fetchall()

        return (
            rows(f"first_seq, raw FROM chunks {where} ORDER BY chunk"),
            rows(f"first_seq, last_seq FROM gaps {where}"),
            dict(rows(f"seq, slot FROM records {where}")),
            rows(f"count(*) FROM quarantine {where}")[0][0],
            [new for (new,) in rows(f"records_new FROM visits {where} AND act = 'sync'")],
        )
