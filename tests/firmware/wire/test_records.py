# Runs on CPython and on the MicroPython VM
from kitbag.wire import reading, records
from support.lcg import Random
from support.raising import raises

EPOCH, SEQ, BOOT, UPTIME_MS = 0xA1B2C3D4, 70_001, 513, 123_456_789


def packed(kind, values, seq=SEQ, epoch=EPOCH):
    return records.pack(kind, BOOT, UPTIME_MS, epoch, seq, values)


def unpacked(slot):
    return reading.unpack(bytes(slot))[3]


def middling(kind):
    """Values in the middle of every field of `kind`, exact in its scale."""
    values = []
    for _, width, scale in records.fields(kind):
        if isinstance(scale, list):
            values.append(scale[len(scale) // 2])
        else:
            number = (1 << (8 * abs(width) - 2)) + 1
            values.append((-number if width < 0 else number) / scale)
    return values


def test_every_kind_fits_its_slot_and_has_a_name_of_its_own():
    names = set()
    for kind in records.KINDS:
        assert 0 < kind < 255
        assert sum([abs(width) for _, width, _ in records.fields(kind)]) <= 8
        names.add(records.KINDS[kind].split()[0])
    assert len(names) == len(records.KINDS)


def test_what_went_in_comes_out_of_every_kind():
    for kind in records.KINDS:
        values = middling(kind)
        slot = packed(kind, values)
        assert len(slot) == records.SLOT
        assert records.check(slot, EPOCH, SEQ) == "good"
        found_kind, boot_low, uptime_ms, found = reading.unpack(bytes(slot))
        assert (found_kind, boot_low, uptime_ms) == (kind, BOOT & 0xFF, UPTIME_MS)
        assert [found[name] for name, _, _ in records.fields(kind)] == values, kind


def test_numbers_saturate_and_never_pass_for_missing():
    for kind in records.KINDS:
        for extreme in (1e18, -1e18):
            values = [
                scale[0] if isinstance(scale, list) else extreme
                for _, _, scale in records.fields(kind)
            ]
            found = unpacked(packed(kind, values))
            for name, width, scale in records.fields(kind):
                if isinstance(scale, list):
                    continue
                bits = 8 * abs(width)
                if width < 0:
                    limit = ((1 << (bits - 1)) - 1) * (1 if extreme > 0 else -1)
                else:
                    limit = (1 << bits) - 2 if extreme > 0 else 0
                assert found[name] == limit / scale, (kind, name)


def test_none_and_nan_are_missing():
    for kind in records.KINDS:
        for nothing in (None, float("nan")):
            fields = records.fields(kind)
            if nothing is not None and any(isinstance(scale, list) for _, _, scale in fields):
                continue
            found = unpacked(packed(kind, [nothing] * len(fields)))
            assert all(found[name] is None for name, _, _ in fields), kind


def test_an_unknown_word_or_kind_is_refused():
    raises(ValueError, packed, records.STOP, ("shouted", "idle"))
    raises(KeyError, packed, 200, ())


def test_every_single_flip_of_a_slot_is_seen():
    for kind in records.KINDS:
        slot = packed(kind, middling(kind))
        for bit in range(8 * records.SLOT):
            slot[bit >> 3] ^= 1 << (bit & 7)
            assert records.check(slot, EPOCH, SEQ) == "damaged", (kind, bit)
            slot[bit >> 3] ^= 1 << (bit & 7)


def test_a_slot_is_good_only_at_its_own_place_in_its_own_log():
    random = Random(5)
    slot = packed(records.BATTERY, (3.9,))
    for _ in range(500):
        other = random.below(65536) << 16 | random.below(65536)
        if other != EPOCH:
            assert records.check(slot, other, SEQ) == "damaged"
        if other != SEQ:
            assert records.check(slot, EPOCH, other) == "damaged"
    for near in range(1, 600):
        assert records.check(slot, EPOCH, SEQ + near) == "damaged"


def test_free_and_void_are_neither_good_nor_damaged():
    assert records.check(bytearray(records.FREE), EPOCH, SEQ) == "free"
    assert records.check(bytearray(records.VOID), EPOCH, SEQ) == "void"


def test_a_torn_slot_never_passes():
    for kind in records.KINDS:
        slot = packed(kind, middling(kind))
        for done in range(1, records.SLOT):
            torn = bytes(slot[:done]) + b"\xff" * (records.SLOT - done)
            if torn != bytes(slot):
                assert records.check(torn, EPOCH, SEQ) in ("damaged", "free")


# One in 65,536 of what power cuts leave has a CRC of FFFF by chance: just what free flash reads.
# These were found by trying.
def test_no_torn_slot_passes_because_its_crc_is_blank():
    slot = records.pack(
        records.BOOT, 7, 0x89ABCDEF, 0x12345678, 7341, ("power_on", "restart", 4, 7)
    )
    torn = bytes(slot[:12]) + b"\xff" * 4
    assert records.check(torn, 0x12345678, 7341) == "damaged"
    assert records.check(slot, 0x12345678, 7341) == "good"


def test_no_torn_header_passes_because_its_crc_is_blank():
    raw = records.pack_header(0x12345678, 43402, 253, 1)
    assert records.unpack_header(raw[:16] + b"\xff" * 48) is None
    assert records.unpack_header(raw) is not None


def test_a_crc_is_never_blank():
    boot, seq = 22112, 23206  # whose sums are FFFF
    assert records.unpack_header(records.pack_header(0x12345678, boot, 253, 1))[2] == boot
    slot = bytes([24, 7, 0xEF, 0xCD, 0xAB, 0x89]) + bytes(8)
    assert records.slot_crc(slot, 0x12345678, seq) == 0
    assert records.check(bytearray(slot + bytes(2)), 0x12345678, seq) == "good"


def test_random_slots_rarely_pass():
    random = Random(6)
    passed = sum([records.check(random.bytes(16), EPOCH, SEQ) == "good" for _ in range(2000)])
    assert passed <= 1


def test_uptime_and_boot_are_kept_to_their_width():
    slot = records.pack(records.BATTERY, 0x12345, (1 << 32) + 5, EPOCH, SEQ, (4.0,))
    _, boot_low, uptime_ms, _ = reading.unpack(bytes(slot))
    assert (boot_low, uptime_ms) == (0x45, 5)


def test_the_boot_is_found_again_from_the_sectors():
    for boot in (1, 255, 256, 1000, 70_000):
        for later in (0, 1, 100, 255):
            assert reading.boot_of((boot + later) & 0xFF, boot) == boot + later


def test_what_an_old_host_does_not_know_stays_as_it_lies():
    slot = bytes([200, 1]) + bytes(4) + b"\x01\x02\x03\x04\x05\x06\x07\x08" + bytes(2)
    assert reading.unpack(slot)[3] == {"raw": "0102030405060708"}


def test_a_word_of_a_newer_object_is_told_by_its_number():
    slot = packed(records.STOP, ("button", "idle"))
    slot[6] = 250
    assert unpacked(slot)["how"] == "unknown_250"


def test_a_header_comes_back():
    raw = records.pack_header(EPOCH, BOOT, SEQ, 77)
    assert len(raw) == records.HEADER_SLOTS * records.SLOT
    assert records.unpack_header(raw) == (records.SCHEMA, EPOCH, BOOT, SEQ, 77)


def test_a_header_stands_twice():
    raw = records.pack_header(EPOCH, BOOT, SEQ, 77)
    half = len(raw) // 2
    for at in range(len(raw)):
        damaged = bytearray(raw)
        damaged[at] ^= 0x10
        assert records.unpack_header(damaged) == (records.SCHEMA, EPOCH, BOOT, SEQ, 77)
    for ruin in (b"\xff", b"\x00"):
        assert records.unpack_header(ruin * half + raw[half:]) is not None
        assert records.unpack_header(raw[:half] + ruin * half) is not None


def test_no_header_is_none():
    assert records.unpack_header(b"\xff" * 64) is None
    assert records.unpack_header(b"\x00" * 64) is None
    assert records.unpack_header(b"") is None
    random = Random(7)
    for _ in range(100):
        assert records.unpack_header(b"KBJ1" + random.bytes(60)) is None


# An object's log must read the same on every side, for ever
def test_known_bytes():
    slot = packed(records.HOLD, (12.34, 1500, 0.8, 0.22, 0.65))
    expected = "040115cd5b07690200dc05c816826c7b"
    assert "".join(["%02x" % b for b in slot]) == expected
