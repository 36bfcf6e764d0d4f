"""The host's end of a sealed session: what goes out is closed, what comes in is opened."""

from __future__ import annotations

from kitbag.wire import frames, sealing

from .ciphers import Aes
from .keys import HostKey
from .roles import ROLES

_PROOF_SIZE = 2 + sealing.NONCE + sealing.MAC


class SealedSession:
    """Between this computer and one object, from one challenge on."""

    def __init__(self, keys_out: bytes, keys_in: bytes) -> None:
        self._out = sealing.Seal(Aes, keys_out)
        self._in = sealing.Seal(Aes, keys_in)

    def close(self, body: bytes) -> bytes:
        """The frame around `body`, as short as the object's serial ring asks for."""
        while True:
            # Every counter gives other bytes, of which other ones must be escaped
            frame = bytes(frames.encode(self._out.close(body)))
            if len(frame) <= frames.REQUEST_MAX:
                return frame

    def open(self, sealed: bytes) -> bytes | None:
        """The body inside; None where the object of this session did not make it just now."""
        body = self._in.open(sealed)
        return None if body is None else bytes(body)


def challenge(turn: int, key: HostKey, nonce: bytes) -> bytes:
    """The body that asks for a session."""
    return bytes([frames.CHALLENGE, turn]) + key.host + nonce


def proven(proof: bytes, key: HostKey, nonce: bytes, device: str) -> SealedSession | None:
    """The session that the PROOF body opens; None where it proves nothing."""
    if len(proof) != _PROOF_SIZE:
        return None
    object_nonce, shown = proof[2 : 2 + sealing.NONCE], proof[2 + sealing.NONCE :]
    keys_out, keys_in = sealing.session_keys(key.secret, nonce, object_nonce, device)
    if not sealing.same(sealing.proof(keys_in), shown):
        return None
    return SealedSession(keys_out, keys_in)


def adopt(turn: int, role: str, share: bytes) -> bytes:
    """The body that asks to be adopted."""
    return bytes([frames.ADOPT, turn, ROLES.index(role)]) + share


def adopted(answer: bytes, role: str, share: bytes, device: str) -> HostKey:
    """The key that both sides make of a SHARE body. Raises ValueError where it is none."""
    if len(answer) != 2 + sealing.NONCE:
        raise ValueError(len(answer))
    host, secret = sealing.adopted(share, answer[2:], device)
    return HostKey(host, role, secret)
