"""What was recovered, as a store of its own and the tables of `kitbag export`."""

from __future__ import annotations

from pathlib import Path

from kitbag.wire import records as wire

from ... import exports
from ...errors import KitbagError, Reason
from ...files import is_there
from ...object_client import Hello
from ...store import Store, Visit
from .findings import Findings, Log

STORE = "recovered.sqlite3"
UNKNOWN_DEVICE = "unknown"  # a dump does not say whose it is


def write(
    findings: Findings, out_dir: Path, zone_name: str | None, device: str, now_utc_ms: int
) -> list[Path]:
    """Write a new store and the tables to `out_dir`; the paths written. Raises KitbagError."""
    path = out_dir / STORE
    if is_there(path):
        raise KitbagError(
            where=str(path),
            reason=Reason.USAGE,
            problem="records were recovered into this folder before",
            next_step="name another folder with --out",
        )
    with Store(path) as store:
        for log in findings.logs:
            for visit in _visits(log, device, now_utc_ms):
                store.add(visit)
        written = exports.write_tables(store, out_dir, zone_name, None, device)
    return [path, *written]


def _visits(log: Log, device: str, now_utc_ms: int) -> list[Visit]:
    """One for the log, and one for what contradicts it: that goes into quarantine."""
    last_boot = log.boots[1] if log.boots else 0
    hello = Hello(
        device, "unknown", wire.SCHEMA, log.epoch, last_boot, 0, log.first, log.next, log.first
    )
    chunks = [sector.chunk for sector in log.sectors]
    found = Visit("recover", hello, now_utc_ms, chunks, log.records, log.gaps)
    if not log.conflicts:
        return [found]
    return [found, Visit("recover", hello, now_utc_ms, records=log.conflicts)]
