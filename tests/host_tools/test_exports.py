"""Tables: what the contract names, harmless, whole, and the same bytes every time."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from host_tools.fake_object import Log
from host_tools.made_nights import (
    DAY,
    EVENING,
    EVENING_MS,
    HOUR,
    MINUTE,
    a_night,
    boot,
    both_ends,
    held,
    put,
)
from kitbag.wire import records as wire
from kitbag_tools import exports, files
from kitbag_tools.errors import KitbagError, Reason
from kitbag_tools.exports.schema import Column, Table
from kitbag_tools.object_client import Contact
from kitbag_tools.store import Store

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def written(tmp_path, store) -> Path:
    log = Log()
    a_night(log)
    put(store, log, both_ends())
    exports.write_tables(store, tmp_path / "out", "Europe/London", EVENING)
    return tmp_path / "out"


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text())))


@pytest.mark.parametrize("name", ["hugs.csv", "nights.csv", "breaths.csv"])
def test_tables_are_what_they_were(written, name):
    assert (written / name).read_text() == (GOLDEN / name).read_text()


def test_breaths_have_a_rate_or_a_reason(tmp_path, store):
    log = Log()
    boot(log)
    held(log, 1, 11 * MINUTE, 120)
    log.add(wire.BREATH, 1, 11 * MINUTE + 30_000, 12.25, 7.5, 0.8)
    log.add(wire.BREATH, 1, 11 * MINUTE + 45_000, None, 0.0, 0.0)
    put(store, log, both_ends())
    exports.write_tables(store, tmp_path / "out", "Europe/London", EVENING)
    known, unknown = rows(tmp_path / "out" / "breaths.csv")
    assert (known["per_min"], known["quality"], known["amplitude_pa"]) == ("12.25", "0.8", "7.5")
    assert known["per_min_reason"] == ""
    assert float(unknown["t_s"]) - float(known["t_s"]) == pytest.approx(15, abs=0.01)
    assert unknown["per_min"] == unknown["amplitude_pa"] == ""
    assert unknown["per_min_reason"]
    assert unknown["start_utc"].endswith("Z")


@pytest.mark.parametrize(
    ("looks", "guess"),
    [([None] * 4, "yes"), ([None] * 3, ""), ([None] * 6 + [12.0], "no"), ([], "")],
)
def test_a_long_hold_without_breath_may_be_something_that_lay_on_it(tmp_path, store, looks, guess):
    log = Log()
    boot(log)
    held(log, 1, 11 * MINUTE, 300, end=False)
    for n, per_min in enumerate(looks):
        log.add(wire.BREATH, 1, 11 * MINUTE + 30_000 + 15_000 * n, per_min, 5.0, 0.8)
    log.add(wire.LONG_HOLD, 1, 16 * MINUTE, 300, 1500, 0.8, 0.2, 0.9)
    held(log, 1, 21 * MINUTE, 300)  # of the next one nothing is known
    put(store, log, both_ends())
    exports.write_tables(store, tmp_path / "out", "Europe/London", EVENING)
    assert [row["may_be_rest"] for row in rows(tmp_path / "out" / "hugs.csv")] == [guess, ""]


def test_the_contracts_columns_are_there(written):
    hugs = rows(written / "hugs.csv")[0].keys()
    assert {
        "start_s", "end_s", "noticed_s", "kind", "count", "peak_pa", "mean_pa", "confidence",
        "start_utc", "start_local", "start_clock", "time_quality",
    } <= hugs  # fmt: skip
    events = list(rows(written / "events.csv")[0])
    assert events[:6] == ["seq", "boot", "uptime_ms", "start_utc", "time_quality", "kind"]
    fields = {name for kind in wire.KINDS for name, _, _ in wire.fields(kind)}
    assert fields <= set(events)
    breaths = (written / "breaths.csv").read_text()
    assert breaths.splitlines()[0].startswith("t_s,per_min,quality,per_min_reason,")


def test_seconds_count_from_the_start_that_was_asked_for(written, store):
    first = rows(written / "hugs.csv")[0]
    assert (first["start_s"], first["end_s"], first["noticed_s"]) == ("660", "1860", "660.2")
    exports.write_tables(store, written / "noon", "Europe/London")
    assert rows(written / "noon" / "hugs.csv")[0]["start_s"] == "36660"  # 22:11 is 10 h 11 min


def test_three_forms_of_time(tmp_path, store):
    log = Log()
    boot(log)
    held(log, 1, HOUR, 60)
    summer = datetime(2026, 7, 1, 21, tzinfo=UTC)
    at = int(summer.timestamp() * 1000)
    put(store, log, [Contact(1, 0, at, 4), Contact(1, 2 * HOUR, at + 2 * HOUR, 4)])
    exports.write_tables(store, tmp_path, "Europe/London", summer)
    [hug] = rows(tmp_path / "hugs.csv")
    assert hug["start_utc"] == "2026-07-01T22:00:00.000Z"
    assert hug["start_local"] == "2026-07-01T23:00:00.000+01:00"
    assert hug["start_clock"] == "23:00:00"


def test_without_a_zone_the_starts_own_offset_counts(tmp_path, store):
    log = Log()
    a_night(log)
    put(store, log, both_ends())
    start = datetime.fromisoformat("2026-03-01T23:30:00+01:30")
    exports.write_tables(store, tmp_path, None, start)
    assert rows(tmp_path / "hugs.csv")[0]["start_local"].endswith("+01:30")


def test_what_is_not_known_to_a_second_is_empty_with_bounds_and_a_reason(tmp_path, store):
    log = Log()
    boot(log)
    boot(log, 2)
    held(log, 2, HOUR, 60)
    boot(log, 3)
    put(store, log, [Contact(1, 0, EVENING_MS, 4), Contact(3, 0, EVENING_MS + DAY, 4)], boot=3)
    exports.write_tables(store, tmp_path, "UTC", EVENING)
    [hug] = rows(tmp_path / "hugs.csv")
    assert hug["time_quality"] == "bounded"
    assert [hug[name] for name in ("start_s", "end_s", "noticed_s", "start_utc")] == [""] * 4
    assert hug["start_utc_earliest"].startswith("2026-03-01T22:59:59.")
    assert hug["start_utc_latest"].startswith("2026-03-02T21:59:0")
    assert hug["time_reason"]
    assert hug["duration_s"] == "60"  # what the object itself measured stays


def test_a_cut_hold_has_an_empty_end_and_a_reason(tmp_path, store):
    log = Log()
    boot(log)
    held(log, 1, HOUR, 0, end=False)
    boot(log, 2)
    put(
        store, log, [Contact(1, 0, EVENING_MS, 4), Contact(2, 0, EVENING_MS + 2 * HOUR, 4)], boot=2
    )
    exports.write_tables(store, tmp_path, "UTC", EVENING)
    [hug] = rows(tmp_path / "hugs.csv")
    assert (hug["start_s"], hug["end_s"], hug["end_reason"]) == ("3600", "", "power_lost")


@pytest.mark.parametrize("table", exports.TABLES, ids=lambda table: table.name)
def test_the_codebook_describes_every_column(written, table):
    book = json.loads((written / f"{table.name}.codebook.json").read_text())
    header = (written / f"{table.name}.csv").read_text().split("\n", 1)[0].split(",")
    assert list(book["columns"]) == header
    assert len(set(header)) == len(header)
    for name, entry in book["columns"].items():
        assert len(name) <= 32
        assert entry["description"]
        if name.endswith(("_pa", "_min", "_c", "_ms", "_v", "_w")):
            assert entry.get("unit"), name


def test_every_word_in_a_table_is_in_its_codebook(written):
    for table in exports.TABLES:
        levels = {c.name: set(c.levels) for c in table.columns if c.levels}
        for row in rows(written / f"{table.name}.csv"):
            for name, words in levels.items():
                assert not row[name] or row[name] in words, (name, row[name])


@pytest.mark.parametrize("text", ["=1+1", "+44", "-x", "@SUM(A1)", "\t=1"])
def test_text_that_a_spreadsheet_would_run_is_escaped(text):
    assert Column("name", "text", "x").cell(text) == "'" + text


def test_numbers_stay_numbers():
    column = Column("number", "number", "x")
    assert [column.cell(v) for v in (-3.5, -2, 0.1 + 0.2, -0.0001, 1e-9, None)] == [
        "-3.5", "-2", "0.3", "0", "0", "",
    ]  # fmt: skip


def test_text_with_line_ends_stays_on_its_line():
    table = Table("t", "x", "x", [Column("name", "text", "x")])
    text = exports.csv_text(table, [{"name": 'a "b",\r\nc'}])
    assert text == 'name\n"a ""b"", c"\n'


def test_a_row_with_a_column_that_is_not_in_the_schema_is_refused():
    table = Table("t", "x", "x", [Column("name", "text", "x")])
    with pytest.raises(KeyError):
        exports.csv_text(table, [{"nome": "x"}])


def test_the_same_store_gives_the_same_bytes(written, store, tmp_path):
    paths = exports.write_tables(store, tmp_path / "again", "Europe/London", EVENING)
    assert len(paths) == 8
    for path in paths:
        assert path.read_bytes() == (written / path.name).read_bytes()


def test_who_reads_while_it_is_written_sees_the_old_file_to_its_end(tmp_path):
    path = tmp_path / "hugs.csv"
    path.write_text("old")
    with path.open() as reader:
        files.write_atomically(path, b"new")
        assert reader.read() == "old"
    assert path.read_text() == "new"


def test_an_interrupted_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "hugs.csv"
    path.write_text("old")

    def torn(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", torn)
    with pytest.raises(KitbagError) as caught:
        files.write_atomically(path, b"new")
    assert caught.value.reason is Reason.CANNOT_WRITE
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_two_objects_are_never_mixed(tmp_path):
    with Store(tmp_path / "two.sqlite3") as store:
        for device in ("aa01", "bb02"):
            log = Log()
            a_night(log)
            put(store, log, both_ends(), device=device)
        with pytest.raises(KitbagError) as caught:
            exports.write_tables(store, tmp_path, "UTC", EVENING)
        assert caught.value.allowed == "aa01, bb02"
        exports.write_tables(store, tmp_path, "UTC", EVENING, device="bb")
    assert {row["device"] for row in rows(tmp_path / "events.csv")} == {"bb02"}


def test_a_start_in_the_future_only_makes_seconds_negative(written, store):
    exports.write_tables(store, written, "UTC", EVENING + timedelta(days=1))
    assert float(rows(written / "hugs.csv")[0]["start_s"]) == 660 - 86400
