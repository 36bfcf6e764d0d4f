"""A damaged store: nothing is lost in silence, and what can be proven comes back."""

from __future__ import annotations

import random
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from host_tools.fake_object import Log
from host_tools.made_nights import DEVICE, a_night, both_ends, put
from kitbag.wire import plan as care_plan
from kitbag.wire import records as wire
from kitbag_tools import history, visits
from kitbag_tools.errors import KitbagError, Reason
from kitbag_tools.object_client import StoredPlan
from kitbag_tools.store import Gap, Store

OTHER = "c0ffee02"
EPOCH = Log().epoch
PLAN = StoredPlan(
    care_plan.to_json(care_plan.defaults()).decode(), care_plan.crc(care_plan.defaults())
)


def a_log(count: int = 400, epoch: int = EPOCH) -> Log:
    log = Log(epoch)
    log.add(wire.BOOT, 1, 0, "power_on", "restart", 4.0, 1)
    for i in range(1, count):
        log.add(wire.HOLD, 1, i * 1000, 10.0 + i % 7, 1500, 0.7, 0.2, 0.9)
    return log


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "house.sqlite3"


def filled(path: Path) -> None:
    """Two objects, three logs, all that can lie in a store by right."""
    with Store(path) as store:
        log = a_log(150)
        log.slots[20] = wire.VOID
        log.slots[30] = b"\x55" * 16
        put(store, log, both_ends(), plan=PLAN, gaps=[Gap(EPOCH, 31, 31, "damaged")])
        for seq in (148, 149, 150):  # the holder takes last night back
            log.slots[seq - 1] = wire.VOID
        log.add(wire.PAT, 1, 400_000, 1.0, 400, 3, 0.5, 0.1, 0.9)
        put(store, log, [], plan=PLAN)
        # Put back to an earlier state and written anew
        conflicting = a_log(140)
        for i in range(5):
            conflicting.add(wire.PAT, 1, 300_000 + i, 1.0, 400, 3, 0.5, 0.1, 0.9)
        put(store, conflicting, [])
        young = Log(0xBEEF, first=20)
        young.boots[0] = 255
        young.add(wire.BOOT, 255, 0, "power_on", "restart", 4.0, 255)
        young.add(wire.BOOT, 256, 0, "power_on", "restart", 4.0, 256)
        put(store, young, [], boot=256, gaps=[Gap(0xBEEF, 1, 19, "overwritten")])
        night = Log()
        a_night(night)
        put(store, night, both_ends(), device=OTHER)


def known(store: Store) -> dict[str, object]:
    """What a person reads out of the store, but for numbers that stand nowhere else."""
    logs = [(device, epoch) for device in store.devices() for epoch in store.epochs(device)]
    return {
        "devices": sorted(store.devices()),
        "records": {log: store.records(*log) for log in logs},
        "quarantined": {log: store.quarantined(*log) for log in logs},
        "plan": store.plan(DEVICE, PLAN.crc),
    }


def tables(path: Path) -> dict[str, list]:
    with closing(sqlite3.connect(path)) as db:
        names = [n for (n,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: db.execute(f"SELECT * FROM {name}").fetchall() for name in names}


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for statement in statements:
            assert db.execute(statement).rowcount > 0


def spoil(path: Path, old: bytes, new: bytes, which: int = -1) -> None:
    """Change bytes in the file itself, where they stand for the last time (or the `which`th)."""
    data = path.read_bytes()
    places = [at for at in range(len(data)) if data.startswith(old, at)]
    at = places[which]
    path.write_bytes(data[:at] + new + data[at + len(old) :])


def slot_of(path: Path, seq: int) -> bytes:
    with Store(path) as store:
        return next(r.slot for r in store.records(DEVICE, EPOCH) if r.seq == seq)


def spoil_device(path: Path, seq: int, letter: bytes) -> None:
    """One byte of `device` in the row of `records` whose slot is that of `seq`."""
    slot = slot_of(path, seq)
    data = bytearray(path.read_bytes())
    at = data.find(slot)
    while (start := data.rfind(DEVICE.encode(), max(0, at - 24), at)) < 0:
        at = data.index(slot, at + 1)  # this one stands in `chunks`, without a device before it
    data[start + 7 : start + 8] = letter
    path.write_bytes(data)


# --- what may lie in a store ------------------------------------------------------------------


def test_all_that_lies_in_a_store_by_right_is_left_alone(path):
    filled(path)
    before = path.read_bytes()
    with Store(path) as store:
        assert store.quarantined(DEVICE, EPOCH) > 0
        assert store.check() == []
    assert path.read_bytes() == before


def test_a_holder_who_takes_a_night_back_damages_nothing(fake, client, path):
    there = fake(a_log())
    with Store(path) as store:
        visits.sync(client(there), store)
        for seq in range(390, 402):
            there.log.slots[seq - 1] = wire.VOID
    with Store(path) as store:
        assert visits.sync(client(there), store).warnings == []
    with Store(path) as store:
        assert store.check() == []


# --- records ----------------------------------------------------------------------------------


@pytest.mark.parametrize("letter", [b"z", b"0", b"\xe3"])
def test_a_record_under_a_wrong_device_comes_back(path, letter):
    filled(path)
    with Store(path) as store:
        before = known(store)
    spoil_device(path, 77, letter)
    with Store(path) as store:
        [told] = store.check()
        assert told.startswith("1 record in the store")
        assert known(store) == before
        assert store.check() == []
    with Store(path) as store:
        assert store.check() == []


def test_a_record_whose_crc_no_longer_fits_comes_back(path):
    filled(path)
    with Store(path) as store:
        before = known(store)
    change(path, "UPDATE records SET slot = x'0401e8030000f4010000000000001234' WHERE seq = 140")
    with Store(path) as store:
        history.load(store, DEVICE)
        [told] = store.notices
        assert told.startswith("1 record in the store had changed")
        assert known(store) == before


def test_records_that_are_gone_come_back_and_are_told_by_the_sync(fake, client, path):
    there = fake(a_log())
    with Store(path) as store:
        visits.sync(client(there), store)
        before = store.records(DEVICE, EPOCH)
    change(path, "DELETE FROM records WHERE seq BETWEEN 100 AND 300")
    with Store(path) as store:
        result = visits.sync(client(there), store)
        assert [w for w in result.warnings if w.startswith("201 records in the store")]
        assert store.records(DEVICE, EPOCH)[: len(before)] == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE records SET boot = 2 WHERE seq = 140",
        "UPDATE records SET boot = 257 WHERE seq = 140",
        "UPDATE records SET uptime_ms = 5 WHERE seq = 140",
        "UPDATE records SET kind = 5 WHERE seq = 140",
        "UPDATE records SET seq = 1077 WHERE seq = 140",
        "UPDATE records SET log_epoch = 7 WHERE seq = 140",
        "UPDATE records SET device = 'c0ffee09' WHERE seq = 140",
        # One that is whole, but came later
        (
            "UPDATE records SET kind = 8, uptime_ms = 300000,"
            " slot = (SELECT slot FROM quarantine WHERE seq = 141)"
            " WHERE seq = 141 AND device = 'c0ffee01'"
        ),
        "DELETE FROM quarantine",
        "UPDATE quarantine SET slot = x'00'",
        "DELETE FROM devices WHERE device = 'c0ffee02'",
        "UPDATE devices SET device = 'c0ffee09' WHERE device = 'c0ffee02'",
        "UPDATE plans SET crc = 7",
        "UPDATE visits SET log_epoch = 7 WHERE visit = 1",
        "UPDATE visits SET device = 'c0ffee09' WHERE visit = 1",
        "UPDATE chunks SET log_epoch = 7 WHERE chunk = 1",
        "UPDATE chunks SET device = 'c0ffee09' WHERE chunk = 1",
        "UPDATE chunks SET first_seq = 900 WHERE chunk = 1",
        "UPDATE chunks SET slots = 1 WHERE chunk = 1",
        "UPDATE chunks SET sha256 = 'no' WHERE chunk = 1",
        "UPDATE chunks SET raw = substr(raw, 17) WHERE chunk = 1",
        "UPDATE chunks SET raw = zeroblob(2016) WHERE chunk = 1",
        "DELETE FROM chunks WHERE chunk = 1",
        "DELETE FROM chunks WHERE chunk = (SELECT max(chunk) FROM chunks)",
        "UPDATE anchors SET device = 'c0ffee09' WHERE device = 'c0ffee01'",
        "UPDATE gaps SET last_seq = 99999 WHERE reason = 'damaged'",
    ],
)
def test_what_is_said_twice_is_mended_and_told_once(path, statement):
    filled(path)
    with Store(path) as store:
        before = known(store)
    change(path, statement)
    with Store(path) as store:
        assert store.check()
        assert known(store) == before
        assert all(store.held(DEVICE, EPOCH))
    with Store(path) as store:
        assert store.check() == []


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM visits WHERE visit = 1",
        "UPDATE chunks SET sector_boot = -1 WHERE log_epoch = 48879",
        "UPDATE plans SET visit = 99",
    ],
)
def test_what_nothing_proves_is_not_guessed(path, statement):
    filled(path)
    change(path, statement)
    before = path.read_bytes()
    with Store(path) as store, pytest.raises(KitbagError) as caught:
        history.load(store, DEVICE)
    assert caught.value.reason is Reason.STORE_DAMAGED
    assert "keep a copy" in caught.value.next_step
    assert path.read_bytes() == before


# --- raw bytes --------------------------------------------------------------------------------


def test_a_stretch_that_cannot_be_mended_is_read_again(fake, client, path):
    there = fake(a_log())
    with Store(path) as store:
        visits.sync(client(there), store)
        before = store.records(DEVICE, EPOCH)
    change(
        path,
        "UPDATE chunks SET raw = zeroblob(length(raw)), sha256 = 'x' WHERE chunk = 2",
        "DELETE FROM records WHERE seq = 130",
    )
    with Store(path) as store:
        assert "asks the object" in " ".join(store.check())
        assert len(store.records(DEVICE, EPOCH)) == len(before) - 1
        assert [len(part) for part in store.held(DEVICE, EPOCH)] == [126, len(before) - 252]
    with Store(path) as store:
        result = visits.sync(client(there), store)
        assert (result.records_new, result.conflicts, result.gaps) == (2, [], [])
        assert store.records(DEVICE, EPOCH)[: len(before)] == before
    with Store(path) as store:
        assert store.check() == []


def test_records_outlive_their_raw_bytes_on_an_object_that_lost_them_too(fake, client, path):
    there = fake(a_log())
    with Store(path) as store:
        visits.sync(client(there), store)
        before = store.records(DEVICE, EPOCH)
    change(path, "UPDATE chunks SET raw = zeroblob(length(raw)), sha256 = 'x' WHERE chunk = 1")
    change(path, "DELETE FROM records WHERE seq = 50")
    there.log.forget_before(253)
    with Store(path) as store:
        result = visits.sync(client(there), store)
        assert [(gap.first_seq, gap.last_seq) for gap in result.gaps] == [(50, 50)]
        assert [r for r in store.records(DEVICE, EPOCH) if r.seq <= len(before)] == [
            r for r in before if r.seq != 50
        ]


def test_what_is_whole_in_raw_bytes_that_are_not_is_kept(path):
    log = a_log(100)
    for seq in (21, 31):  # no records: nothing else says what these slots were
        log.slots[seq - 1] = b"\x55" * 16
    with Store(path) as store:
        put(store, log, [])
        before = store.records(DEVICE, EPOCH)
    raw = bytearray(b"".join(log.slots))
    for seq in (21, 31):
        raw[16 * (seq - 1)] ^= 0x0F
    change(
        path,
        f"UPDATE chunks SET raw = x'{raw.hex()}'",
        "DELETE FROM records WHERE seq = 50",
    )
    with Store(path) as store:
        assert "asks the object" in " ".join(store.check())
        assert store.records(DEVICE, EPOCH) == before
        assert store.held(DEVICE, EPOCH) == []


def test_a_command_says_what_was_found_in_the_store(kitbag, path):
    filled(path)
    whole = kitbag("--store", path, "nights", "--object", OTHER)
    change(path, "DELETE FROM records WHERE seq = 50")
    code, out, err = kitbag("--store", path, "nights", "--object", OTHER)
    assert (code, out) == whole[:2]
    assert "2 records in the store had changed or were missing" in err


def test_one_bad_byte_in_the_raw_bytes_is_mended(path):
    filled(path)
    raw = tables(path)["chunks"]
    slot = slot_of(path, 77)
    for which in (0, -1):  # in one of them the record, in the other the raw bytes
        filled_again = path.with_name(f"again{which}.sqlite3")
        filled_again.write_bytes(path.read_bytes())
        spoil(filled_again, slot, bytes([slot[0] ^ 1]) + slot[1:], which)
        with Store(filled_again) as store:
            assert store.check()
        assert tables(filled_again)["chunks"] == raw


def test_a_damaged_care_plan_is_asked_for_again(fake, client, path):
    there = fake(a_log())
    with Store(path) as store:
        visits.sync(client(there), store)
    good = tables(path)["plans"]
    change(path, "UPDATE plans SET text = replace(text, '37', '73') || ' '")
    with Store(path) as store:
        history.load(store)
        assert "care plan" in store.notices[0]
    with Store(path) as store:
        visits.sync(client(there), store)
    assert tables(path)["plans"] == good


# --- the file ---------------------------------------------------------------------------------


def test_a_constraint_that_breaks_is_damage(path):
    log = a_log()
    with Store(path) as store:
        put(store, log, [])
        store._db.execute("UPDATE records SET log_epoch = 7, boot = 0 WHERE seq = 5")
        store._db.execute("UPDATE records SET seq = 901 WHERE seq = 6")
        more = a_log()
        more.slots += [b"\0" * 16] * 500
        store._db.execute("CREATE UNIQUE INDEX once ON records (uptime_ms) WHERE kind = 1")
        another = Log(9)
        another.add(wire.BOOT, 1, 0, "power_on", "restart", 4.0, 1)
        with pytest.raises(KitbagError) as caught:
            put(store, another, [])
    assert caught.value.reason is Reason.STORE_DAMAGED
    assert "name a" not in caught.value.next_step


def test_an_index_that_lost_a_row_is_put_right(path):
    filled(path)
    with Store(path) as store:
        before = known(store)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        here = "WHERE name = 'records_by_seq'"
        [(whole,)] = db.execute(f"SELECT sql FROM sqlite_master {here}")
        for sql in (f"{whole} WHERE seq > 9", whole):
            db.execute("PRAGMA writable_schema = ON")
            db.execute(f"UPDATE sqlite_master SET sql = ? {here}", (sql,))
            db.execute("PRAGMA writable_schema = RESET")
            if sql != whole:
                db.execute("REINDEX")
    with Store(path) as store:
        assert store.check()
        assert known(store) == before
    with Store(path) as store:
        assert store.check() == []


def outcome(path: Path, before: dict[str, object]) -> str:
    """What became of a damaged store; it is no silent loss."""
    try:
        with Store(path) as store:
            told = store.check()
            now = known(store)
    except KitbagError as error:
        return error.reason.code
    if now["plan"] is None:
        assert "care plan" in " ".join(told)
        now["plan"] = before["plan"]
    assert now == before
    return "mended" if told else "as it was"


def test_no_damage_to_one_row_loses_anything_in_silence(path):
    filled(path)
    with Store(path) as store:
        before = known(store)
    whole, rows = path.read_bytes(), tables(path)
    harmless = {("chunks", "sector_boot"), ("chunks", "chunk"), ("quarantine", "boot")}
    found: dict[str, int] = {}
    for seed in range(300):
        chance = random.Random(seed)
        path.write_bytes(whole)
        table = chance.choice(sorted(rows))
        row = chance.choice(rows[table])
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            columns = [one[1] for one in db.execute(f"PRAGMA table_info({table})")]
            where = " AND ".join(f"{name} IS ?" for name in columns)
            at = chance.randrange(len(columns))
            while (value := another(chance, row[at])) == row[at]:
                pass
            try:
                if chance.random() < 0.2:
                    db.execute(f"DELETE FROM {table} WHERE {where}", row)
                else:
                    db.execute(
                        f"UPDATE {table} SET {columns[at]} = ? WHERE {where}", (value, *row)
                    )
            except sqlite3.IntegrityError:
                continue
        result = outcome(path, before)
        found[result] = found.get(result, 0) + 1
        if result == "as it was" and table in ("records", "chunks", "quarantine", "devices"):
            # What makes no difference to any reader
            assert (table, columns[at]) in harmless, (seed, table, columns[at], value)
    assert found.keys() == {"mended", "as it was", "store_damaged"}, found


def another(chance: random.Random, value: object) -> object:
    if isinstance(value, int):
        return value ^ (1 << chance.randrange(31))
    if isinstance(value, str):
        at = chance.randrange(len(value) or 1)
        return value[:at] + chance.choice("0123456789abcdefz") + value[at + 1 :]
    if isinstance(value, bytes):
        at = chance.randrange(len(value))
        return value[:at] + bytes([value[at] ^ (1 << chance.randrange(8))]) + value[at + 1 :]
    return 7


def test_no_bad_byte_in_the_file_loses_anything_in_silence(path):
    filled(path)
    with Store(path) as store:
        before = known(store)
    whole = path.read_bytes()
    found: dict[str, int] = {}
    for seed in range(300):
        chance = random.Random(seed)
        data = bytearray(whole)
        data[chance.randrange(100, len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(data)
        result = outcome(path, before)
        found[result] = found.get(result, 0) + 1
    assert found.keys() == {"mended", "as it was", "store_damaged"}, found


def test_a_check_costs_next_to_nothing(path):
    with Store(path) as store:
        put(store, a_log(10_000), [])
    with Store(path) as store:
        began = time.process_time()
        assert store.check() == []
        assert time.process_time() - began < 0.3
