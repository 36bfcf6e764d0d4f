"""Tables for statistics: CSV and a codebook beside each, both from one schema."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from datetime import datetime, tzinfo
from pathlib import Path

from ..files import write_atomically
from ..history import History, load
from ..nights import nights
from ..store import Store
from ..zones import to_utc_ms, zone
from .schema import Row, Table
from .tables import (
    BREATHS,
    EVENTS,
    HUGS,
    NIGHTS,
    TABLES,
    breath_rows,
    event_rows,
    hug_rows,
    night_row,
)  # fmt: skip

__all__ = ["TABLES", "csv_text", "write_empty_tables", "write_tables"]


def write_tables(
    store: Store,
    out_dir: Path,
    zone_name: str | None,
    start_utc: datetime | None = None,
    device: str | None = None,
) -> list[Path]:
    """Write the tables of one object and their codebooks to `out_dir`; the paths written.

    `zone_name`: the holder's zone; None takes the offset of `start_utc`, else UTC. Seconds count
    from `start_utc`; None: from the noon before the first night. The same store gives the same
    bytes. Raises KitbagError; a file that cannot be finished leaves the old one as it was.
    """
    history = load(store, device)
    where: tzinfo = zone(zone_name or "UTC")
    if zone_name is None and start_utc is not None and start_utc.tzinfo is not None:
        where = start_utc.tzinfo
    told = nights(history, where)
    first_ms = told[0].start_ms if told else 0
    start_ms = first_ms if start_utc is None else to_utc_ms(start_utc)
    named = zone_name or str(where)
    rows: list[tuple[Table, Iterable[Row]]] = [
        (EVENTS, event_rows(history, where, start_ms)),
        (HUGS, hug_rows(history, where, start_ms)),
        (NIGHTS, [night_row(night, history.device, where, named) for night in told]),
        (BREATHS, breath_rows(history, where, start_ms)),
    ]
    written: list[Path] = []
    for table, content in rows:
        path = out_dir / f"{table.name}.csv"
        write_atomically(path, csv_text(table, content).encode())
        book = out_dir / f"{table.name}.codebook.json"
        write_atomically(book, (_codebook_text(table, history)).encode())
        written += [path, book]
    return written


def write_empty_tables(out_dir: Path) -> None:
    """The tables' headers alone, for a run of which no log came down."""
    for table in TABLES:
        write_atomically(out_dir / f"{table.name}.csv", csv_text(table, []).encode())


def csv_text(table: Table, rows: Iterable[Row]) -> str:
    """The table as RFC 4180 text with its header, lines ended by a line feed."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = [column.name for column in table.columns]
    writer.writerow(names)
    for row in rows:
        if unknown := row.keys() - set(names):
            raise KeyError(f"{table.name} has no column {sorted(unknown)}")
        writer.writerow([column.cell(row.get(column.name)) for column in table.columns])
    return out.getvalue()


def _codebook_text(table: Table, history: History) -> str:
    book = {
        **table.codebook(),
        "source": {
            "object": history.device,
            "firmware": history.firmware,
            "logs": [f"{log.epoch:08x}" for log in history.logs],
            "doubts": history.doubts,
        },
        "note": "usage, not a measure of sleep, mood or worth",
    }
    return json.dumps(book, indent=2, ensure_ascii=False) + "\n"
