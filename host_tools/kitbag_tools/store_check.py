"""What of a store can be believed, and what of it can be put right: pure, from rows to rows.

The store says most things twice: the raw bytes of each visit, under SHA-256, and the records that
were read out of them, each under its own CRC. Where the two differ, the one that can prove itself
mends the other. Where neither can, nothing is guessed.
"""

from __future__ import annotations

import hashlib
import struct
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from kitbag.wire import frames
from kitbag.wire import records as wire

from .records import boot_in, is_record

Row = tuple[Any, ...]
Place = tuple[str, int]  # device and epoch: one log

# Every table and the types of its columns: integer, text, blob, or number or nothing
TABLES = {
    "devices": "ttii",
    "visits": "ititiiitiiint",
    "chunks": "iitiiiitb",
    "records": "tiiiiib",
    "quarantine": "tiiibi",
    "anchors": "tiiiiii",
    "gaps": "tiiiti",
    "plans": "titi",
}
_TYPES = {"i": (int,), "t": (str,), "b": (bytes,), "n": (int, type(None))}

GAP_REASONS = ("overwritten", "lost", "damaged")
_HEAD = struct.Struct("<BBI10x")  # of a slot: kind, low byte of the boot, uptime
_SLOTS_MAX = 4096  # no chunk has so many


class _Visit(NamedTuple):
    visit: int
    device: str
    epoch: int
    act: str
    utc_ms: int
    boot: int
    uptime_ms: int
    firmware: str
    first_seq: int
    next_seq: int
    records_new: int
    plan_crc: int | None
    sha256: str

    @property
    def place(self) -> Place:
        return self.device, self.epoch

    @property
    def recovered(self) -> bool:
        """Out of a dump, whose records were chosen by more than their CRC."""
        return self.act == "recover"


class _Chunk(NamedTuple):
    chunk: int
    visit: int
    device: str
    epoch: int
    boot: int
    first_seq: int
    slots: int  # 0: found damaged, kept as it is, counts for nothing
    sha256: str
    raw: bytes

    @property
    def place(self) -> Place:
        return self.device, self.epoch

    @property
    def whole(self) -> bool:
        return hashlib.sha256(self.raw).hexdigest() == self.sha256

    def written(self, epoch: int | None = None) -> Iterable[tuple[int, bytes]]:
        """(seq, slot) of every record that proves itself where this chunk says it lies."""
        log = self.epoch if epoch is None else epoch
        for seq, slot in enumerate(_cut(self.raw), self.first_seq):
            if is_record(slot, log, seq):
                yield seq, slot


@dataclass
class Verdict:
    """`rows` of the tables that have to be written anew, what to tell of it, and what is past
    mending: where that is not empty, nothing may be written.
    """

    rows: dict[str, list[Row]] = field(default_factory=dict[str, list[Row]])
    told: list[str] = field(default_factory=list[str])
    hopeless: list[str] = field(default_factory=list[str])


def check(tables: Mapping[str, list[Row]]) -> Verdict:
    """The verdict over `tables`, which are all rows of each of `TABLES`, in any order."""
    return _Check(tables).verdict


class _Check:
    def __init__(self, tables: Mapping[str, list[Row]]) -> None:
        self.verdict = Verdict()
        self._tables = dict(tables)
        for name in TABLES:
            if name != "records":  # those are compared as a whole
                self._typed(name)
        if self.verdict.hopeless:
            return
        self._visits = {one.visit: one for one in map(_Visit._make, self._tables["visits"])}
        self._chunks = sorted(map(_Chunk._make, self._tables["chunks"]))
        self._devices = {row[0] for row in self._tables["devices"]}
        self._gaps = [(row[:2], range(row[2], row[3] + 1), row) for row in self._tables["gaps"]]
        self._rows: dict[Place, dict[int, Row]] = {}
        self._twice: list[Row] = []
        for row in self._tables["records"]:
            log = self._rows.setdefault((row[0], row[1]), {})
            if row[3] in log:
                self._twice.append(row)
            else:
                log[row[3]] = row
        for step in (
            self._agree_on_logs,
            self._check_devices,
            self._check_children,
            self._check_gaps,
            self._check_chunks,
            self._check_records,
            self._check_digests,
            self._check_plans,
        ):
            step()
            if self.verdict.hopeless:
                return

    def _typed(self, name: str) -> None:
        types = [_TYPES[letter] for letter in TABLES[name]]
        good = [row for row in self._tables[name] if _fits(row, types)]
        bad = len(self._tables[name]) - len(good)
        if not bad:
            return
        if name in ("quarantine", "gaps", "plans"):
            # They come again: from the raw bytes, or with the next visit
            self._anew(name, good, f"{bad} unreadable row(s) of the table {name} were taken out.")
        else:
            self.verdict.hopeless.append(f"{bad} unreadable row(s) in the table {name}")

    def _anew(self, name: str, rows: Iterable[Row], *told: str) -> None:
        self._tables[name] = self.verdict.rows[name] = list(rows)
        self.verdict.told += told

    # --- whose is it? --------------------------------------------------------------------------

    # A visit and its chunks name the same log. Where they differ, the known device at whose epoch
    # the CRCs fit is right.
    def _agree_on_logs(self) -> None:
        moved: list[str] = []
        for number, chunk in enumerate(self._chunks):
            visit = self._visits.get(chunk.visit)
            if visit is None:
                self.verdict.hopeless.append(f"raw bytes of a visit {chunk.visit} that is missing")
                return
            if chunk.place == visit.place:
                continue
            likely = [
                place
                for place in (visit.place, chunk.place)
                if place[0] in self._devices and any(chunk.written(place[1]))
            ]
            if len(likely) != 1:
                self.verdict.hopeless.append(
                    f"visit {visit.visit} does not say of which log it is"
                )
                return
            device, epoch = likely[0]
            self._chunks[number] = chunk._replace(device=device, epoch=epoch)
            self._visits[visit.visit] = visit._replace(device=device, epoch=epoch)
            moved.append("chunks" if chunk.place != likely[0] else "visits")
        if moved:
            for name in sorted(set(moved)):
                self._anew(name, self._chunks if name == "chunks" else self._visits.values())
            self.verdict.told.append("A visit that named another log was put back to its own.")

    # A row of `devices` says nothing that the visits do not say
    def _check_devices(self) -> None:
        wanted: dict[str, Row] = {}
        for visit in sorted(self._visits.values()):
            _, _, first, last = wanted.get(visit.device, ("", "", visit.utc_ms, visit.utc_ms))
            last = max(last, visit.utc_ms)
            wanted[visit.device] = (visit.device, visit.firmware, first, last)
        if sorted(wanted.values()) == sorted(self._tables["devices"]):
            return
        sure = self._devices | {chunk.device for chunk in self._chunks}
        if doubtful := sorted(wanted.keys() - sure):
            self.verdict.hopeless.append(f"visits of an object {doubtful[0]} that nothing proves")
            return
        self._devices = set(wanted)
        self._anew(
            "devices",
            wanted.values(),
            "The list of objects did not fit their visits and was made anew from them.",
        )

    # What hangs on a visit is of the log of that visit
    def _check_children(self) -> None:
        proven = {chunk.visit for chunk in self._chunks}
        for name in ("anchors", "gaps", "quarantine", "plans"):
            own = 1 if name == "plans" else 2
            at = TABLES[name].rindex("i")
            rows = self._tables[name]
            mended = list(rows)
            for number, row in enumerate(rows):
                visit = self._visits.get(row[at])
                if visit is None:
                    self.verdict.hopeless.append(f"{name} of a visit {row[at]} that is missing")
                elif row[:own] != visit.place[:own]:
                    if visit.visit in proven:
                        mended[number] = (*visit.place[:own], *row[own:])
                    else:
                        self.verdict.hopeless.append(f"{name} of an unknown log")
            if mended != rows:
                self._anew(name, mended, f"Rows of the table {name} were put back to their log.")
        known = sorted(self._visits)
        if known != list(range(1, len(known) + 1)):
            self.verdict.told.append("The store's list of visits has lost one.")

    # A gap is what need not be asked for: a wrong one would hide records for ever, and one that
    # is gone is only found again
    def _check_gaps(self) -> None:
        rows = self._tables["gaps"]
        good = [
            row
            for row in rows
            if 1 <= row[2] <= row[3] < self._visits[row[5]].next_seq and row[4] in GAP_REASONS
        ]
        if len(good) != len(rows):
            self._anew("gaps", good, "A gap that cannot be was taken out of the store.")

    # --- raw bytes -----------------------------------------------------------------------------

    def _check_chunks(self) -> None:
        mended = lost = 0
        for number, chunk in enumerate(self._chunks):
            if not chunk.slots and (not chunk.raw or not chunk.whole):
                continue  # told before
            better = self._believable(chunk)
            if better == chunk:
                continue
            self._chunks[number] = better
            mended += bool(better.slots)
            lost += not better.slots
        if not mended + lost:
            return
        self._anew("chunks", self._chunks)
        if mended:
            self.verdict.told.append(
                f"{_so_many(mended, 'stretch', 'stretches')} of raw bytes in the store had changed"
                " and could be put right."
            )
        if lost:
            self.verdict.told.append(
                f"{_so_many(lost, 'stretch', 'stretches')} of raw bytes in the store had changed:"
                " `kitbag sync` asks the object for that part again."
            )

    # `chunk` as it was, or mended, or with no slots
    def _believable(self, chunk: _Chunk) -> _Chunk:
        if not chunk.whole:
            chunk = self._under_its_digest(chunk)
        if not chunk.whole or len(chunk.raw) % wire.SLOT:
            return chunk._replace(slots=0)
        chunk = chunk._replace(slots=len(chunk.raw) // wire.SLOT)
        return self._in_its_place(chunk)

    # Its own digest may be what changed, or some slot that stands among the records too
    def _under_its_digest(self, chunk: _Chunk) -> _Chunk:
        if self._digest(chunk.visit) == self._visits[chunk.visit].sha256:
            return chunk._replace(sha256=hashlib.sha256(chunk.raw).hexdigest())
        rows = self._rows.get(chunk.place, {})
        slots = _cut(chunk.raw)
        if 0 < chunk.slots < _SLOTS_MAX:
            slots = (slots + [b""] * chunk.slots)[: chunk.slots]
        odd: list[int] = []
        for at, slot in enumerate(slots):
            seq = chunk.first_seq + at
            if not is_record(slot, chunk.epoch, seq):
                odd.append(at)
                slots[at] = rows[seq][6] if seq in rows else slot
        mended = chunk._replace(raw=b"".join(slots))
        if mended.whole:
            return mended
        for at in odd:
            for silent in (wire.VOID, wire.FREE):
                one = [*slots[:at], silent, *slots[at + 1 :]]
                mended = chunk._replace(raw=b"".join(one))
                if mended.whole:
                    return mended
        return chunk

    # The CRCs fit one place only
    def _in_its_place(self, chunk: _Chunk) -> _Chunk:
        end = chunk.first_seq + chunk.slots
        inside = chunk.first_seq >= 1 and end <= self._visits[chunk.visit].next_seq
        if inside and any(chunk.written()):
            return chunk
        said = [
            (at, slot)
            for at, slot in enumerate(_cut(chunk.raw))
            if slot not in (wire.VOID, wire.FREE)
        ]
        rows = self._rows.get(chunk.place, {})
        seqs = {row[6]: seq for seq, row in rows.items()} if said else {}
        for at, slot in said:
            if slot in seqs:
                moved = chunk._replace(first_seq=seqs[slot] - at)
                if any(moved.written()):
                    return moved
        # Slots that were damaged on the object already were told as such, or stood here before
        told = [seqs for place, seqs, _ in self._gaps if place == chunk.place]
        known = all(
            seq in rows or any(seq in gone for gone in told)
            for seq in (chunk.first_seq + at for at, _ in said)
        )
        return chunk if inside and known else chunk._replace(slots=0)

    def _digest(self, visit: int) -> str:
        raw = b"".join(chunk.raw for chunk in self._chunks if chunk.visit == visit)
        return hashlib.sha256(raw).hexdigest()

    # A visit with a stretch that is not believed cannot be proven any more, and was told before
    def _check_digests(self) -> None:
        by_visit: dict[int, list[_Chunk]] = {number: [] for number in self._visits}
        for chunk in self._chunks:
            by_visit[chunk.visit].append(chunk)
        unproven = 0
        for number, visit in self._visits.items():
            chunks = by_visit[number]
            raw = b"".join(chunk.raw for chunk in chunks)
            if all(c.slots for c in chunks) and hashlib.sha256(raw).hexdigest() != visit.sha256:
                unproven += 1
                last = self._chunks[-1].chunk if self._chunks else 0
                self._chunks.append(_Chunk(last + 1, number, *visit.place, 0, 0, 0, "", b""))
        if unproven:
            self._anew(
                "chunks",
                self._chunks,
                f"The raw bytes of {_so_many(unproven, 'visit')} are not all in the store any"
                " more: `kitbag sync` asks the object for what is missing.",
            )

    # --- records -------------------------------------------------------------------------------

    def _check_records(self) -> None:
        proven: dict[Place, dict[int, Row]] = {}
        restored: list[Row] = []
        aside: dict[tuple[str, int, int, bytes], Row] = {}
        for chunk in self._chunks:
            if chunk.slots:
                log = proven.setdefault(chunk.place, {})
                restored += self._read(chunk, log, aside)
        bad: list[Row] = []
        types = [_TYPES[letter] for letter in TABLES["records"]]
        for row in [
            *self._twice,
            *(
                rows[seq]
                for place, rows in self._rows.items()
                for seq in rows.keys() - proven.get(place, {}).keys()
            ),
        ]:
            log = proven.setdefault(row[:2], {})
            if _fits(row, types) and row[3] not in log and _proves_itself(row):
                log[row[3]] = row  # its chunk is gone, or is one that is not believed
            else:
                bad.append(row)
        restored += self._salvaged(proven)
        if restored or bad:
            self._tell_of_records(proven, restored, bad)
        self._check_logs(proven, restored)
        self._check_quarantine(aside)

    # Compare with the records what `chunk` proves; what had to be put into `log` to make it so.
    # The first good slot of a seq is its record, as when it came; later ones go `aside`.
    def _read(
        self, chunk: _Chunk, log: dict[int, Row], aside: dict[tuple[str, int, int, bytes], Row]
    ) -> list[Row]:
        rows = self._rows.get(chunk.place, {})
        visit = self._visits[chunk.visit]
        device, epoch, sector_boot, newest = chunk.device, chunk.epoch, chunk.boot, visit.boot
        agreed = False
        odd: list[Row] = []
        heads = list(_HEAD.iter_unpack(chunk.raw))
        boots = {low: boot_in(low, sector_boot, newest) for low in {head[1] for head in heads}}
        for seq, (slot, (kind, low, uptime_ms)) in enumerate(
            zip(_cut(chunk.raw), heads, strict=True), chunk.first_seq
        ):
            want = (device, epoch, boots[low], seq, uptime_ms, kind, slot)
            if rows.get(seq) == want and seq not in log:
                log[seq] = want
                agreed = True
            elif slot not in (wire.VOID, wire.FREE):
                odd.append(want)
        put: list[Row] = []
        for want in odd:
            seq, slot = want[3], want[6]
            if visit.recovered or not is_record(slot, epoch, seq):
                continue
            if seq in log:
                if slot != log[seq][6]:
                    aside[device, epoch, seq, slot] = (*want[:4], slot, visit.visit)
                continue
            row = rows.get(seq)
            if row and row[4:] == want[4:] and _proves_itself(row) and not agreed:
                # Another boot, of which the slot bears only the low byte
                self.verdict.hopeless.append(f"records of boot {row[2]} or of boot {want[2]}")
                return []
            log[seq] = want
            put.append(want)
        return put

    # What still proves itself in a chunk that is not believed as a whole
    def _salvaged(self, proven: dict[Place, dict[int, Row]]) -> list[Row]:
        put: list[Row] = []
        for chunk in self._chunks:
            if chunk.slots:
                continue
            log = proven.setdefault(chunk.place, {})
            for seq, slot in chunk.written():
                if seq not in log:
                    kind, low, uptime_ms = next(_HEAD.iter_unpack(slot))
                    boot = boot_in(low, chunk.boot, self._visits[chunk.visit].boot)
                    log[seq] = (*chunk.place, boot, seq, uptime_ms, kind, slot)
                    put.append(log[seq])
        return put

    def _tell_of_records(
        self, proven: dict[Place, dict[int, Row]], restored: list[Row], bad: list[Row]
    ) -> None:
        self._anew("records", (row for log in proven.values() for row in log.values()))
        if restored:
            self.verdict.told.append(
                f"{_so_many(len(restored), 'record')} in the store had changed or were missing,"
                " and were put back as they came from the object."
            )
        again = {(row[1], row[6]) for row in restored}
        lost = sum(
            row[3] not in proven.get(row[:2], {}) and (row[1], row[6]) not in again for row in bad
        )
        if lost and len(bad) > len(restored):
            self.verdict.told.append(
                f"{_so_many(lost, 'record')} in the store had changed and nothing proves what they"
                " were: `kitbag sync` asks the object for them again."
            )

    def _check_logs(self, proven: dict[Place, dict[int, Row]], restored: list[Row]) -> None:
        logs = {visit.place for visit in self._visits.values()}
        again = {(row[1], row[3], row[6]) for row in restored}
        for place in [place for place in proven if place not in logs]:
            # A row whose device changed was put back to its log
            if any((row[1], row[3], row[6]) not in again for row in proven.pop(place).values()):
                self.verdict.hopeless.append("records of an object that never visited")
                return
        if restored or len(proven) != len({row[:2] for row in self._tables["records"]}):
            self._anew("records", (row for log in proven.values() for row in log.values()))
        new: Counter[Place] = Counter()
        for visit in self._visits.values():
            new[visit.place] += visit.records_new
        for place in {v.place for v in self._visits.values() if v.recovered}:
            # What came out of a dump is the dump's to prove; but it is known how many they were
            if len(proven.get(place, {})) != new[place]:
                self.verdict.hopeless.append("recovered records are missing: recover them again")

    def _check_quarantine(self, aside: dict[tuple[str, int, int, bytes], Row]) -> None:
        good: list[Row] = []
        for row in self._tables["quarantine"]:
            device, epoch, boot, seq, slot, _ = row
            if is_record(slot, epoch, seq) and boot & 0xFF == slot[1]:
                good.append(row)
                aside.pop((device, epoch, seq, slot), None)
        if aside or len(good) != len(self._tables["quarantine"]):
            self._anew(
                "quarantine",
                [*good, *aside.values()],
                "The records in quarantine did not fit what came from the object and were put"
                " right.",
            )

    # --- care plans ----------------------------------------------------------------------------

    # A text proves itself by its CRC. One that does not is as good as none: it is asked for again
    # when it is in force.
    def _check_plans(self) -> None:
        wanted = {
            (visit.device, visit.plan_crc)
            for visit in self._visits.values()
            if visit.plan_crc is not None
        }
        rows = self._tables["plans"]
        mended = list(rows)
        known: set[tuple[str, int]] = set()
        for number, (device, crc, text, visit) in enumerate(rows):
            real = frames.crc32(text.encode())
            if real != crc and (device, real) in wanted:
                mended[number] = (device, real, text, visit)
            if real == crc or mended[number] != rows[number]:
                known.add((device, real))
        if mended != rows:
            self._anew("plans", mended, "A care plan in the store was put back under its number.")
        if gone := len(wanted - known):
            self.verdict.told.append(
                f"The text of {_so_many(gone, 'care plan')} is damaged in the store or missing;"
                " `kitbag sync` asks for the one in force again."
            )


def _cut(raw: bytes) -> list[bytes]:
    size = wire.SLOT
    return [raw[at : at + size] for at in range(0, len(raw), size)]


def _fits(row: Row, types: list[tuple[type, ...]]) -> bool:
    return all(type(value) in allowed for value, allowed in zip(row, types, strict=True))


# Whether a row of `records` says what its slot says, and the slot is whole
def _proves_itself(row: Row) -> bool:
    _, epoch, boot, seq, uptime_ms, kind, slot = row
    return is_record(slot, epoch, seq) and (kind, boot & 0xFF, uptime_ms) == next(
        _HEAD.iter_unpack(slot)
    )


def _so_many(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or f'{one}s'}"
