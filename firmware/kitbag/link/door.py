"""Who may ask: nothing but `hello` is answered to a stranger, on whatever pipe.

A host that has been adopted shows that it knows its secret, and the object shows the same, before
either believes a word. Everything after that goes sealed. A session ends with `bye`, with the next
one, with a frame that does not fit it, or when its host is sent away.
"""

import os

from cryptolib import aes

from ..wire import frames, requests, sealing
from .session import Session

_HEAD = 2  # kind and turn


class Door:
    """The door of one pipe to what `about` (about.About) sees and does.

    `adopts`: whether new hosts may come through it. `left`: the host has said goodbye.
    """

    def __init__(self, about, adopts):
        self._about = about
        self._session = Session(about)
        self._adopts = adopts
        self.left = False
        self._open = None  # the session that is on: (host's id, incoming Seal, outgoing Seal)
        self._asked = None  # the one that stands with its first sealed frame
        self._new = None  # who asked to be adopted: (id, role, secret)
        self._asked_ms = -1  # uptime at the last challenge

    def answer(self, body):
        """The answer body to a body that came in; None when there is nothing to answer."""
        kind = body[0]
        if kind == frames.SEALED:
            return self._sealed(body)
        if kind == frames.CHALLENGE and len(body) == _HEAD + requests.HOST_ID + sealing.NONCE:
            return self._challenged(body)
        if kind == frames.ADOPT and len(body) == _HEAD + 1 + sealing.NONCE:
            return self._adopt(body)
        if kind == frames.REQUEST:
            return self._stranger(body)
        if kind in (frames.PART, frames.CHALLENGE, frames.ADOPT):
            return requests.answer(0, error=requests.E_BAD_REQUEST)
        return None

    def more(self):
        """The next body of an answer that has several; None when it is whole."""
        body = self._session.more()
        return None if body is None or self._open is None else self._open[2].close(body)

    def reset(self):
        """Whoever was there has gone."""
        self._open = self._asked = self._new = None

    def _stranger(self, body):
        try:
            fields = requests.fields_of(body)
            turn = fields["n"]
            if not 0 <= turn <= 255:
                raise ValueError(turn)
            if fields["op"] == "hello":
                return requests.answer(turn, **self._about.greeting())
            return requests.answer(turn, error=requests.E_NOT_ADOPTED)
        except (KeyError, TypeError, ValueError):
            return requests.answer(0, error=requests.E_BAD_REQUEST)

    def _known(self, host):
        if self._new is not None and self._new[0] == host:
            return self._new[1:]
        return self._about.hosts.find(host)

    def _challenged(self, body):
        turn = body[1]
        host = body[_HEAD : _HEAD + requests.HOST_ID]
        known = self._known(host)
        if known is None:
            return requests.answer(turn, error=requests.E_NOT_ADOPTED)
        # Never twice, however poor the chip's random numbers are without its radio: a challenge
        # takes longer on any pipe than a millisecond
        self._asked_ms = max(self._asked_ms + 1, self._about.uptime_ms())
        boot = self._about.boot.to_bytes(4, "little")
        nonce = os.urandom(6) + boot + self._asked_ms.to_bytes(6, "little")
        device = self._about.device
        keys = sealing.session_keys(known[1], body[_HEAD + requests.HOST_ID :], nonce, device)
        self._asked = host, sealing.Seal(aes, keys[0]), sealing.Seal(aes, keys[1])
        return bytes([frames.PROOF, turn]) + nonce + sealing.proof(keys[1])

    def _adopt(self, body):
        turn, role, share = body[1], body[_HEAD], body[_HEAD + 1 :]
        if not self._adopts or not self._about.hosts.may_come(role):
            return requests.answer(turn, error=requests.E_NOT_ADMITTED)
        own = os.urandom(sealing.NONCE)
        host, secret = sealing.adopted(share, own, self._about.device)
        self._new = host, role, secret
        return bytes([frames.SHARE, turn]) + own

    def _sealed(self, sealed):
        try:
            body = self._opened(sealed)
        except OSError:  # a new host that could not be kept is none
            self.reset()
            return requests.answer(0, error=requests.E_STORE_FAILED)
        if body is None:
            return requests.answer(0, error=requests.E_NO_SESSION)
        host, _, outgoing = self._open  # pyright: ignore[reportGeneralTypeIssues]
        found = self._known(host)
        if found is None:  # sent away meanwhile
            self.reset()
            return requests.answer(0, error=requests.E_NO_SESSION)
        answer = self._session.answer(body, host, found[0])
        self.left = self._session.over
        return None if answer is None else outgoing.close(answer)

    # The body, where it belongs to the session that is on, or to the one that was asked for
    def _opened(self, sealed):
        if self._open is not None:
            body = self._open[1].open(sealed)
            if body is not None:
                return body
        if self._asked is None:
            return None
        body = self._asked[1].open(sealed)
        if body is None:
            return None
        # It has shown that it knows the secret
        self._open, self._asked = self._asked, None
        new, self._new = self._new, None
        if new is not None and new[0] == self._open[0]:
            self._about.hosts.keep(*new)
        self._session.begin()
        return body
