# Runs on CPython and on the MicroPython VM
from kitbag.wire.crc import crc16
from support.lcg import Random


def test_check_value_of_the_catalogue():
    assert crc16(b"123456789") == 0x29B1


def test_nothing_leaves_the_start_value():
    assert crc16(b"") == 0xFFFF


def test_may_be_taken_in_pieces():
    data = Random(1).bytes(200)
    for cut in range(0, 200, 7):
        assert crc16(data[cut:], crc16(data[:cut])) == crc16(data)


def test_takes_any_buffer():
    data = Random(2).bytes(40)
    assert crc16(data) == crc16(bytearray(data)) == crc16(memoryview(data))


def test_every_single_flip_changes_it():
    data = bytearray(Random(3).bytes(14))
    whole = crc16(data)
    for bit in range(8 * len(data)):
        data[bit >> 3] ^= 1 << (bit & 7)
        assert crc16(data) != whole
        data[bit >> 3] ^= 1 << (bit & 7)
