# Runs on CPython and on the MicroPython VM
from kitbag.wire import frames
from support.lcg import Random

BODY = b"\x01hello"


def decoder(max_body=256):
    return frames.Decoder(max_body)


def test_a_frame_ends_with_end_and_has_no_other():
    for body in (BODY, b"\xc0\xdb\xdc\xdd" * 10, b"\xc0", b"\xdb"):
        frame = frames.encode(body)
        assert frame[-1:] == frames.END
        assert frame.count(frames.END) == 1


def test_known_bytes():
    assert frames.encode(b"123456789") == b"123456789\x26\x39\xf4\xcb\xc0"
    assert frames.encode(b"\xc0\xdb").startswith(b"\xdb\xdc\xdb\xdd")


def test_back_as_it_was_however_it_is_cut():
    random = Random(1)
    for length in (1, 2, 5, 40, 200):
        body = random.bytes(length)
        frame = frames.encode(body)
        for cut in range(len(frame) + 1):
            d = decoder()
            assert d.feed(frame[:cut]) + d.feed(frame[cut:]) == [body]
            assert d.damaged == 0


def test_byte_by_byte_and_all_at_once():
    random = Random(2)
    bodies = [random.bytes(1 + random.below(60)) for _ in range(40)]
    stream = b"".join([frames.encode(body) for body in bodies])
    assert decoder().feed(stream) == bodies
    d = decoder()
    found = []
    for at in range(len(stream)):
        found += d.feed(stream[at : at + 1])
    assert found == bodies


def test_escapes_of_every_kind_come_back():
    random = Random(3)
    for _ in range(300):
        body = bytes([random.choice(b"\xc0\xdb\xdc\xdd\x00") for _ in range(1 + random.below(12))])
        assert decoder().feed(frames.encode(body)) == [body]


def test_any_damaged_bit_loses_that_frame_only():
    frame = frames.encode(BODY)
    after = frames.encode(b"\x01next")
    for bit in range(8 * (len(frame) - 1)):
        damaged = bytearray(frame)
        damaged[bit >> 3] ^= 1 << (bit & 7)
        d = decoder()
        assert d.feed(bytes(damaged) + after) == [b"\x01next"]
        assert d.damaged >= 1


def test_a_lost_byte_loses_that_frame_only():
    frame = frames.encode(BODY)
    for at in range(len(frame) - 1):
        d = decoder()
        assert d.feed(frame[:at] + frame[at + 1 :] + frames.encode(b"\x01x")) == [b"\x01x"]
        assert d.damaged == 1


def test_an_endless_frame_is_dropped_and_takes_no_memory():
    d = decoder(100)
    for _ in range(1000):
        assert d.feed(b"z" * 64) == []
        assert len(d._open) <= 2 * 104
    assert d.feed(b"z" + frames.END) == []
    assert d.damaged == 1
    assert d.feed(frames.encode(BODY)) == [BODY]


def test_ends_without_a_frame_are_nothing():
    d = decoder()
    assert d.feed(frames.END * 9) == []
    assert d.damaged == 0


def test_too_short_to_bear_a_crc():
    d = decoder()
    assert d.feed(b"abcd" + frames.END + b"a" + frames.END) == []
    assert d.damaged == 2


def test_reset_forgets_what_was_begun():
    d = decoder()
    d.feed(frames.encode(BODY)[:-3])
    d.reset()
    assert d.feed(frames.encode(BODY)) == [BODY]


def test_noise_never_passes_for_a_body():
    random = Random(4)
    d = decoder()
    for _ in range(200):
        assert d.feed(random.bytes(300)) == []
