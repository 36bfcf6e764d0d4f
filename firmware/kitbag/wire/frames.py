"""Frames on the link: SLIP (RFC 1055) around a body and its CRC-32.

A frame is `slip(body + crc32_le(body)) + END`. The first byte of a body is its kind. There is no
leading END: every END closes a frame, so both sides can count turns by counting ENDs.
"""

from binascii import crc32

END = b"\xc0"
_ESC = b"\xdb"
_ESC_END = b"\xdb\xdc"
_ESC_ESC = b"\xdb\xdd"

# Kinds of body
REQUEST = 0x01  # host to object: JSON
ANSWER = 0x02  # object to host: JSON
RECORDS = 0x03  # object to host: journal slots as they lie on flash (requests.RECORDS_HEADER)
PART = 0x04  # host to object: a piece of a care plan (requests.PART_HEADER)
SEALED = 0x05  # either way: one of the bodies above, as wire.sealing makes it
CHALLENGE = 0x06  # host to object: who it is, and its number (requests.CHALLENGE_HEADER)
PROOF = 0x07  # object to host: its number, and that it knows the secret
ADOPT = 0x08  # host to object: a role, and its share of a new secret
SHARE = 0x09  # object to host: the other share

REQUEST_MAX = 128  # bytes on the wire: the object's serial ring holds 260 and drops the rest
ANSWER_MAX = 2_304  # bytes of body: half a sector of records and their header


def encode(body):
    """One frame, ready to write, around `body` (bytes)."""
    raw = body + crc32(body).to_bytes(4, "little")
    return raw.replace(_ESC, _ESC_ESC).replace(END, _ESC_END) + END


class Decoder:
    """Turns a stream of bytes, cut anywhere, into bodies whose CRC is right.

    `max_body` bounds what is kept of a frame that never ends. `damaged` counts the frames that
    were dropped for their length or their CRC.
    """

    def __init__(self, max_body):
        self._max_raw = 2 * (max_body + 4)
        self._open = b""
        self._overrun = False
        self.damaged = 0

    def feed(self, data):
        """The bodies (list of bytes) that `data` completes."""
        bodies = []
        pieces = data.split(END)
        for piece in pieces[:-1]:
            raw = self._open + piece
            self._open = b""
            if self._overrun:
                self._overrun = False
                self.damaged += 1
            elif raw:
                body = _checked(raw)
                if body is None:
                    self.damaged += 1
                else:
                    bodies.append(body)
        if not self._overrun:
            self._open += pieces[-1]
            if len(self._open) > self._max_raw:
                self._open = b""
                self._overrun = True
        return bodies

    def reset(self):
        """Forget a frame that was begun: the other side has gone."""
        self._open = b""
        self._overrun = False


def _checked(raw):
    raw = raw.replace(_ESC_END, END).replace(_ESC_ESC, _ESC)
    if len(raw) < 5 or crc32(raw[:-4]).to_bytes(4, "little") != raw[-4:]:
        return None
    return raw[:-4]
