"""Requests and answers: what a host may ask, and what the object says back.

One request frame, one answer frame. A request is a JSON object {"op": name, "n": turn, ...}; its
answer repeats the turn: {"n": turn, "ok": true, ...} or {"n": turn, "ok": false, "error": code}.
`read` is answered by a RECORDS body, and a PART body by a JSON answer.

    hello                        who the object is and which records it holds
    status                       what it does and feels now
    feel                         what the bladder feels now, for a host that watches it
    time                         its uptime, for an anchor
    anchor utc_ms uptime_ms rtt_ms   "your uptime was utc"; stored as a record, never as a clock
    read from count              records as they lie on flash, from seq on
    ack seq                      the host holds everything below seq (only a mark)
    plan_get at                  a piece of the care plan in force
    plan_open size crc           a new plan follows in PARTs of `PART_MAX` bytes
    plan_apply crc               check it, keep it, use it; answers with the stored plan's crc
    bye                          the host is done
"""

import json
import struct

from . import frames

PROTOCOL = 1

# Body of a RECORDS frame: kind, turn, then epoch, first seq, boot of the sector, number of slots
RECORDS_HEADER = "<BBIIIH"
READ_MAX = 126  # half a sector's records: 2 KiB a frame

# Body of a PART frame: kind, turn, offset
PART_HEADER = "<BBH"
PART_HEADER_SIZE = struct.calcsize(PART_HEADER)

PLAN_MAX = 4_096  # bytes of JSON
PLAN_PIECE = 1_024  # bytes of JSON in one answer to plan_get

# Why a request was refused
E_UNKNOWN_OP = "unknown_op"
E_BAD_REQUEST = "bad_request"
E_NO_SUCH_RECORD = "no_such_record"
E_PLAN_INCOMPLETE = "plan_incomplete"
E_PLAN_INVALID = "plan_invalid"
E_STORE_FAILED = "store_failed"


def answer(turn, **fields):
    """An ANSWER body (bytes); `ok` is true unless `error` is given."""
    fields["n"] = turn
    fields["ok"] = "error" not in fields
    return bytes([frames.ANSWER]) + json.dumps(fields).encode()


def records(turn, epoch, first_seq, boot, slots):
    """A RECORDS body (bytes): `slots` is a whole number of 16-byte slots from `first_seq` on."""
    head = struct.pack(
        RECORDS_HEADER, frames.RECORDS, turn, epoch, first_seq, boot, len(slots) // 16
    )
    return head + slots


def fields_of(body):
    """The JSON object of a REQUEST or ANSWER body. Raises ValueError when there is none."""
    fields = json.loads(bytes(body[1:]).decode())
    if not isinstance(fields, dict):
        raise ValueError("not an object")
    return fields
