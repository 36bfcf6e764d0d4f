"""Requests from a host: pure in, pure out. Frames and pipes are the business of others.

Reading needs nothing of the comfort side; the one thing a host may change is the care plan, and
nothing that it says can start an output.
"""

import struct
from binascii import crc32, hexlify, unhexlify
from hashlib import sha256

from micropython import const

from ..wire import frames, records, requests

_ANCHOR_EARLIEST_MS = const(1_735_689_600_000)  # 2025-01-01: an older clock is a wrong one
_ANCHOR_LATEST_MS = const(4_102_444_800_000)  # 2100
_ANCHOR_STALE_MS = const(60_000)


class Session:
    """Answers the requests of one host at a time.

    `about` (about.About) is all that it can see and do. `over`: the host has said goodbye.
    """

    def __init__(self, about):
        self._about = about
        self._buffer = bytearray(requests.READ_MAX * records.SLOT)
        self._upload = None
        self._upload_crc = 0
        self._arrived = 0
        self._ahead = 0, 0, 0  # turn, and the records that are still to be sent
        self.over = False

    def begin(self):
        """Another conversation begins: what the last one left half done is forgotten."""
        self._upload = None
        self.over = False

    def answer(self, body, host, role):
        """The answer body to a request body of the host with that id and role (requests.ROLES);
        None when there is nothing to answer.
        """
        kind = body[0]
        self._ahead = 0, 0, 0
        if kind == frames.PART:
            return self._part(body)
        if kind != frames.REQUEST:
            return None
        turn = 0
        try:
            fields = requests.fields_of(body)
            turn = _whole(fields["n"], 0, 255)
            handle = self._OPS.get(fields["op"])
            if handle is None:
                return requests.answer(turn, error=requests.E_UNKNOWN_OP)
            itself = handle == Session._revoke and fields["host"] == hexlify(host).decode()
            if role != requests.THERAPIST and handle in self._SETTING and not itself:
                return requests.answer(turn, error=requests.E_ROLE)
            return handle(self, turn, fields)
        except IndexError:
            journal = self._about.journal
            return requests.answer(
                turn, error=requests.E_NO_SUCH_RECORD, first=journal.first, next=journal.next
            )
        except (KeyError, TypeError, ValueError):
            return requests.answer(turn, error=requests.E_BAD_REQUEST)
        except OSError:
            return requests.answer(turn, error=requests.E_STORE_FAILED)

    def _hello(self, turn, _):
        self._upload = None
        return requests.answer(turn, **self._about.hello())

    def _status(self, turn, _):
        return requests.answer(turn, **self._about.status())

    def _feel(self, turn, _):
        return requests.answer(turn, **self._about.feel.now())

    def _time(self, turn, _):
        return requests.answer(turn, uptime_ms=self._about.uptime_ms())

    # The host says what UTC it was at a recent uptime; the record is moved on to now
    def _anchor(self, turn, fields):
        utc_ms = _whole(fields["utc_ms"], _ANCHOR_EARLIEST_MS, _ANCHOR_LATEST_MS)
        now = self._about.uptime_ms()
        age_ms = now - _whole(fields["uptime_ms"], 0, now)
        rtt_ms = _whole(fields["rtt_ms"], 0, 60_000)
        if age_ms > _ANCHOR_STALE_MS:
            raise ValueError(age_ms)
        utc_ms += age_ms
        self._about.journal.write(records.ANCHOR, utc_ms // 1000, utc_ms % 1000, rtt_ms)
        return requests.answer(turn, next=self._about.journal.next)

    def _count(self, turn, fields):
        journal = self._about.journal
        seq = _whole(fields["from"], 0, 0xFFFFFFFF)
        return requests.answer(turn, count=max(0, journal.next - max(journal.first, seq)))

    # The seqs that a host asks for: from the first one up to, not including, the second
    def _asked(self, fields):
        journal = self._about.journal
        seq = _whole(fields["from"], 0, 0xFFFFFFFF)
        count = _whole(fields["count"], 1, requests.WINDOW_MAX)
        if not journal.first <= seq < journal.next:
            raise IndexError
        return seq, min(seq + count, journal.next)

    def _read(self, turn, fields):
        seq, end = self._asked(fields)
        self._ahead = turn, seq, end
        return self.more()

    # Any request ends what was asked for before it; this one asks for nothing else
    def _abort(self, turn, _):
        return requests.answer(turn)

    def _digest(self, turn, fields):
        seq, end = self._asked(fields)
        digest = sha256()
        while seq < end:
            count = min(end - seq, requests.READ_MAX)
            _, count = self._about.journal.read(seq, count, self._buffer)
            digest.update(memoryview(self._buffer)[: count * records.SLOT])
            seq += count
        return requests.answer(turn, digest=hexlify(digest.digest()).decode())

    def more(self):
        """The next body of an answer that has several; None when it is whole."""
        turn, seq, end = self._ahead
        if seq >= end:
            return None
        journal = self._about.journal
        try:
            boot, count = journal.read(seq, min(end - seq, requests.READ_MAX), self._buffer)
        except ValueError:  # the ring has come round to it meanwhile
            self._ahead = 0, 0, 0
            return requests.answer(turn, error=requests.E_NO_SUCH_RECORD)
        self._ahead = turn, seq + count, end
        slots = bytes(memoryview(self._buffer)[: count * records.SLOT])
        return requests.records(turn, journal.epoch, seq, boot, slots)

    def _ack(self, turn, fields):
        seq = _whole(fields["seq"], 0, self._about.journal.next)
        self._about.acknowledge(seq)
        return requests.answer(turn, acked=seq)

    def _plan_get(self, turn, fields):
        data = self._about.care.to_json()
        at = _whole(fields["at"], 0, len(data))
        piece = data[at : at + requests.PLAN_PIECE]
        # Cut between characters, never inside one
        while piece and at + len(piece) < len(data) and data[at + len(piece)] & 0xC0 == 0x80:
            piece = piece[:-1]
        return requests.answer(
            turn,
            size=len(data),
            crc=self._about.care.crc,
            data=piece.decode(),
            next=at + len(piece),
        )

    def _plan_open(self, turn, fields):
        self._upload = bytearray(_whole(fields["size"], 1, requests.PLAN_MAX))
        self._upload_crc = _whole(fields["crc"], 0, 0xFFFFFFFF)
        self._arrived = 0
        return requests.answer(turn)

    # Pieces come in order; a piece that is sent again because its answer was lost does no harm
    def _part(self, body):
        if len(body) < requests.PART_HEADER_SIZE:
            return requests.answer(0, error=requests.E_BAD_REQUEST)
        _, turn, offset = struct.unpack_from(requests.PART_HEADER, body, 0)
        data = body[requests.PART_HEADER_SIZE :]
        if self._upload is None or offset > self._arrived:
            return requests.answer(turn, error=requests.E_PLAN_INCOMPLETE)
        if offset + len(data) > len(self._upload):
            return requests.answer(turn, error=requests.E_BAD_REQUEST)
        self._upload[offset : offset + len(data)] = data
        self._arrived = max(self._arrived, offset + len(data))
        return requests.answer(turn, arrived=self._arrived)

    def _plan_apply(self, turn, fields):
        upload, self._upload = self._upload, None
        if upload is None or self._arrived < len(upload) or crc32(upload) != self._upload_crc:
            return requests.answer(turn, error=requests.E_PLAN_INCOMPLETE)
        problems = self._about.care.apply(upload)
        if problems:
            key, _, allowed = problems[0]
            return requests.answer(
                turn,
                error=requests.E_PLAN_INVALID,
                key=key[:80],  # whoever sent it, the answer fits a frame
                allowed=allowed,
                more=len(problems) - 1,
            )
        self._about.plan_changed()
        return requests.answer(turn, crc=self._about.care.crc)

    def _hosts(self, turn, _):
        names = requests.ROLES.split()
        found = [[hexlify(host).decode(), names[role]] for host, role in self._about.hosts.all()]
        return requests.answer(turn, hosts=found)

    def _admit(self, turn, fields):
        self._about.hosts.admit(requests.ROLES.split().index(fields["role"]))
        return requests.answer(turn)

    def _revoke(self, turn, fields):
        return requests.answer(turn, gone=self._about.hosts.revoke(unhexlify(fields["host"])))

    def _bye(self, turn, _):
        self._upload = None
        self.over = True
        return requests.answer(turn)

    _OPS = {
        "hello": _hello,
        "status": _status,
        "feel": _feel,
        "time": _time,
        "anchor": _anchor,
        "count": _count,
        "read": _read,
        "abort": _abort,
        "digest": _digest,
        "ack": _ack,
        "plan_get": _plan_get,
        "plan_open": _plan_open,
        "plan_apply": _plan_apply,
        "hosts": _hosts,
        "admit": _admit,
        "revoke": _revoke,
        "bye": _bye,
    }
    _SETTING = (_plan_open, _plan_apply, _admit, _revoke)  # a therapist's


def _whole(value, low, high):
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(value)
    return value
