"""The store: once, whole, private, and clear about what is wrong with it."""

from __future__ import annotations

import sqlite3
import stat
import sys
from pathlib import Path

import pytest

from host_tools.fake_object import Log
from host_tools.made_nights import DAY, DEVICE, HOUR, a_night, beat, both_ends, put
from kitbag_tools.errors import ExitCode, KitbagError, Reason
from kitbag_tools.store import Gap, Store


def full_log() -> Log:
    log = Log()
    a_night(log)
    return log


def test_the_same_records_twice_are_the_same_records(store):
    log = full_log()
    first = put(store, log, both_ends())
    again = put(store, log, both_ends())
    assert first.records_new == first.records_total == len(log.slots)
    assert (again.records_new, again.records_total, again.conflicts) == (0, len(log.slots), [])
    assert len(store.visits(DEVICE)) == 2


def test_other_content_in_the_same_place_stands_aside(store):
    put(store, full_log(), [])
    other = Log()
    a_night(other)
    other.slots = other.slots[:5]
    other.add(22, 1, 5, 101325.0, 21.0, 3.0)
    added = put(store, other, [])
    assert added.conflicts == [6]
    assert store.records(DEVICE, other.epoch)[5].slot == full_log().slots[5]
    assert store.quarantined(DEVICE, other.epoch) == 1
    put(store, other, [])
    assert store.quarantined(DEVICE, other.epoch) == 1


def test_held_is_what_was_read_and_what_is_lost(store):
    log = full_log()
    log.forget_before(20)
    put(store, log, [], gaps=[Gap(log.epoch, 1, 19, "overwritten")])
    assert store.held(DEVICE, log.epoch) == [range(1, log.next)]
    assert store.held(DEVICE, 7) == []
    assert store.held("other", log.epoch) == []


def test_a_visit_that_fails_half_way_leaves_nothing(store, monkeypatch):
    put(store, full_log(), both_ends())
    before = list(store._db.iterdump())
    more = full_log()
    more.add(22, 1, 9, 101325.0, 21.0, 3.0)
    # The last statement of the transaction fails
    store._db.execute(
        "CREATE TRIGGER no BEFORE INSERT ON gaps BEGIN SELECT RAISE(ABORT, 'x'); END"
    )
    with pytest.raises(KitbagError):
        put(store, more, [], gaps=[Gap(more.epoch, 900, 901, "lost")])
    store._db.execute("DROP TRIGGER no")
    assert list(store._db.iterdump()) == before


def test_a_full_disk(store):
    [pages] = store._db.execute("PRAGMA page_count").fetchone()
    store._db.execute(f"PRAGMA max_page_count = {pages + 1}")
    long_log = full_log()
    beat(long_log, 1, 8 * HOUR, 30 * DAY)
    with pytest.raises(KitbagError) as caught:
        put(store, long_log, both_ends())
    assert caught.value.reason is Reason.STORE_FULL
    assert "nothing was changed" in caught.value.next_step
    assert store.devices() == []


def test_a_store_that_may_only_be_read(store):
    put(store, full_log(), both_ends())
    store._db.execute("PRAGMA query_only = ON")
    with pytest.raises(KitbagError) as caught:
        put(store, full_log(), both_ends())
    assert caught.value.reason is Reason.STORE_READ_ONLY
    assert len(store.records(DEVICE, full_log().epoch)) == len(full_log().slots)


def test_a_store_that_another_program_is_writing(store):
    store._db.execute("PRAGMA busy_timeout = 10")
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(KitbagError) as caught:
        put(store, full_log(), [])
    other.close()
    assert caught.value.reason is Reason.STORE_BUSY


@pytest.mark.parametrize(
    "content",
    [b"these are not the nights you are looking for" * 50, b"SQLite format 3\0" + b"x" * 99],
)
def test_a_file_that_is_no_database(tmp_path, content):
    path = tmp_path / "bad.sqlite3"
    path.write_bytes(content)
    with pytest.raises(KitbagError) as caught:
        Store(path)
    assert caught.value.reason is Reason.STORE_DAMAGED
    assert path.read_bytes() == content


def test_a_store_with_a_hole_in_it(tmp_path):
    path = tmp_path / "holed.sqlite3"
    with Store(path) as made:
        put(made, full_log(), both_ends())
    data = bytearray(path.read_bytes())
    for at in range(4096, len(data), 4096):
        data[at : at + 600] = b"\xff" * len(data[at : at + 600])
    path.write_bytes(data)
    with pytest.raises(KitbagError) as caught, Store(path) as holed:
        holed.records(DEVICE, full_log().epoch)
    assert caught.value.reason is Reason.STORE_DAMAGED


def test_a_database_of_another_program(tmp_path):
    path = tmp_path / "other.sqlite3"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE bookmarks (url)")
    other.close()
    with pytest.raises(KitbagError) as caught:
        Store(path)
    assert "not made by Kitbag" in caught.value.problem


def test_a_store_of_a_newer_kitbag(tmp_path):
    path = tmp_path / "newer.sqlite3"
    Store(path).close()
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA user_version = 99")
    other.close()
    with pytest.raises(KitbagError) as caught:
        Store(path)
    assert caught.value.reason is Reason.STORE_NEWER
    assert caught.value.given == "store version 99"


def test_a_folder_in_the_place_of_the_store(tmp_path):
    with pytest.raises(KitbagError) as caught:
        Store(tmp_path)
    assert caught.value.exit_code == ExitCode.FAILED


def test_reading_a_store_that_is_not_there_makes_none(tmp_path):
    path = tmp_path / "none" / "store.sqlite3"
    with pytest.raises(KitbagError) as caught:
        Store(path, must_exist=True)
    assert caught.value.reason is Reason.NOTHING_STORED
    assert not path.parent.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps other rights")
def test_the_store_is_its_owners_business(tmp_path: Path):
    path = tmp_path / "data" / "store.sqlite3"
    Store(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
