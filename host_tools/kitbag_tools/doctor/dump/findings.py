"""What a dump holds: its logs, put together from their sectors. Pure: bytes in, findings out."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise

from kitbag.wire import records as wire

from ...records import Chunk, Decoded, LogRecord, decode
from ...store import Gap
from . import boots, plausible, proof
from .proof import Placed, Progress
from .sectors import Piece, pieces

_ANY_BOOT = 0xFFFFFFFF  # a dump does not say which boot the object is in


@dataclass(frozen=True)
class Sector:
    """A sector whose place in a log is known, read."""

    placed: Placed
    chunk: Chunk
    decoded: Decoded

    @property
    def first_seq(self) -> int:
        return self.placed.claim.first_seq

    @property
    def void(self) -> list[int]:
        return [seq for seq in self.decoded.silent if self._slot(seq) == wire.VOID]

    @property
    def free_at_end(self) -> int:
        """How many slots at its end are free: only the newest sector of a log has any."""
        piece = self.placed.piece
        free = 0
        while free < len(piece) and piece.slot(len(piece) - 1 - free) == wire.FREE:
            free += 1
        return free

    def _slot(self, seq: int) -> bytes:
        return self.placed.piece.slot(seq - self.chunk.first_seq)


@dataclass
class Log:
    """One log in the dump. Seqs from `first` up to, not including, `next`.

    `gaps` are what is missing in between, and damaged slots behind the last record. `conflicts`
    are records that have the seq of another one and say something else.
    """

    epoch: int
    sectors: list[Sector]
    records: list[LogRecord] = field(default_factory=list[LogRecord])
    conflicts: list[LogRecord] = field(default_factory=list[LogRecord])
    damaged: list[int] = field(default_factory=list[int])
    void: list[int] = field(default_factory=list[int])
    gaps: list[Gap] = field(default_factory=list[Gap])
    first: int = 0
    next: int = 0

    @property
    def boots(self) -> tuple[int, int] | None:
        """The first and the last boot that left a record."""
        numbers = [record.boot for record in self.records]
        return (min(numbers), max(numbers)) if numbers else None

    @property
    def missing(self) -> int:
        return sum(gap.count for gap in self.gaps)

    @property
    def has_every_sector(self) -> bool:
        """Whether no other sector can belong to it: from the oldest to the one being written."""
        firsts = sorted({sector.first_seq for sector in self.sectors})
        if any(b - a != wire.RECORDS_PER_SECTOR for a, b in pairwise(firsts)):
            return False
        newest = max(self.sectors, key=lambda sector: sector.first_seq)
        if not newest.free_at_end:
            return False  # the next one may have begun
        bases = [s.first_seq - s.placed.index * wire.RECORDS_PER_SECTOR for s in self.sectors]
        return firsts[0] == 1 or proof.turn_of(bases) == len(firsts)


@dataclass(frozen=True)
class Findings:
    """All that a dump says. `logs` by their last boot, the newest last. `at` is where the first
    sector begins in the file.

    `free` sectors hold no record. `unreadable` ones (by their place in the file) hold something
    that proves no place in a log; so do those `elsewhere`, but the newest log is there from its
    first to its last sector without them. `half_headers`: one of two copies is gone; `newer`: of
    a schema that this tool does not read. `stray_bytes` are too few for a sector.
    """

    size: int
    at: int
    sectors: int
    good: int
    half_headers: int
    inferred: int
    free: int
    unreadable: list[int]
    elsewhere: int
    newer: int
    stray_bytes: int
    is_cut: bool
    logs: list[Log]

    @property
    def records(self) -> int:
        return sum(len(log.records) for log in self.logs)

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing and nothing damaged."""
        harmed = self.half_headers or self.inferred or self.unreadable or self.newer
        return not (harmed or self.is_cut or any(log.gaps or log.conflicts for log in self.logs))


def read(data: bytes, progress: Progress | None = None) -> Findings:
    """Everything that can be believed of the log in `data`, a raw dump of its partition."""
    found = pieces(data)
    placed = proof.place(found, progress)
    sectors: list[Sector] = []
    for done, one in enumerate(placed):
        if progress and done % 64 == 0:
            progress(done / len(placed), "reading records")
        sectors.append(_sector(one, one.boot or 0))
    sectors = _with_boots(sectors)
    return _sorted_out(data, found, sectors)


def _sector(placed: Placed, boot: int) -> Sector:
    piece, claim = placed.piece, placed.claim
    chunk = Chunk(claim.epoch, boot, claim.first_seq + piece.place, piece.slots)
    decoded = decode(chunk, _ANY_BOOT)
    doubted = plausible.doubtful(decoded)
    good, damaged = len(decoded.records) - len(doubted), len(decoded.damaged) + len(doubted)
    if not placed.inferred and not proof.believable(good, damaged):
        doubted = decoded.records
    return Sector(placed, chunk, _without(decoded, doubted))


def _without(decoded: Decoded, doubted: list[LogRecord]) -> Decoded:
    """`decoded` with the records `doubted` among the damaged."""
    seqs = {record.seq for record in doubted}
    return replace(
        decoded,
        records=[record for record in decoded.records if record.seq not in seqs],
        damaged=sorted([*decoded.damaged, *seqs]),
    )


def _with_boots(sectors: list[Sector]) -> list[Sector]:
    """The sectors, inferred ones with the boot that the others give them, or left out."""
    known: dict[int, list[tuple[int, boots.Span]]] = {}
    for sector in sectors:
        if sector.placed.boot is not None:
            span = boots.span_of(sector.placed.boot, sector.decoded)
            known.setdefault(sector.chunk.epoch, []).append((sector.first_seq, span))
    for spans in known.values():
        spans.sort(key=lambda of: of[0])
    settled: list[Sector] = []
    for sector in sectors:
        if sector.placed.inferred:
            around = boots.nearest(known[sector.chunk.epoch], sector.first_seq)
            boot = boots.sector_boot(sector.decoded, *around)
            if boot is None or boot < 0:
                continue
            settled.append(_sector(sector.placed, boot))
        else:
            settled.append(sector)
    return settled


def _sorted_out(data: bytes, found: list[Piece], sectors: list[Sector]) -> Findings:
    logs: dict[int, list[Sector]] = {}
    for sector in sectors:
        logs.setdefault(sector.chunk.epoch, []).append(sector)
    put_together = sorted((_log(epoch, of) for epoch, of in logs.items()), key=_age)
    known = {sector.placed.index for sector in sectors}
    free, other, stray = 0, list[int](), 0
    for index, piece in enumerate(found):
        if index in known:
            continue
        if piece.slots == wire.FREE * len(piece):
            free += piece.is_whole
            stray += 0 if piece.is_whole else len(piece) * wire.SLOT
        elif piece.is_whole:
            other.append(index)
        else:
            stray += len(piece) * wire.SLOT
    complete = bool(put_together) and put_together[-1].has_every_sector
    good = [sector.placed.piece for sector in sectors if not sector.placed.inferred]
    return Findings(
        size=len(data),
        at=next((piece.at for piece in found if piece.at >= 0), 0),
        sectors=len(sectors) + free + len(other),
        good=len(good),
        half_headers=sum(len(piece.headers) == 1 for piece in good),
        inferred=len(sectors) - len(good),
        free=free,
        unreadable=[] if complete else other,
        elsewhere=len(other) if complete else 0,
        newer=sum(h.schema != wire.SCHEMA for piece in found for h in piece.headers[:1]),
        stray_bytes=stray,
        is_cut=any(not sector.placed.piece.is_whole for sector in sectors),
        logs=put_together,
    )


def _age(log: Log) -> tuple[int, int]:
    return (log.boots or (0, 0))[1], log.next


def _log(epoch: int, sectors: list[Sector]) -> Log:
    """The records of one log, each once: of two the one whose sector has its header."""
    log = Log(epoch, sectors)
    records: dict[int, LogRecord] = {}
    void: set[int] = set()
    for sector in sorted(sectors, key=lambda s: (s.placed.inferred, s.placed.index)):
        for record in sector.decoded.records:
            kept = records.setdefault(record.seq, record)
            if (kept.boot, kept.slot) != (record.boot, record.slot):
                log.conflicts.append(record)
        void.update(sector.void)
    log.records = [records[seq] for seq in sorted(records)]
    log.void = sorted(void - records.keys())
    held = sorted(records.keys() | void)
    log.damaged = sorted({seq for s in sectors for seq in s.decoded.damaged} - {*held})
    log.first = min(sector.chunk.first_seq for sector in sectors)
    log.next = held[-1] + 1 if held else log.first
    for before, after in pairwise([log.first - 1, *held]):
        if before + 1 < after:
            log.gaps += _gap(epoch, range(before + 1, after), log.damaged)
    # Behind the last record a slot may have been torn, or free and then spoiled: what is free
    # between was never written
    behind = log.damaged[bisect_left(log.damaged, log.next) :]
    log.gaps += [Gap(epoch, first, last, "damaged") for first, last in _runs(behind)]
    return log


def _gap(epoch: int, seqs: range, damaged: list[int]) -> Iterable[Gap]:
    """`seqs`, in which no record is, as what is damaged and what is lost."""
    at = seqs.start
    inside = damaged[bisect_left(damaged, seqs.start) : bisect_right(damaged, seqs.stop - 1)]
    for first, last in _runs(inside):
        if first > at:
            yield Gap(epoch, at, first - 1, "lost")
        yield Gap(epoch, first, last, "damaged")
        at = last + 1
    if at < seqs.stop:
        yield Gap(epoch, at, seqs.stop - 1, "lost")


def _runs(seqs: list[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for seq in seqs:
        if runs and runs[-1][1] + 1 == seq:
            runs[-1] = runs[-1][0], seq
        else:
            runs.append((seq, seq))
    return runs
