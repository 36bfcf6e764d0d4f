# Runs on CPython and on the MicroPython VM
from cryptolib import aes

from kitbag.wire import asking, frames, records, requests, sealing
from support.raising import raises

LARGEST = 0xFFFFFFFF
# Every request with the largest values that its fields may hold
REQUESTS = (
    ("hello", {}),
    ("status", {}),
    ("time", {}),
    ("anchor", {"utc_ms": 4_102_444_800_000, "uptime_ms": LARGEST, "rtt_ms": 60_000}),
    ("read", {"from": LARGEST, "count": requests.READ_MAX}),
    ("ack", {"seq": LARGEST}),
    ("plan_get", {"at": requests.PLAN_MAX}),
    ("plan_open", {"size": requests.PLAN_MAX, "crc": LARGEST}),
    ("plan_apply", {"crc": LARGEST}),
    ("bye", {}),
)


def test_every_request_fits_the_objects_serial_ring():
    for op, fields in REQUESTS:
        assert len(frames.encode(asking.request(op, 255, **fields))) <= frames.REQUEST_MAX, op


def test_a_sealed_part_fits_and_leaves_room_for_bytes_that_are_escaped():
    seal = sealing.Seal(aes, bytes(sealing.KEYS))
    sealed = seal.close(asking.part(0xC0, 0xDBC0, b"\xc0" * asking.PART_MAX))
    assert len(sealed) + 5 <= frames.REQUEST_MAX - 6


def test_the_largest_answer_fits_what_a_host_keeps():
    slots = b"\xc0" * (requests.READ_MAX * records.SLOT)
    body = requests.records(255, LARGEST, LARGEST, LARGEST, slots)
    assert len(body) <= frames.ANSWER_MAX
    assert len(body) == asking.RECORDS_HEADER_SIZE + len(slots)


def test_a_request_says_what_it_asks():
    for op, fields in REQUESTS:
        body = asking.request(op, 7, **fields)
        assert body[0] == frames.REQUEST
        expected = dict(fields)
        expected["op"], expected["n"] = op, 7
        assert requests.fields_of(body) == expected


def test_an_answer_is_ok_unless_it_names_an_error():
    assert requests.fields_of(requests.answer(3, a=1)) == {"n": 3, "ok": True, "a": 1}
    refused = requests.fields_of(requests.answer(3, error=requests.E_BAD_REQUEST))
    assert refused == {"n": 3, "ok": False, "error": "bad_request"}


def test_what_is_no_object_is_a_value_error():
    for data in (b"", b"[]", b"1", b"null", b"{", b"\xff\xfe", b'"a"'):
        raises(ValueError, requests.fields_of, b"\x01" + data)


def test_half_a_sector_is_read_in_two():
    assert 2 * requests.READ_MAX == records.RECORDS_PER_SECTOR
