"""Visits: everything once, nothing wrong, and the store whole or untouched."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host_tools.fake_object import FakeObject, Log
from kitbag.wire import records, requests
from kitbag_tools import visits
from kitbag_tools.errors import ExitCode, KitbagError, Reason
from kitbag_tools.store import Store


def a_log(count: int = 700, epoch: int = 0x5EED0001) -> Log:
    log = Log(epoch)
    log.add(records.BOOT, 1, 0, "power_on", "restart", 4.0, 1)
    for i in range(1, count):
        log.add(records.HOLD, 1, i * 1000, 10.0 + i % 7, 1500, 0.7, 0.2, 0.9)
    return log


def contents(store: Store) -> dict[str, list]:
    tables = [
        row[0] for row in store._db.execute("SELECT name FROM sqlite_master WHERE type='table'")
    ]
    return {table: store._db.execute(f"SELECT * FROM {table}").fetchall() for table in tables}


def slots_of(store: Store, epoch: int = 0x5EED0001) -> dict[int, bytes]:
    return {record.seq: record.slot for record in store.records("c0ffee01", epoch)}


def test_a_sync_brings_everything_home(fake, client, store):
    there = fake(a_log())
    seen: list[tuple[int, int]] = []
    result = visits.sync(client(there), store, lambda done, of: seen.append((done, of)))
    # and the anchor that the visit itself left
    assert (result.records_new, result.records_total, result.complete) == (701, 701, True)
    assert slots_of(store) == dict(enumerate(there.log.slots, 1))
    assert there.acked == 702
    assert seen[-1] == (701, 701)
    assert seen == sorted(seen)


def test_a_second_sync_reads_only_what_is_new(fake, client, store):
    there = fake(a_log())
    visits.sync(client(there), store)
    before, asked = slots_of(store), len(there.requests)
    there.log.add(records.PAT, 1, 800_000, 1.0, 400, 3, 0.5, 0.1, 0.9)
    result = visits.sync(client(there), store)
    assert result.records_new == 2  # the pat, and the anchor of this visit
    assert there.requests[asked:].count("read") == 1
    assert {seq: slot for seq, slot in slots_of(store).items() if seq in before} == before


def test_the_object_is_acknowledged_only_after_the_store(fake, client, store, monkeypatch):
    there = fake(a_log())

    def full(_: object) -> None:
        raise KitbagError(where="store", reason=Reason.STORE_FULL, next_step="make room")

    monkeypatch.setattr(store, "add", full)
    with pytest.raises(KitbagError):
        visits.sync(client(there), store)
    assert there.acked == 0
    assert "ack" not in there.requests


def lying(times: int):
    """A `_on_digest` that is wrong the first `times` times."""
    told: list[int] = []

    def on_digest(there: FakeObject, turn: int, given: dict) -> bytes:
        told.append(given["from"])
        if len(told) <= times:
            return requests.answer(turn, digest="00" * 32)
        return DIGEST(there, turn, given)

    return on_digest


DIGEST = FakeObject._on_digest


def test_what_came_down_is_proven_by_the_objects_own_digest(fake, client, store):
    there = fake(a_log(5000))
    assert visits.sync(client(there), store).complete
    # Every slot is under one of them
    assert there.requests.count("digest") == 2
    assert there.requests.index("digest") < there.requests.index("ack")


def test_a_slot_that_changed_on_the_way_is_read_again(fake, client, store, monkeypatch):
    monkeypatch.setattr(FakeObject, "_on_digest", lying(1))
    there = fake(a_log())
    result = visits.sync(client(there), store)
    assert (result.records_total, result.complete, result.warnings) == (701, True, [])
    assert slots_of(store) == dict(enumerate(there.log.slots, 1))
    assert there.requests.count("digest") == 2
    assert there.acked == 702


def test_what_cannot_be_proven_is_kept_told_and_not_acknowledged(fake, client, store, monkeypatch):
    monkeypatch.setattr(FakeObject, "_on_digest", lying(99))
    there = fake(a_log())
    result = visits.sync(client(there), store)
    assert slots_of(store) == dict(enumerate(there.log.slots, 1))
    assert there.acked == 0
    [warning] = result.warnings
    assert "differently twice" in warning


def test_who_stops_in_the_middle_of_a_window_says_so(fake, client, store):
    told = threading.Event()

    def heard(_: int, frame: bytes) -> bytes:
        if there.requests[-1] == "abort":
            told.set()
        return frame

    def stop(_: int, __: int) -> None:
        raise KeyboardInterrupt

    there = fake(a_log(), spoil=heard)
    with pytest.raises(KeyboardInterrupt), client(there) as one:
        visits.sync(one, store, stop)
    assert told.wait(5)
    assert store.devices() == []


def test_a_link_that_comes_back_is_gone_on_with(fake, client, store):
    there = fake(a_log(), spoil=lambda number, frame: b"" if number == 15 else frame)
    timer = threading.Timer(0.4, there.plug_in)
    timer.start()
    result = visits.sync(client(there), store)
    timer.join()
    assert (result.records_total, result.complete) == (701, True)
    assert slots_of(store) == dict(enumerate(there.log.slots, 1))
    # What had come before the cut was not read again
    assert there.requests.count("read") == 2
    assert result.read_bytes == 16 * 701


def test_unplugged_for_good_leaves_the_store_untouched(fake, client, store):
    visits.sync(client(fake(a_log(300))), store)
    before = contents(store)
    there = fake(a_log(), spoil=lambda number, frame: b"" if number == 11 else frame)
    with pytest.raises(KitbagError) as caught:
        visits.sync(client(there, patience_s=0.2), store)
    assert caught.value.exit_code == ExitCode.INCOMPLETE
    assert "nothing was stored" in caught.value.problem
    assert contents(store) == before


def test_unplugged_after_the_store_has_it_is_no_failure(fake, client, store):
    there = fake(a_log())
    there.spoil = lambda number, frame: b"" if there.requests[-1] == "ack" else frame
    result = visits.sync(client(there, patience_s=0.2), store)
    assert result.complete
    assert store.count("c0ffee01") == 701
    assert "could not be told" in result.warnings[0]


def test_another_object_on_the_port_is_noticed(fake, client, store):
    there = fake(a_log(), spoil=lambda number, frame: b"" if number == 15 else frame)

    def swap() -> None:
        there.device = "beefbeef"
        there.plug_in()

    timer = threading.Timer(0.3, swap)
    timer.start()
    with pytest.raises(KitbagError) as caught:
        visits.sync(client(there), store)
    timer.join()
    assert caught.value.reason is Reason.OTHER_OBJECT
    assert store.devices() == []


def test_every_second_answer_damaged_still_brings_everything(fake, client, store):
    def spoil(number: int, frame: bytes) -> bytes:
        return frame[:7] + bytes([frame[7] ^ 1]) + frame[8:] if number % 2 else frame

    there = fake(a_log(), spoil=spoil)
    assert visits.sync(client(there), store).complete
    assert slots_of(store) == dict(enumerate(there.log.slots, 1))


def test_damaged_slots_are_counted_named_and_told_once(fake, client, store):
    log = a_log()
    for seq in (50, 51, 400):
        slot = bytearray(log.slots[seq - 1])
        slot[8] ^= 0x40
        log.slots[seq - 1] = bytes(slot)
    there = fake(log)
    result = visits.sync(client(there), store)
    found = [(gap.first_seq, gap.last_seq, gap.reason) for gap in result.gaps]
    assert found == [(50, 51, "damaged"), (400, 400, "damaged")]
    assert not result.complete
    assert result.records_new == 698
    assert {50, 51, 400}.isdisjoint(slots_of(store))
    assert visits.sync(client(there), store).complete
    assert len(store.gaps("c0ffee01", log.epoch)) == 2


def test_damage_among_the_slots_that_are_read_again_is_told_once(fake, client, store):
    log = a_log(50)
    log.slots[48] = b"\x55" * 16
    there = fake(log)
    first, second = (visits.sync(client(there), store) for _ in range(2))
    assert [gap.first_seq for gap in first.gaps] == [49]
    assert second.complete


def test_damage_to_what_is_stored_already_is_no_gap(fake, client, store):
    there = fake(a_log(50))
    visits.sync(client(there), store)
    before = slots_of(store)
    there.log.slots[49] = b"\x55" * 16
    assert visits.sync(client(there), store).complete
    assert slots_of(store)[50] == before[50]


def test_a_slot_that_was_only_read_badly_is_read_again(fake, client, store, monkeypatch):
    log = a_log()
    whole = log.read
    asked: list[int] = []

    def read(first: int, count: int):
        found = whole(first, count)
        asked.append(first)
        if found and first == 1 and asked.count(1) == 1:
            return found[0], found[1], found[2][:40] + b"\x00\x01" + found[2][42:]
        return found

    monkeypatch.setattr(log, "read", read)
    assert visits.sync(client(fake(log)), store).complete


def test_void_slots_are_no_records_and_no_gap(fake, client, store):
    log = a_log()
    for seq in (10, 11, 12):
        log.slots[seq - 1] = records.VOID
    there = fake(log)
    result = visits.sync(client(there), store)
    assert (result.records_new, result.gaps) == (698, [])
    # And they are not asked for again
    asked = len(there.requests)
    visits.sync(client(there), store)
    assert there.requests[asked:].count("read") == 1


def test_slots_that_were_erased_and_not_yet_written_again_are_a_gap(fake, client, store):
    log = a_log()
    log.slots[100:252] = [records.FREE] * 152  # a power cut while their sector was erased
    result = visits.sync(client(fake(log)), store)
    found = [(gap.first_seq, gap.last_seq, gap.reason) for gap in result.gaps]
    assert found == [(101, 252, "overwritten")]
    assert not result.complete
    assert visits.sync(client(fake(log)), store).complete


def test_what_was_overwritten_before_the_visit_is_a_gap(fake, client, store):
    log = a_log()
    log.forget_before(253)
    result = visits.sync(client(fake(log)), store)
    assert [(g.first_seq, g.last_seq, g.reason) for g in result.gaps] == [(1, 252, "overwritten")]
    assert not result.complete


def test_between_two_visits_only_what_was_missed_is_a_gap(fake, client, store):
    there = fake(a_log(300))
    visits.sync(client(there), store)
    for i in range(500):
        there.log.add(records.BATTERY, 1, 400_000 + i, 3.9)
    there.log.forget_before(505)
    result = visits.sync(client(there), store)
    assert [(g.first_seq, g.last_seq) for g in result.gaps] == [(302, 504)]
    assert visits.sync(client(there), store).complete


def test_a_ring_that_comes_round_while_it_is_read(fake, client, store, monkeypatch):
    log = a_log()
    whole = log.read

    def read(first: int, count: int):
        if first == 127:
            log.forget_before(253)
        return whole(first, count)

    monkeypatch.setattr(log, "read", read)
    result = visits.sync(client(fake(log)), store)
    assert [(g.first_seq, g.last_seq, g.reason) for g in result.gaps] == [
        (127, 252, "overwritten")
    ]
    assert result.records_new == 701 - 126


def test_a_new_log_is_kept_beside_the_old_one(fake, client, store):
    visits.sync(client(fake(a_log(300))), store)
    result = visits.sync(client(fake(a_log(200, epoch=0xBEEF))), store)
    assert result.records_new == 201
    assert store.count("c0ffee01") == 301 + 201
    assert store.epochs("c0ffee01") == [0x5EED0001, 0xBEEF]


def test_a_log_that_was_put_back_goes_to_quarantine_and_is_told(fake, client, store):
    visits.sync(client(fake(a_log(300))), store)
    before = slots_of(store)
    log = a_log(250)
    for i in range(20):
        log.add(records.PAT, 1, 300_000 + i, 1.0, 400, 3, 0.5, 0.1, 0.9)
    result = visits.sync(client(fake(log)), store)
    # The first of them took the place of what had been stored as 251 and on
    assert result.conflicts[:2] == [251, 252]
    assert not result.complete
    assert slots_of(store) == before
    assert store.quarantined("c0ffee01", log.epoch) == len(result.conflicts)


def test_a_clock_that_was_never_set_gives_no_anchor(fake, client, store, clock):
    clock.now_ms = 0
    there = fake(a_log())
    result = visits.sync(client(there), store)
    assert "clock is not set" in result.warnings[0]
    assert there.anchors == []
    assert store.anchors("c0ffee01", there.log.epoch) == []


def test_an_anchor_that_the_object_refuses_is_kept_here(fake, client, store):
    there = fake(a_log())
    there.answer_with["anchor"] = {"error": "bad_request"}
    result = visits.sync(client(there), store)
    assert len(result.warnings) == 1
    assert len(store.anchors("c0ffee01", there.log.epoch)) == 1


def test_set_up_leaves_plan_and_anchor(fake, client, store):
    there = fake(a_log(3))
    done = visits.set_up(client(there), {"warmth": {"level_c": 37}}, store)
    assert '"warmth.level_c":37' in done.plan.text
    assert len(there.anchors) == 1
    known = store.plan("c0ffee01", done.plan.crc)
    assert known is not None
    assert known["warmth.level_c"] == 37
    assert [visit.act for visit in store.visits("c0ffee01")] == ["set_up"]
    # The sync after it still reads from the beginning
    assert visits.sync(client(there), store).records_total == 5


@given(
    parts=st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=6),
    first=st.integers(0, 30),
    length=st.integers(0, 60),
)
@settings(max_examples=300)
def test_missing_is_exactly_what_is_not_held(parts, first, length):
    seqs = sorted({seq for start, size in parts for seq in range(start, start + size)})
    held: list[range] = []
    for seq in seqs:
        if held and held[-1].stop == seq:
            held[-1] = range(held[-1].start, seq + 1)
        else:
            held.append(range(seq, seq + 1))
    wanted = visits.missing(held, first, first + length, overlap=0)
    found = [seq for part in wanted for seq in part]
    assert found == [seq for seq in range(first, first + length) if seq not in set(seqs)]
    again = [
        seq for part in visits.missing(held, first, first + length, overlap=4) for seq in part
    ]
    assert again == sorted(set(again))
    assert set(found) <= set(again) <= set(range(first, first + length))
