"""Reading a damaged dump of the log: all that can be believed of it, and nothing else."""

from __future__ import annotations

import random
from itertools import permutations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from host_tools.made_dumps import (
    HEADER,
    Dump,
    begun,
    dump_of,
    garbled,
    other,
    went_round,
    without_header,
    write,
)
from kitbag.journal import Journal
from kitbag.wire import records as wire
from kitbag_tools.doctor.dump import plausible, proof
from kitbag_tools.doctor.dump.findings import Findings, read
from support.fakes import Clock
from support.nor import Nor, PowerCut

DUMPS = [went_round, begun]


def often(examples: int) -> settings:
    """The same examples every time: one slot of random bytes in 65,536 is a record by chance."""
    return settings(max_examples=examples, deadline=None, derandomize=True)


PER_SECTOR = wire.RECORDS_PER_SECTOR


def recovered(findings: Findings, dump: Dump) -> set[int]:
    """The seqs of `dump` that were recovered. Fails where anything was that is not in it."""
    found: set[int] = set()
    for log in findings.logs:
        if log.epoch != dump.epoch:
            continue
        for record in log.records:
            assert dump.records.get(record.seq) == (record.boot, record.slot), record
            found.add(record.seq)
    return found


def all_of(*dumps: Dump, data: bytes) -> list[set[int]]:
    """What was recovered of each, when nothing else may be in `data`."""
    findings = read(data)
    assert {log.epoch for log in findings.logs} <= {dump.epoch for dump in dumps}
    return [recovered(findings, dump) for dump in dumps]


# --- whole dumps ---------------------------------------------------------------------------------


@pytest.mark.parametrize("made", DUMPS)
def test_a_whole_dump_is_whole(made):
    dump = made()
    findings = read(dump.data)
    assert findings.is_whole
    assert recovered(findings, dump) == set(dump.records)
    [log] = findings.logs
    assert (log.first, log.next) == (min(dump.records), max(dump.records) + 1)
    assert findings.good == sum(first is not None for first in dump.firsts)
    assert findings.free == len(dump.firsts) - findings.good
    assert log.gaps == []
    assert log.boots == (min(b for b, _ in dump.records.values()), dump.records[log.next - 1][0])


def test_a_void_slot_keeps_its_seq_and_is_no_damage():
    [log] = read(went_round().data).logs
    assert len(log.void) == 1
    assert log.first < log.void[0] < log.next
    assert log.void[0] not in went_round().records


@pytest.mark.parametrize("done", [0.2, 0.6, 0.9])
@pytest.mark.parametrize("cut_at", range(700, 712))
def test_what_a_power_cut_tore_is_never_a_record(cut_at, done):
    nor = Nor(4)
    nor.cut_at, nor.done = cut_at, done
    with pytest.raises(PowerCut):
        write(nor, range(1, 9), 100)
    whole = Nor(4)
    write(whole, range(1, 9), 100)
    findings = read(bytes(nor.data))
    [log] = findings.logs
    assert [r.seq for r in log.records] == list(range(1, log.next))
    assert log.missing <= 1
    assert len(log.records) >= cut_at - 20  # beside the records it erased and began sectors


# --- flipped bits --------------------------------------------------------------------------------


def check_flipped(dump: Dump, bit: int) -> None:
    data = bytearray(dump.data)
    data[bit // 8] ^= 1 << bit % 8
    findings = read(bytes(data))
    lost = set(dump.records) - recovered(findings, dump)
    assert len(lost) <= 1
    sector, place = divmod(bit // 8, wire.SECTOR)
    first = dump.firsts[sector]
    if lost:  # it is the one with the bit
        assert first is not None
        assert lost == {first + place // wire.SLOT - wire.HEADER_SLOTS}
    [log] = findings.logs
    assert log.missing == len(log.damaged) <= 1
    assert lost <= {gap.first_seq for gap in log.gaps}


@often(150)
@given(st.sampled_from(DUMPS), st.data())
def test_a_flipped_bit_costs_its_own_record_at_most(made, data):
    dump = made()
    check_flipped(dump, data.draw(st.integers(0, len(dump.data) * 8 - 1)))


def test_a_flipped_bit_of_a_header_costs_nothing():
    dump = went_round()
    for bit in range(HEADER * 8):
        data = bytearray(dump.data)
        data[wire.SECTOR + bit // 8] ^= 1 << bit % 8
        assert recovered(read(bytes(data)), dump) == set(dump.records), bit


@often(60)
@given(st.sampled_from(DUMPS), st.lists(st.integers(0, 2**31), min_size=1, max_size=400))
def test_of_many_flipped_bits_each_costs_its_own_record_at_most(made, bits):
    dump = made()
    data = bytearray(dump.data)
    touched = set[int]()
    for drawn in bits:
        bit = drawn % (len(data) * 8)
        sector, place = divmod(bit // 8, wire.SECTOR)
        if place < HEADER:  # of those both copies could be hit
            continue
        data[bit // 8] ^= 1 << bit % 8
        first = dump.firsts[sector]
        touched.add((first or 0) + place // wire.SLOT - wire.HEADER_SLOTS)
    assert recovered(read(bytes(data)), dump) >= set(dump.records) - touched


# --- sectors that are gone -----------------------------------------------------------------------

GARBAGE = st.sampled_from(["random", "erased", "cleared", "pattern"])


def spoiled(kind: str, seed: int) -> bytes:
    if kind == "random":
        return random.Random(seed).randbytes(wire.SECTOR)
    return {"erased": b"\xff", "cleared": b"\0", "pattern": b"\x55"}[kind] * wire.SECTOR


@often(80)
@given(st.sampled_from(DUMPS), st.dictionaries(st.integers(0, 5), GARBAGE), st.integers(0, 2**32))
def test_all_other_sectors_survive_any_garbage(made, kinds, seed):
    dump = made()
    sectors = dump.sectors
    gone = set[int]()
    for sector, kind in kinds.items():
        if sector < len(sectors):
            sectors[sector] = spoiled(kind, seed + sector)
            gone |= dump.of_sector(sector)
    kept = set(dump.records) - gone
    findings = read(b"".join(sectors))
    assert recovered(findings, dump) == kept
    if gone and kept:
        assert not findings.is_whole or set(dump.records) - kept == gone
        [log] = findings.logs
        told = {s for g in log.gaps for s in range(g.first_seq, g.last_seq + 1)}
        assert told == {s for s in gone | set(log.void) if log.first < s < log.next} - set(
            log.void
        )


@pytest.mark.parametrize("kind", ["random", "cleared", "pattern"])
@pytest.mark.parametrize("made", DUMPS)
def test_a_spoiled_sector_with_records_is_never_passed_over(made, kind):
    dump = made()
    for sector, first in enumerate(dump.firsts):
        sectors = dump.sectors
        sectors[sector] = spoiled(kind, sector)
        findings = read(b"".join(sectors))
        # In the free part of a ring nothing of the log was lost
        assert findings.is_whole == (first is None), sector
        assert (findings.elsewhere if first is None else len(findings.unreadable)) == 1


# --- headers that are gone -----------------------------------------------------------------------


@pytest.mark.parametrize("made", DUMPS)
def test_a_sector_without_a_header_keeps_its_records(made):
    dump = made()
    for sector, first in enumerate(dump.firsts):
        if first is None:
            continue
        findings = read(without_header(dump, sector))
        assert recovered(findings, dump) == set(dump.records), sector
        assert findings.inferred == 1
        assert not findings.is_whole
        assert findings.logs[0].gaps == []


@pytest.mark.parametrize("made", DUMPS)
def test_one_header_is_enough_for_a_ring(made):
    dump = made()
    used = [sector for sector, first in enumerate(dump.firsts) if first is not None]
    for kept in used:
        data = without_header(dump, *(sector for sector in used if sector != kept))
        findings = read(data)
        assert recovered(findings, dump) == set(dump.records), kept
        assert findings.inferred == len(used) - 1


def test_one_copy_of_a_header_is_enough_and_told():
    dump = begun()
    for at in (0, HEADER // 2):
        data = dump.data
        for sector in range(len(dump.sectors)):
            data = garbled(data, sector * wire.SECTOR + at, HEADER // 2, sector)
        findings = read(data)
        assert recovered(findings, dump) == set(dump.records), at
        assert (findings.half_headers, findings.inferred) == (4, 0)
        assert not findings.is_whole


def test_of_two_copies_that_differ_the_records_tell_the_right_one():
    dump = begun()
    wrong = bytes(wire.pack_header(dump.epoch, 3, 5_000_000, 1))[: HEADER // 2]
    for at in (wire.SECTOR, wire.SECTOR + HEADER // 2):
        data = dump.data[:at] + wrong + dump.data[at + len(wrong) :]
        assert recovered(read(data), dump) == set(dump.records), at


def test_sectors_in_any_order():
    dump = went_round()
    for order in permutations(range(4)):
        sectors = dump.sectors
        assert recovered(read(b"".join(sectors[i] for i in order)), dump) == set(dump.records)
        hidden = Dump(b"".join(sectors[i] for i in order), dump.epoch, {}, ())
        findings = read(without_header(hidden, 1, 3))
        assert recovered(findings, dump) == set(dump.records), order


def test_a_bit_that_always_reads_0_costs_the_records_that_had_a_1_there():
    dump = went_round()
    for sector in range(4):
        data = bytearray(without_header(dump, *({0, 1, 2, 3} - {sector})))
        start, lost = 3 * wire.SECTOR + HEADER, set[int]()
        first = dump.firsts[3]
        assert first is not None
        for place in range(PER_SECTOR):
            at = start + place * wire.SLOT + 2  # uptime
            if data[at] & 0x20:
                data[at] &= ~0x20
                lost.add(first + place)
        assert 50 < len(lost) < 200
        assert recovered(read(bytes(data)), dump) == set(dump.records) - lost, sector


def test_boots_are_told_by_a_boot_record_or_by_both_neighbours():
    nor = Nor(4)
    journal, boots = write(nor, range(250, 262), 70, kinds=False)
    assert boots[max(boots)] > 255
    dump = dump_of(nor, journal, boots)
    for sector in range(4):
        assert recovered(read(without_header(dump, sector)), dump) == set(dump.records)


def started_often(kinds: bool) -> Dump:
    """More than 255 starts of which the log knows nothing, in the midst of it."""
    nor = Nor(4)
    boots: dict[int, int] = {}
    for boot in (1, 2, 300, 301):
        _, written = write(nor, range(boot, boot + 1), PER_SECTOR, kinds=kinds)
        boots |= written
    return dump_of(nor, Journal(nor, 301, Clock()), boots)


def test_a_boot_record_tells_what_the_neighbours_cannot():
    dump = started_often(kinds=True)
    assert recovered(read(without_header(dump, 2)), dump) == set(dump.records)


def test_boots_that_the_neighbours_contradict_are_not_guessed():
    dump = started_often(kinds=False)
    findings = read(without_header(dump, 2))
    assert recovered(findings, dump) == set(dump.records) - dump.of_sector(2)
    assert findings.unreadable == [2]
    assert [(g.first_seq, g.last_seq, g.reason) for g in findings.logs[0].gaps] == [
        (2 * PER_SECTOR + 1, 3 * PER_SECTOR, "lost")
    ]


def test_boots_before_the_first_are_not_believed():
    nor = Nor(3)
    _, first = write(nor, range(5, 6), PER_SECTOR, kinds=False)
    journal, then = write(nor, range(1, 2), PER_SECTOR, kinds=False)
    dump = dump_of(nor, journal, first | then)
    findings = read(without_header(dump, 0))
    assert recovered(findings, dump) == dump.of_sector(1)
    assert findings.unreadable == [0]


# --- what does not begin at its beginning --------------------------------------------------------


@often(25)
@given(st.sampled_from(DUMPS), st.integers(0, 9000), st.integers(0, 9000), st.integers(0, 2**32))
def test_bytes_before_and_behind_cost_nothing(made, before, behind, seed):
    dump = made()
    chance = random.Random(seed)
    data = chance.randbytes(before) + dump.data + chance.randbytes(behind)
    findings = read(data)
    assert recovered(findings, dump) == set(dump.records)
    assert findings.at % wire.SECTOR == before % wire.SECTOR


@often(80)
@given(st.sampled_from(DUMPS), st.integers(0, 16384), st.integers(0, 16384))
@example(went_round, wire.SECTOR + 33, 2 * wire.SECTOR + 32)  # the ring's newest beside its oldest
def test_a_piece_of_a_dump_gives_all_that_is_in_it(made, begin, end):
    dump = made()
    begin, end = min(begin, end), max(begin, end)
    expected = set[int]()
    proving = 0
    for sector, first in enumerate(dump.firsts):
        start = sector * wire.SECTOR
        inside = {
            seq
            for seq in dump.of_sector(sector)
            if first is not None
            and begin <= start + HEADER + (seq - first) * wire.SLOT
            and start + HEADER + (seq - first + 1) * wire.SLOT <= end
        }
        half = HEADER // 2
        if (begin <= start + half and start + HEADER <= end) or begin <= start <= end - half:
            proving += 1  # its header is there, at least once
            expected |= inside
        elif len(inside) >= 4:
            expected |= inside
    found = recovered(read(dump.data[begin:end]), dump)
    assert found >= expected if proving else found == set()


@often(60)
@given(st.integers(0, 16384), st.integers(1, 300))
def test_bytes_lost_inside_cost_the_sector_they_are_in(at, size):
    dump = went_round()
    findings = read(dump.data[:at] + dump.data[at + size :])
    harmed = dump.of_sector(min(at // wire.SECTOR, 3)) | dump.of_sector(
        min((at + size) // wire.SECTOR, 3)
    )
    assert recovered(findings, dump) >= set(dump.records) - harmed


def test_a_sector_of_which_bytes_are_lost_ends_where_the_next_one_begins():
    dump = begun()
    at, lost = wire.SECTOR + HEADER + 100 * wire.SLOT, 10
    findings = read(dump.data[:at] + dump.data[at + lost * wire.SLOT :])
    assert findings.is_cut
    first = dump.firsts[1]
    assert first is not None
    assert [
        (gap.first_seq - first, gap.last_seq - first, gap.reason) for gap in findings.logs[0].gaps
    ] == [
        (100, PER_SECTOR - lost - 1, "damaged"),
        (PER_SECTOR - lost, PER_SECTOR - 1, "lost"),
    ]


# --- several logs --------------------------------------------------------------------------------


def test_an_older_log_is_told_apart():
    old, new = went_round(), other()
    data = b"".join(new.sectors[:2] + old.sectors[2:])
    kept = old.of_sector(2) | old.of_sector(3), new.of_sector(0) | new.of_sector(1)
    assert all_of(old, new, data=data) == [*kept]
    assert [log.epoch for log in read(data).logs] == [old.epoch, new.epoch]
    # ... also where one sector of each has no header
    for sectors in ((0, 2), (1, 3), (0, 3), (1, 2)):
        hidden = without_header(Dump(data, 0, {}, ()), *sectors)
        assert all_of(old, new, data=hidden) == [*kept], sectors


def test_a_log_of_which_no_header_is_left_is_no_part_of_another():
    new = other()
    for seed in range(8):
        nor = Nor(4)
        nor_seed, boots = write(nor, range(1, 4), 300 + seed)
        old = dump_of(nor, nor_seed, boots)
        data = b"".join(new.sectors[:2] + old.sectors[2:])
        [found] = all_of(new, data=without_header(Dump(data, 0, {}, ()), 2, 3))
        assert found == new.of_sector(0) | new.of_sector(1)


def test_a_sector_that_two_logs_could_have_written_is_nobodys():
    nor = Nor(4)
    old = dump_of(nor, *write(nor, range(1, 2), 700))
    alike = next(
        epoch
        for epoch in range(old.epoch + 1, old.epoch + 10_000_000)
        if wire.slot_crc(bytes(14), epoch, 1) == wire.slot_crc(bytes(14), old.epoch, 1)
    )
    nor = Nor(4)
    new = dump_of(nor, *write(nor, range(2, 3), 700, epoch=alike))
    data = b"".join([old.sectors[0], new.sectors[1], old.sectors[2], old.sectors[3]])
    assert all_of(old, new, data=data) == [old.of_sector(0) | old.of_sector(2), new.of_sector(1)]
    hidden = without_header(Dump(data, 0, {}, ()), 2)
    assert all_of(old, new, data=hidden) == [old.of_sector(0), new.of_sector(1)]


def test_what_was_written_twice_is_told_and_kept_once():
    nor = Nor(4)
    _, boots = write(nor, range(1, 2), 100)
    back = Nor(4, nor.data)  # the flash was put back to here, and written anew
    dump = dump_of(*_more(nor, boots))
    again = dump_of(*_more(back, boots, 7))
    [log] = read(dump.data + again.data).logs
    assert {r.seq: r.slot for r in log.records} == {
        s: slot for s, (_, slot) in dump.records.items()
    }
    assert {r.seq for r in log.conflicts} == set(range(101, 131))
    assert not read(dump.data + again.data).is_whole


def test_a_sector_with_its_header_is_believed_before_one_without():
    nor = Nor(4)
    _, boots = write(nor, range(1, 2), 5 * PER_SECTOR + 100)
    back = Nor(4, nor.data)
    dump = dump_of(*_more(nor, boots))
    hidden = without_header(dump_of(*_more(back, boots, 7)), 1)
    for data in (hidden + dump.data, dump.data + hidden):
        findings = read(data)
        assert findings.inferred == 1
        assert recovered(findings, dump) == set(dump.records)
        assert len(findings.logs[0].conflicts) == 30


def _more(nor, boots, boot=2):
    journal, more = write(nor, range(boot, boot + 1), 30)
    return nor, journal, boots | more


# --- what chance can do --------------------------------------------------------------------------


def test_odds():
    assert proof.odds(1, 1) == pytest.approx(1 / 65536)
    assert proof.odds(252, 1) == pytest.approx(252 / 65536)
    assert proof.odds(252, 2, 3) == pytest.approx(3 * 252 * 251 / 2 / 65536**2)
    assert proof.odds(252, 0, 5) == 1
    assert proof.odds(252, 4, 8) < proof.LIKELY < proof.odds(252, 3, 8)
    assert proof.odds(2, 2, 8) < proof.LIKELY < proof.odds(1, 1)


def test_one_record_among_a_sector_of_noise_is_not_believed():
    dump = begun()
    start = wire.SECTOR + HEADER
    for alone, believed in ((True, False), (False, True)):
        data = garbled(dump.data, start, wire.SECTOR - HEADER)
        keep = (10,) if alone else (10, 11)
        for place in keep:
            at = start + place * wire.SLOT
            data = data[:at] + dump.data[at : at + wire.SLOT] + data[at + wire.SLOT :]
        first = dump.firsts[1]
        assert first is not None
        found = recovered(read(data), dump) & dump.of_sector(1)
        assert found == ({first + place for place in keep} if believed else set())


def test_a_record_by_chance_among_damaged_slots_is_not_believed():
    chance = random.Random(5)
    formed = sum(plausible.has_form(chance.randbytes(wire.SLOT)) for _ in range(20_000))
    assert 0 < formed < 20_000 / 25
    assert all(plausible.has_form(slot) for _, slot in went_round().records.values())


@pytest.mark.parametrize(
    ("spoil", "believed"),
    [
        ({}, True),
        ({"kind": 99}, False),
        ({"boot": 7}, False),
        ({"boot": 0}, False),
        ({"uptime_ms": 5_000_000_000 % 2**32}, False),
    ],
)
def test_a_record_beside_damage_must_fit_what_lies_around_it(spoil, believed):
    dump = begun()
    seqs = sorted(dump.of_sector(1))
    middle = seqs[len(seqs) // 2]
    boot, slot = dump.records[middle]
    changed = bytearray(slot)
    changed[0] = spoil.get("kind", slot[0])
    changed[1] = spoil.get("boot", boot)
    changed[2:6] = spoil.get("uptime_ms", int.from_bytes(slot[2:6], "little")).to_bytes(
        4, "little"
    )
    changed[14:] = wire.slot_crc(changed, dump.epoch, middle).to_bytes(2, "little")
    for damaged in (plausible.FEW, 2 * plausible.FEW):
        data = bytearray(dump.data)
        at = wire.SECTOR + HEADER + (middle - seqs[0]) * wire.SLOT
        begin, end = at - damaged // 2 * wire.SLOT, at + damaged // 2 * wire.SLOT + wire.SLOT
        data[begin:end] = b"\x55" * (end - begin)
        data[at : at + wire.SLOT] = changed
        [log] = read(bytes(data)).logs
        found = {record.seq: record.slot for record in log.records}
        assert (found.get(middle) == bytes(changed)) == (believed or damaged == plausible.FEW)
        assert len(found) == len(dump.records) - damaged - (middle not in found)


def test_one_record_without_a_header_proves_nothing():
    nor = Nor(4)
    journal, boots = write(nor, range(1, 2), PER_SECTOR + 1)
    dump = dump_of(nor, journal, boots)
    findings = read(without_header(dump, 1))
    assert recovered(findings, dump) == dump.of_sector(0)
    assert findings.unreadable == [1]


# --- anything at all -----------------------------------------------------------------------------


@often(150)
@given(st.binary(max_size=20_000))
def test_random_bytes_are_no_log(data):
    findings = read(data)
    assert findings.logs == []
    assert findings.records == 0


@often(60)
@given(
    st.sampled_from(DUMPS),
    st.lists(
        st.tuples(st.integers(0, 2**20), st.integers(1, 6000), st.integers(0, 9)), max_size=8
    ),
)
def test_whatever_is_done_to_a_dump_no_record_is_wrong(made, changes):
    dump = made()
    data = dump.data
    for place, size, how in changes:
        at = place % (len(data) + 1)
        if how < 4:
            data = garbled(data, at, size, place)[: len(data)]
        elif how < 6:
            data = data[:at] + data[at + size :]
        elif how < 8:
            data = data[:at] + random.Random(place).randbytes(size) + data[at:]
        else:  # a stretch of it once more, elsewhere
            data = data[:at] + data[size : size + place % 5000] + data[at:]
    recovered(read(data), dump)


def test_a_header_that_says_the_impossible_does_no_harm():
    dump = begun()
    for first in (0, 0xFFFFFFFF, 0xFFFFFFFF - PER_SECTOR, 5_000_000, 17):
        header = bytes(wire.pack_header(dump.epoch, 0xFFFFFFFF, first, 1))
        at = 2 * wire.SECTOR
        data = dump.data[:at] + header + dump.data[at + HEADER :]
        findings = read(data)
        assert recovered(findings, dump) >= set(dump.records) - dump.of_sector(2), first
        assert not findings.is_whole
