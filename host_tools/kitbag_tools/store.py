"""The nights of every object, kept once: one SQLite file on this computer.

A record's key is (device, log_epoch, boot, seq); it is stored as it lay on the object's flash and
decoded when read, so that nothing is ever lost to an old reader. A visit is one transaction: its
raw bytes, records, clock contacts, gaps and audit row come together or not at all. What is still
missing is worked out from the rows themselves, never from a remembered date. No write-ahead log:
a rollback journal works on every disk, also on a clinic's network share.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kitbag.wire import frames

from . import store_check
from .errors import KitbagError, Reason
from .object_client import Contact, Hello, StoredPlan
from .records import Chunk, LogRecord

APPLICATION_ID = 0x4B424147  # "KBAG", in the file's header
SCHEMA_VERSION = 1

# A constraint too: nothing that we write breaks one unless what stands there already is wrong
_DAMAGE = (
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_CONSTRAINT,
    sqlite3.SQLITE_MISMATCH,
)
_KEEP_AND_SYNC = (
    "keep a copy of the file, move it aside and run `kitbag sync` again: the object still holds"
    " what it has not overwritten"
)

_SCHEMA = """
CREATE TABLE devices (
    device TEXT NOT NULL PRIMARY KEY,
    firmware TEXT NOT NULL,
    first_seen_utc_ms INTEGER NOT NULL,
    last_seen_utc_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The audit: one row a visit, never changed
CREATE TABLE visits (
    visit INTEGER PRIMARY KEY,
    device TEXT NOT NULL REFERENCES devices,
    log_epoch INTEGER NOT NULL,
    act TEXT NOT NULL,                 -- sync, set_up, recover
    utc_ms INTEGER NOT NULL,
    boot INTEGER NOT NULL,
    uptime_ms INTEGER NOT NULL,
    firmware TEXT NOT NULL,
    first_seq INTEGER NOT NULL,        -- what the object held: from first_seq ...
    next_seq INTEGER NOT NULL,         -- ... up to, not including, next_seq
    records_new INTEGER NOT NULL,
    plan_crc INTEGER,
    sha256 TEXT NOT NULL               -- over the raw bytes of the visit, in order
) STRICT;

CREATE TABLE chunks (
    chunk INTEGER PRIMARY KEY,
    visit INTEGER NOT NULL REFERENCES visits,
    device TEXT NOT NULL,
    log_epoch INTEGER NOT NULL,
    sector_boot INTEGER NOT NULL,
    first_seq INTEGER NOT NULL,
    slots INTEGER NOT NULL,            -- 0: found damaged, so not believed any more
    sha256 TEXT NOT NULL,
    raw BLOB NOT NULL
) STRICT;
CREATE INDEX chunks_by_seq ON chunks (device, log_epoch, first_seq);

CREATE TABLE records (
    device TEXT NOT NULL,
    log_epoch INTEGER NOT NULL,
    boot INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    uptime_ms INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    slot BLOB NOT NULL,
    PRIMARY KEY (device, log_epoch, boot, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX records_by_seq ON records (device, log_epoch, seq);

-- Same place in the same log, other content: kept beside, never instead
CREATE TABLE quarantine (
    device TEXT NOT NULL,
    log_epoch INTEGER NOT NULL,
    boot INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    slot BLOB NOT NULL,
    visit INTEGER NOT NULL REFERENCES visits,
    PRIMARY KEY (device, log_epoch, boot, seq, slot)
) STRICT, WITHOUT ROWID;

CREATE TABLE anchors (
    device TEXT NOT NULL,
    log_epoch INTEGER NOT NULL,
    boot INTEGER NOT NULL,
    uptime_ms INTEGER NOT NULL,
    utc_ms INTEGER NOT NULL,
    rtt_ms INTEGER NOT NULL,
    visit INTEGER NOT NULL REFERENCES visits,
    PRIMARY KEY (device, log_epoch, boot, uptime_ms, utc_ms)
) STRICT, WITHOUT ROWID;

CREATE TABLE gaps (
    device TEXT NOT NULL,
    log_epoch INTEGER NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    reason TEXT NOT NULL,              -- overwritten, lost, damaged
    visit INTEGER NOT NULL REFERENCES visits,
    PRIMARY KEY (device, log_epoch, first_seq, last_seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE plans (
    device TEXT NOT NULL,
    crc INTEGER NOT NULL,
    text TEXT NOT NULL,
    visit INTEGER NOT NULL REFERENCES visits,
    PRIMARY KEY (device, crc)
) STRICT, WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Gap:
    """A stretch of seq, both ends included, of which no record will come.

    `reason`: "overwritten" (the ring came round before a visit), "lost" (the object had no
    readable sector for it) or "damaged" (slots whose checksum is wrong).
    """

    epoch: int
    first_seq: int
    last_seq: int
    reason: str

    @property
    def count(self) -> int:
        return self.last_seq - self.first_seq + 1


@dataclass(frozen=True)
class Visit:
    """Everything that one visit brings home, to be stored as a whole."""

    act: str
    hello: Hello
    utc_ms: int
    chunks: Sequence[Chunk] = ()
    records: Sequence[LogRecord] = ()
    gaps: Sequence[Gap] = ()
    contacts: Sequence[Contact] = ()
    plan: StoredPlan | None = None  # its text, where the store does not know it yet
    plan_crc: int | None = None  # the plan in force


@dataclass(frozen=True)
class Added:
    """What a visit changed in the store. `conflicts` are seqs that now stand in quarantine."""

    records_new: int
    records_total: int
    conflicts: list[int] = field(default_factory=list[int])


@dataclass(frozen=True)
class Anchor:
    """At `uptime_ms` of boot `boot` of the log `epoch` it was `utc_ms`, ± `rtt_ms` / 2."""

    epoch: int
    boot: int
    uptime_ms: int
    utc_ms: int
    rtt_ms: int


@dataclass(frozen=True)
class PastVisit:
    """A row of the audit."""

    visit: int
    act: str
    device: str
    epoch: int
    utc_ms: int
    boot: int
    uptime_ms: int
    firmware: str
    first_seq: int
    next_seq: int
    records_new: int
    plan_crc: int | None


class Store:
    """The open store at `path`; made, with its folder, when it is not there yet.

    Use it in `with` or close it. `must_exist` asks for a store that already holds something.
    Raises KitbagError for a store that is read-only, full, damaged, busy or of a newer Kitbag.
    """

    def __init__(self, path: Path, *, must_exist: bool = False) -> None:
        self.path = path
        self.notices: list[str] = []  # what `check` found, in sentences for people
        self._checked: int | None = None  # PRAGMA data_version when it last did
        with self._told():
            if must_exist and not path.exists():
                raise KitbagError(
                    where=str(path),
                    reason=Reason.NOTHING_STORED,
                    next_step="plug an object in and run `kitbag sync`",
                )
            # What is kept here is about one person's nights: nobody else's business
            if not path.parent.exists():
                path.parent.mkdir(parents=True, mode=0o700)
            new = not path.exists()
            self._db = sqlite3.connect(path, timeout=5.0, isolation_level=None)
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                raise
            if new:
                path.chmod(0o600)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()

    # --- writing -------------------------------------------------------------------------------

    def add(self, visit: Visit) -> Added:
        """Store `visit` in one transaction; adding the same records again changes nothing."""
        hello = visit.hello
        log = (hello.device, hello.epoch)
        with self._told(), self._transaction():
            self._db.execute(
                "INSERT INTO devices VALUES (?1, ?2, ?3, ?3) ON CONFLICT (device) DO UPDATE SET"
                " firmware = ?2, last_seen_utc_ms = max(last_seen_utc_ms, ?3)",
                (hello.device, hello.firmware, visit.utc_ms),
            )
            digest = hashlib.sha256(b"".join(chunk.slots for chunk in visit.chunks)).hexdigest()
            known = {
                seq: (boot, slot)
                for boot, seq, slot in self._known(log, [r.seq for r in visit.records])
            }
            fresh = [r for r in visit.records if r.seq not in known]
            others = [r for r in visit.records if known.get(r.seq, _of(r)) != _of(r)]
            cursor = self._db.execute(
                "INSERT INTO visits VALUES (NULL,?,?,?,?,?,?,?,?,?,?,?,?)",
                (
                    *log,
                    visit.act,
                    visit.utc_ms,
                    hello.boot,
                    hello.uptime_ms,
                    hello.firmware,
                    hello.first,
                    hello.next,
                    len(fresh),
                    visit.plan_crc,
                    digest,
                ),
            )
            number = cursor.lastrowid
            self._db.executemany(
                "INSERT INTO chunks VALUES (NULL,?,?,?,?,?,?,?,?)",
                [
                    (
                        number,
                        *log,
                        chunk.boot,
                        chunk.first_seq,
                        chunk.count,
                        hashlib.sha256(chunk.slots).hexdigest(),
                        chunk.slots,
                    )
                    for chunk in visit.chunks
                ],
            )
            self._db.executemany(
                "INSERT INTO records VALUES (?,?,?,?,?,?,?)",
                [(*log, r.boot, r.seq, r.uptime_ms, r.kind, r.slot) for r in fresh],
            )
            self._db.executemany(
                "INSERT INTO quarantine VALUES (?,?,?,?,?,?) ON CONFLICT DO NOTHING",
                [(*log, r.boot, r.seq, r.slot, number) for r in others],
            )
            self._db.executemany(
                "INSERT INTO anchors VALUES (?,?,?,?,?,?,?) ON CONFLICT DO NOTHING",
                [(*log, c.boot, c.uptime_ms, c.utc_ms, c.rtt_ms, number) for c in visit.contacts],
            )
            self._db.executemany(
                "INSERT INTO gaps VALUES (?,?,?,?,?,?) ON CONFLICT DO NOTHING",
                [(*log, g.first_seq, g.last_seq, g.reason, number) for g in visit.gaps],
            )
            if visit.plan:
                self._db.execute(
                    "INSERT INTO plans VALUES (?,?,?,?)"
                    " ON CONFLICT (device, crc) DO UPDATE SET text = excluded.text",
                    (hello.device, visit.plan.crc, visit.plan.text, number),
                )
            total = self._one(
                "SELECT count(*) FROM records WHERE device = ? AND log_epoch = ?", log
            )
        return Added(len(fresh), total, [r.seq for r in others])

    # --- reading -------------------------------------------------------------------------------

    def devices(self) -> list[str]:
        """The ids of all objects that ever visited, the latest first."""
        rows = self._all("SELECT device FROM devices ORDER BY last_seen_utc_ms DESC, device")
        return [row[0] for row in rows]

    def epochs(self, device: str) -> list[int]:
        """The logs of `device`, in the order in which they were first seen."""
        rows = self._all(
            "SELECT log_epoch FROM visits WHERE device = ? GROUP BY log_epoch ORDER BY min(visit)",
            (device,),
        )
        return [row[0] for row in rows]

    def held(self, device: str, epoch: int) -> list[range]:
        """The seqs of a log that need not be read any more: ascending ranges that do not touch."""
        rows = self._all(
            "SELECT first_seq, first_seq + slots FROM chunks"
            " WHERE device = ?1 AND log_epoch = ?2 AND slots > 0"
            " UNION ALL SELECT first_seq, last_seq + 1 FROM gaps"
            " WHERE device = ?1 AND log_epoch = ?2 ORDER BY 1, 2",
            (device, epoch),
        )
        held: list[range] = []
        for start, stop in rows:
            if held and start <= held[-1].stop:
                held[-1] = range(held[-1].start, max(held[-1].stop, stop))
            else:
                held.append(range(start, stop))
        return held

    def seqs(self, device: str, epoch: int, within: range) -> set[int]:
        """Which of the seqs `within` stand in the store as records."""
        rows = self._all(
            "SELECT seq FROM records WHERE device = ? AND log_epoch = ? AND seq BETWEEN ? AND ?",
            (device, epoch, within.start, within.stop - 1),
        )
        return {row[0] for row in rows}

    def records(self, device: str, epoch: int) -> list[LogRecord]:
        """All records of a log, by boot and seq."""
        rows = self._all(
            "SELECT boot, seq, uptime_ms, kind, slot FROM records"
            " WHERE device = ? AND log_epoch = ? ORDER BY boot, seq",
            (device, epoch),
        )
        return [LogRecord(epoch, *row) for row in rows]

    def count(self, device: str) -> int:
        """How many records of `device` are stored, over all its logs."""
        return self._one("SELECT count(*) FROM records WHERE device = ?", (device,))

    def anchors(self, device: str, epoch: int) -> list[Anchor]:
        """What both clocks said at each contact with this host."""
        rows = self._all(
            "SELECT log_epoch, boot, uptime_ms, utc_ms, rtt_ms FROM anchors"
            " WHERE device = ? AND log_epoch = ? ORDER BY boot, uptime_ms, utc_ms",
            (device, epoch),
        )
        return [Anchor(*row) for row in rows]

    def gaps(self, device: str, epoch: int) -> list[Gap]:
        """What will never come down of a log, by seq."""
        rows = self._all(
            "SELECT log_epoch, first_seq, last_seq, reason FROM gaps"
            " WHERE device = ? AND log_epoch = ? ORDER BY first_seq",
            (device, epoch),
        )
        return [Gap(*row) for row in rows]

    def quarantined(self, device: str, epoch: int) -> int:
        """How many records stand in quarantine because another one had their place."""
        return self._one(
            "SELECT count(*) FROM quarantine WHERE device = ? AND log_epoch = ?", (device, epoch)
        )

    def visits(self, device: str) -> list[PastVisit]:
        """The audit of `device`, oldest first."""
        rows = self._all(
            "SELECT visit, act, device, log_epoch, utc_ms, boot, uptime_ms, firmware, first_seq,"
            " next_seq, records_new, plan_crc FROM visits WHERE device = ? ORDER BY visit",
            (device,),
        )
        return [PastVisit(*row) for row in rows]

    def plan(self, device: str, crc: int) -> dict[str, Any] | None:
        """The flat care plan with this crc, if any visit brought it home."""
        rows = self._all("SELECT text FROM plans WHERE device = ? AND crc = ?", (device, crc))
        if not rows or frames.crc32(rows[0][0].encode()) != crc:
            return None  # one that was damaged is as good as none
        return json.loads(rows[0][0])

    # --- checking ------------------------------------------------------------------------------

    def check(self) -> list[str]:
        """Find what of the store was damaged and mend it; sentences on what was found.

        Once for each opening, and again after another program wrote. What was mended is told here
        and stays in `notices`. Raises KitbagError when the damage is past mending.
        """
        version = self._one("PRAGMA data_version")
        if version == self._checked:
            return []
        with self._told():
            self._db.execute("BEGIN")
            try:
                sound, verdict = self._judged()
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
            if not sound or verdict.rows:
                verdict = self._mend()
        self._checked = version
        self.notices += verdict.told
        return verdict.told

    def _mend(self) -> store_check.Verdict:
        with self._transaction():
            # Again, now that nobody else can write
            sound, verdict = self._judged()
            for table, rows in verdict.rows.items():
                self._db.execute(f"DELETE FROM {table}")
                marks = ",".join("?" * len(store_check.TABLES[table]))
                self._db.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
            if not self._sound():
                raise self._damaged("its tables cannot be put in order")
        if not sound and not verdict.told:
            verdict.told.append("The store's tables were out of order and were put right.")
        return verdict

    def _judged(self) -> tuple[bool, store_check.Verdict]:
        """Whether SQLite finds its file sound, and the verdict over what is in it."""
        sound = self._sound()
        try:
            tables = self._tables()
        except sqlite3.OperationalError:  # some text in it is none; no other reading is as fast
            self._db.text_factory = lambda raw: raw.decode(errors="replace")
            try:
                tables = self._tables()
            finally:
                self._db.text_factory = str
        verdict = store_check.check(tables)
        if verdict.hopeless:
            raise self._damaged(verdict.hopeless[0])
        if not sound:
            # Every table anew, and with it its indexes
            verdict.rows = {**tables, **verdict.rows}
        return sound, verdict

    def _sound(self) -> bool:
        return self._db.execute("PRAGMA integrity_check(1)").fetchall() == [("ok",)]

    def _tables(self) -> dict[str, list[store_check.Row]]:
        # By the rows themselves, never by an index, which may be what is wrong
        return {
            table: self._db.execute(f"SELECT * FROM {table} NOT INDEXED").fetchall()
            for table in store_check.TABLES
        }

    def _damaged(self, what: str) -> KitbagError:
        reason = Reason.STORE_DAMAGED
        return KitbagError(
            where=str(self.path),
            reason=reason,
            problem=f"{reason.sentence} ({what})",
            next_step=_KEEP_AND_SYNC,
        )

    # --- the file ------------------------------------------------------------------------------

    def _prepare(self) -> None:
        """Check that this is a store of ours, and make its tables when it is empty."""
        version = self._one("PRAGMA user_version")
        if version == 0 and self._one("SELECT count(*) FROM sqlite_master") == 0:
            self._db.execute("PRAGMA synchronous = FULL")
            with self._transaction():
                # Another process may have been faster
                if self._one("SELECT count(*) FROM sqlite_master") == 0:
                    for statement in _SCHEMA.split(";\n"):
                        self._db.execute(statement)
                    self._db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                    self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            return
        if self._one("PRAGMA application_id") != APPLICATION_ID:
            raise KitbagError(
                where=str(self.path),
                reason=Reason.STORE_DAMAGED,
                problem="this database was not made by Kitbag",
                next_step="name another file with --store, or another folder with KITBAG_DATA",
            )
        if version > SCHEMA_VERSION:
            raise KitbagError(
                where=str(self.path),
                reason=Reason.STORE_NEWER,
                given=f"store version {version}",
                allowed=f"up to {SCHEMA_VERSION}",
                next_step="update this tool (`pip install --upgrade kitbag`); nothing was changed",
            )
        self._db.execute("PRAGMA synchronous = FULL")

    def _known(
        self, log: tuple[str, int], seqs: Sequence[int]
    ) -> Iterator[tuple[int, int, bytes]]:
        if seqs:
            yield from self._db.execute(
                "SELECT boot, seq, slot FROM records WHERE device = ? AND log_epoch = ?"
                " AND seq BETWEEN ? AND ?",
                (*log, min(seqs), max(seqs)),
            )

    def _one(self, sql: str, given: tuple[object, ...] = ()) -> int:
        return self._all(sql, given)[0][0]

    def _all(self, sql: str, given: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        with self._told():
            return self._db.execute(sql, given).fetchall()

    @contextlib.contextmanager
    def _transaction(self) -> Generator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            # SQLite has rolled back by itself when the disk was full
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextlib.contextmanager
    def _told(self) -> Generator[None]:
        """Turn what SQLite or the file system says into an error a person can act on."""
        try:
            yield
        except UnicodeDecodeError as error:
            # Text with a wrong byte, or an error of SQLite that quotes some
            raise self._damaged("text in it cannot be read") from error
        except (sqlite3.Error, OSError) as error:
            raise _why(self.path, error) from error


def _of(record: LogRecord) -> tuple[int, bytes]:
    return record.boot, record.slot


def _why(path: Path, error: sqlite3.Error | OSError) -> KitbagError:
    code = getattr(error, "sqlite_errorcode", None)
    low = code & 0xFF if code is not None else None
    if low == sqlite3.SQLITE_READONLY or isinstance(error, PermissionError):
        reason = Reason.STORE_READ_ONLY
        step = "allow this user to write the file and its folder; nothing was changed"
    elif low == sqlite3.SQLITE_FULL:
        reason = Reason.STORE_FULL
        step = "make room on the disk and run the command again; nothing was changed"
    elif low in _DAMAGE or "decode to UTF-8" in str(error):
        reason = Reason.STORE_DAMAGED
        step = _KEEP_AND_SYNC
    elif low in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        reason = Reason.STORE_BUSY
        step = "wait until the other program is done, then run the command again"
    else:
        reason = Reason.STORE_UNREADABLE
        step = "name a file in a local folder with --store, or a folder with KITBAG_DATA"
    return KitbagError(
        where=str(path), reason=reason, problem=f"{reason.sentence} ({error})", next_step=step
    )
