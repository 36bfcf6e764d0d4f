"""The host's end of a sealed session."""

from __future__ import annotations

from kitbag.wire import asking, frames, sealing
from kitbag_tools.ciphers import Aes
from kitbag_tools.keys import HostKey
from kitbag_tools.sealed import SealedSession, challenge, proven

KEY = HostKey(b"abcd", "therapist", bytes(range(16)))


def session() -> tuple[SealedSession, sealing.Seal]:
    keys = sealing.session_keys(KEY.secret, bytes(16), bytes(16), "c0ffee01")
    return SealedSession(*keys), sealing.Seal(Aes, keys[0])


def test_every_request_fits_the_ring_of_the_object_whatever_must_be_escaped() -> None:
    ours, theirs = session()
    decoder = frames.Decoder(frames.REQUEST_MAX)
    escaped = 0
    for number in range(3_000):
        body = bytes(asking.part(number % 255 + 1, 0xDBC0, b"\xc0" * asking.PART_MAX))
        frame = ours.close(body)
        assert len(frame) <= frames.REQUEST_MAX
        escaped += frame.count(b"\xdb")
        [sealed] = decoder.feed(frame)
        assert theirs.open(sealed) == body
    assert escaped > 1_000


def test_what_proves_nothing_opens_no_session() -> None:
    nonce = bytes(range(16))
    assert len(challenge(7, KEY, nonce)) == 22
    keys = sealing.session_keys(KEY.secret, nonce, b"o" * 16, "c0ffee01")
    good = bytes([frames.PROOF, 7]) + b"o" * 16 + bytes(sealing.proof(keys[1]))
    assert proven(good, KEY, nonce, "c0ffee01") is not None
    assert proven(good, KEY, nonce, "c0ffee02") is None
    assert proven(good, KEY, bytes(16), "c0ffee01") is None
    assert proven(good[:-1], KEY, nonce, "c0ffee01") is None
    for at in range(2, len(good)):
        changed = good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :]
        assert proven(changed, KEY, nonce, "c0ffee01") is None
