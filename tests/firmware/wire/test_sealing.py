# Runs on CPython and on the MicroPython VM
from binascii import unhexlify

from cryptolib import aes

from kitbag.wire import frames, sealing
from support.lcg import Random

BODY = b"\x01" + b'{"op":"status","n":7}'


def pair(fill=7):
    keys = bytes([(fill + 3 * i) & 0xFF for i in range(sealing.KEYS)])
    return sealing.Seal(aes, keys), sealing.Seal(aes, keys)


# --- The parts, against published vectors ----------------------------------------------------


def test_hmac_is_that_of_rfc_4231():
    data = b"Hi There"
    wanted = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    assert sealing.hmac(b"\x0b" * 20, data) == unhexlify(wanted)
    assert sealing.hmac(b"\x0b" * 20, data[:3], data[3:]) == unhexlify(wanted)
    wanted = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert sealing.hmac(b"Jefe", b"what do ya want for nothing?") == unhexlify(wanted)


def test_derivation_is_that_of_rfc_5869():
    secret, salt = b"\x0b" * 22, bytes(range(13))
    info = bytes(range(0xF0, 0xFA))
    wanted = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    assert sealing.derive(secret, salt, info, 42) == unhexlify(wanted)
    wanted = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    assert sealing.derive(secret, b"", b"", 42) == unhexlify(wanted)


def test_the_cipher_is_that_of_sp_800_38a():
    key = unhexlify("2b7e151628aed2a6abf7158809cf4f3c")
    block = unhexlify("6bc1bee22e409f96e93d7e117393172a")
    assert aes(key, 1).encrypt(block) == unhexlify("3ad77bb40d7a3660a89ecaf32466ef97")
    vector = bytes(range(16))
    assert aes(key, 2, vector).encrypt(block) == unhexlify("7649abac8119b246cee98e9b12e9197d")


def test_same_is_equal():
    assert sealing.same(b"abc", b"abc")
    for other in (b"abd", b"bbc", b"ab", b"abcd", b""):
        assert not sealing.same(b"abc", other)


# What this very wire is, so that nothing changes it unnoticed
def test_a_sealed_body_is_what_it_always_was():
    one, _ = pair()
    assert one.close(b"\x01kitbag")[:5] == unhexlify("0501000000")
    made = sealing.session_keys(bytes(16), bytes(16), bytes([1]) * 16, "c0ffee01")
    assert sealing.hmac(b"k", one.close(BODY), *made)[:8] == unhexlify("b3dc4e3672e24387")
    host, secret = sealing.adopted(bytes(16), bytes([1]) * 16, "c0ffee01")
    assert sealing.hmac(b"k", host, secret, sealing.proof(made[0]))[:8] == unhexlify(
        "2715afbf9a1e9f8b"
    )


# --- A seal ----------------------------------------------------------------------------------


def test_what_was_closed_opens_once_and_whole():
    one, other = pair()
    for size in (1, 15, 16, 17, 95, 2048):
        body = bytes([i & 0xFF for i in range(size)])
        sealed = one.close(body)
        assert sealed[0] == frames.SEALED
        assert body not in sealed or size == 1
        assert other.open(sealed) == body
        assert other.open(sealed) is None


def test_equal_bodies_look_different():
    one, _ = pair()
    seen = set()
    for _ in range(50):
        seen.add(bytes(one.close(BODY))[5 : -sealing.MAC])
    assert len(seen) == 50


def test_an_older_one_is_refused_and_a_lost_one_is_not_missed():
    one, other = pair()
    first, second, third = one.close(BODY), one.close(BODY), one.close(BODY)
    assert other.open(second) == BODY
    assert other.open(first) is None
    assert other.open(third) == BODY


def test_any_changed_bit_is_refused_and_uses_nothing_up():
    one, other = pair()
    sealed = one.close(BODY)
    for bit in range(8, 8 * len(sealed)):
        changed = bytearray(sealed)
        changed[bit >> 3] ^= 1 << (bit & 7)
        assert other.open(bytes(changed)) is None
    assert other.open(sealed) == BODY


def test_any_other_length_is_refused():
    one, other = pair()
    sealed = one.close(BODY)
    for size in range(1, len(sealed)):
        assert other.open(sealed[:size]) is None
    assert other.open(sealed + bytes(16)) is None
    assert other.open(sealed) == BODY


def test_another_key_opens_nothing():
    one, _ = pair()
    _, stranger = pair(8)
    assert stranger.open(one.close(BODY)) is None


def test_noise_opens_nothing():
    _, other = pair()
    random = Random(3)
    for _ in range(500):
        noise = bytes([random.below(256) for _ in range(random.below(120) + 1)])
        assert other.open(noise) is None


def test_what_the_other_side_padded_wrongly_is_refused():
    one, other = pair()
    cbc = one._cbc  # a peer that knows the keys and pads as it likes

    class Padless:
        def __init__(self, cipher):
            self._cipher = cipher

        def encrypt(self, body):
            return self._cipher.encrypt(body[:-16] + bytes([17]) * 16)

    one._cbc = lambda number: Padless(cbc(number))
    assert other.open(one.close(bytes(16))) is None


def test_a_counter_ends_before_it_repeats():
    one, _ = pair()
    one.counter = 0xFFFFFFFF
    try:
        one.close(BODY)
    except ValueError:
        return
    raise AssertionError("it went round")


# --- Sessions --------------------------------------------------------------------------------


def test_every_part_of_a_session_changes_its_keys():
    seen = {}
    for secret in (bytes(16), b"\x01" * 16):
        for host in (bytes(16), b"\x02" * 16):
            for own in (bytes(16), b"\x03" * 16):
                for device in ("aa", "ab"):
                    for keys in sealing.session_keys(secret, host, own, device):
                        assert len(keys) == sealing.KEYS
                        seen[keys] = 1
    assert len(seen) == 32


def test_both_sides_make_the_same_secret_of_their_shares():
    one = sealing.adopted(bytes(16), b"\x01" * 16, "aa")
    assert one == sealing.adopted(bytes(16), b"\x01" * 16, "aa")
    assert (len(one[0]), len(one[1])) == (4, sealing.SECRET)
    assert one != sealing.adopted(bytes(16), b"\x01" * 16, "ab")
    assert one != sealing.adopted(b"\x01" * 16, bytes(16), "aa")
