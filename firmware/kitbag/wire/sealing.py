"""Sealed frames: encrypted, then authenticated, and never twice. Both sides use this very code.

Keys come from HKDF-SHA256 (RFC 5869) over a secret both know and a fresh number from each. A body
is padded (PKCS #7, RFC 5652), enciphered with AES-128 in CBC mode, and its HMAC-SHA256 (RFC 2104),
cut to 16 bytes, covers the counter as well. A counter is used once and only ever grows, so what
was recorded cannot be played again. The initialization vector is the enciphered counter (NIST SP
800-38A, appendix C): nobody can foretell it, and no random numbers are asked of a chip that makes
good ones only while its radio is on.

`aes` is what MicroPython calls cryptolib.aes: aes(key, mode, iv) with encrypt and decrypt.
"""

from hashlib import sha256

from . import frames

NONCE = 16
SECRET = 16
MAC = 16
KEYS = 64  # of one direction: 16 to encipher, 16 for the vectors, 32 to authenticate
_COUNTER_MAX = 0xFFFFFFFF
_ECB = 1
_CBC = 2


def hmac(key, *parts):
    """HMAC-SHA256 (32 bytes) of the joined `parts`; `key` is of at most 64 bytes."""
    key += bytes(64 - len(key))
    inner = sha256(bytes([b ^ 0x36 for b in key]))
    for part in parts:
        inner.update(part)
    outer = sha256(bytes([b ^ 0x5C for b in key]))
    outer.update(inner.digest())
    return outer.digest()


def derive(secret, salt, info, size):
    """`size` bytes of keys: HKDF-SHA256 of `secret` (bytes)."""
    prk = hmac(salt, secret)
    keys = block = b""
    while len(keys) < size:
        block = hmac(prk, block, info, bytes([len(keys) // 32 + 1]))
        keys += block
    return keys[:size]


def same(a, b):
    """Whether two byte strings are equal, in a time that does not tell where they differ."""
    differ = len(a) ^ len(b)
    for x, y in zip(a, b):
        differ |= x ^ y
    return differ == 0


class Seal:
    """One direction of a session: `close` on the side that sends, `open` on the other.

    `keys` are KEYS bytes of `derive`. `counter` is the last one used or seen.
    """

    def __init__(self, aes, keys):
        self._aes = aes
        self._cipher = keys[:16]
        self._vectors = aes(keys[16:32], _ECB)
        self._mac = keys[32:]
        self.counter = 0

    def close(self, body):
        """The SEALED body around `body` (bytes). Raises ValueError once the counter is used up."""
        if self.counter >= _COUNTER_MAX:
            raise ValueError("counter")
        self.counter += 1
        number = self.counter.to_bytes(4, "little")
        pad = 16 - len(body) % 16
        body = self._cbc(number).encrypt(body + bytes([pad]) * pad)
        head = bytes([frames.SEALED]) + number
        return head + body + hmac(self._mac, head, body)[:MAC]

    def open(self, sealed):
        """The body inside; None where it was made by somebody else, changed, or seen before."""
        size = len(sealed) - 5 - MAC
        if size < 16 or size % 16:
            return None
        number = sealed[1:5]
        counter = int.from_bytes(number, "little")
        if not same(hmac(self._mac, sealed[:-MAC])[:MAC], sealed[-MAC:]):
            return None
        if counter <= self.counter:
            return None
        self.counter = counter
        body = self._cbc(number).decrypt(sealed[5:-MAC])
        pad = body[-1]
        return body[:-pad] if 0 < pad <= 16 and pad < len(body) else None

    def _cbc(self, number):
        return self._aes(self._cipher, _CBC, self._vectors.encrypt(number + bytes(12)))


def session_keys(secret, host_nonce, object_nonce, device):
    """(host to object, object to host): KEYS bytes each. `device` is the object's id (text)."""
    keys = derive(secret, host_nonce + object_nonce, b"kitbag link 2 " + device.encode(), 2 * KEYS)
    return keys[:KEYS], keys[KEYS:]


def proof(keys):
    """What the object shows to prove that it made the same `keys` (of its own direction)."""
    return hmac(keys[32:], b"kitbag object")[:MAC]


def adopted(host_share, object_share, device):
    """(host's id of 4 bytes, secret) that both make of their shares at an adoption."""
    made = derive(host_share + object_share, b"", b"kitbag adopt 2 " + device.encode(), 20)
    return made[:4], made[4:]
