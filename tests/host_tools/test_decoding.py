"""From slots to records: damage may cost a record, it never makes a wrong one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host_tools.fake_object import EPOCH, Log
from host_tools.made_nights import a_night, chunks_of
from kitbag.wire import records as wire
from kitbag_tools.records import Chunk, decode


@pytest.fixture(scope="module")
def chunk() -> Chunk:
    log = Log()
    a_night(log)
    return chunks_of(log)[0]


def changed(chunk: Chunk, slots: bytes) -> Chunk:
    return Chunk(chunk.epoch, chunk.boot, chunk.first_seq, slots)


def test_a_whole_chunk_gives_every_record(chunk):
    decoded = decode(chunk, 1)
    assert [record.seq for record in decoded.records] == list(range(1, chunk.count + 1))
    assert (decoded.damaged, decoded.silent) == ([], [])
    assert decoded.records[0].name == "boot"
    assert decoded.records[1].fields["peak_pa"] == 1500


# Up to three flipped bits in a slot, and any burst of sixteen, CRC-16 finds with certainty
@given(data=st.data())
@settings(max_examples=300)
def test_flipped_bits_never_make_a_wrong_record(chunk, data):
    right = {record.seq: record for record in decode(chunk, 1).records}
    slots = bytearray(chunk.slots)
    hit: dict[int, set[int]] = {}
    for _ in range(data.draw(st.integers(1, 12))):
        place = data.draw(st.integers(0, chunk.count - 1))
        bits = hit.setdefault(place, set())
        if len(bits) < 3:
            bits.add(data.draw(st.integers(0, 127)))
    for place, bits in hit.items():
        for bit in bits:
            slots[place * wire.SLOT + bit // 8] ^= 1 << bit % 8
    decoded = decode(changed(chunk, bytes(slots)), 1)
    assert all(right[record.seq] == record for record in decoded.records)
    assert {place + chunk.first_seq for place in hit} == set(decoded.damaged)
    assert len(decoded.records) + len(decoded.damaged) == chunk.count


@given(place=st.integers(0, 80), start=st.integers(0, 112), burst=st.integers(1, 0xFFFF))
@settings(max_examples=300)
def test_a_burst_never_makes_a_wrong_record(chunk, place, start, burst):
    slot = int.from_bytes(chunk.slots[place * 16 : place * 16 + 16], "little") ^ burst << start
    slots = (
        chunk.slots[: place * 16] + slot.to_bytes(16, "little") + chunk.slots[place * 16 + 16 :]
    )
    decoded = decode(changed(chunk, slots), 1)
    assert place + chunk.first_seq not in {record.seq for record in decoded.records}


@given(one=st.integers(0, 80), other=st.integers(0, 80))
def test_a_slot_in_the_place_of_another_is_no_record(chunk, one, other):
    slots = bytearray(chunk.slots)
    slots[one * 16 : one * 16 + 16] = chunk.slots[other * 16 : other * 16 + 16]
    decoded = decode(changed(chunk, bytes(slots)), 1)
    assert (one + chunk.first_seq in decoded.damaged) == (one != other)


def test_a_slot_of_another_log_is_no_record(chunk):
    other = Chunk(EPOCH ^ 1, 1, chunk.first_seq, chunk.slots)
    assert decode(other, 1).records == []


def test_a_void_slot_is_silent_and_a_free_one_was_erased(chunk):
    slots = wire.VOID + wire.FREE + chunk.slots[32:]
    decoded = decode(changed(chunk, slots), 1)
    assert (decoded.silent, decoded.erased, decoded.damaged) == ([1], [2], [])


# Of all logs and seqs, these are some where a slot with one bad bit has the right CRC
@pytest.mark.parametrize(
    ("seq", "slot"), [(4047, b"\xff" * 14 + b"\xdf\xff"), (18495, b"\x01" + bytes(15))]
)
def test_a_free_or_void_slot_with_a_bad_bit_is_no_record(seq, slot):
    assert wire.check(slot, 0x12345678, seq) == "good"
    decoded = decode(Chunk(0x12345678, 1, seq, slot), 1)
    assert (decoded.records, decoded.damaged) == ([], [seq])


def test_a_kind_that_is_newer_than_this_tool_is_kept():
    slot = bytearray(16)
    slot[0], slot[1] = 200, 1
    slot[6:14] = b"\x01\x02\x03\x04\x05\x06\x07\x08"
    slot[14:] = wire.slot_crc(slot, EPOCH, 9).to_bytes(2, "little")
    [record] = decode(Chunk(EPOCH, 1, 9, bytes(slot)), 1).records
    assert record.name == "unknown_200"
    assert record.fields == {"raw": "0102030405060708"}


@pytest.mark.parametrize(
    ("boot", "sector_boot", "newest"), [(5, 5, 5), (260, 254, 300), (256, 256, 256), (7, 260, 260)]
)
def test_the_boot_is_found_from_its_low_byte(boot, sector_boot, newest):
    # The last: a sector whose header is lost is served under the newest boot
    slot = bytes(wire.pack(wire.BATTERY, boot, 0, EPOCH, 1, (3.9,)))
    [record] = decode(Chunk(EPOCH, sector_boot, 1, slot), newest).records
    assert record.boot == boot
