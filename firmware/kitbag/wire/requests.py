"""Requests and answers: what a host may ask, and what the object says back.

All but a first `hello` goes sealed (wire.sealing), between an object and a host that it has
adopted. One request frame, one answer frame; only `read` is answered by as many as it takes, until
the records are all there or the next request comes. A request is a JSON object {"op": name, "n":
turn, ...}; its answer repeats the turn: {"n": turn, "ok": true, ...} or {"n": turn, "ok": false,
"error": code}.
`read` is answered by a RECORDS body, and a PART body by a JSON answer.

    hello                        who the object is; sealed, also which records it holds
    status                       what it does and feels now
    feel                         what the bladder feels now, for a host that watches it
    time                         its uptime, for an anchor
    anchor utc_ms uptime_ms rtt_ms   "your uptime was utc"; stored as a record, never as a clock
    count from                   how many records it holds from seq on
    read from count              records as they lie on flash, from seq on, in several bodies
    abort                        no more of them
    digest from count            SHA-256 (hex) over what `read` would give
    ack seq                      the host holds everything below seq (only a mark)
    plan_get at                  a piece of the care plan in force
    plan_open size crc           a new plan follows in PARTs of `PART_MAX` bytes
    plan_apply crc               check it, keep it, use it; answers with the stored plan's crc
    hosts                        who has been adopted
    admit role                   for ten minutes one more host may adopt it over USB
    revoke host                  that host is none any more
    bye                          the host is done

A session begins with a CHALLENGE, answered by a PROOF or a refusal, and stands with the first
sealed frame. ADOPT is answered by a SHARE or a refusal; the new host is kept once it has shown, in
a session, that it has made the same secret.
"""

import json
import struct

from . import frames

PROTOCOL = 2

# Body of a RECORDS frame: kind, turn, then epoch, first seq, boot of the sector, number of slots
RECORDS_HEADER = "<BBIIIH"
READ_MAX = 126  # half a sector's records: 2 KiB a frame
WINDOW_MAX = 32 * READ_MAX  # records in all the bodies of one `read`, or under one digest

# Body of a PART frame: kind, turn, offset
PART_HEADER = "<BBH"
PART_HEADER_SIZE = struct.calcsize(PART_HEADER)

# Body of a CHALLENGE: kind, turn, the host's id (4 bytes), its number (sealing.NONCE)
# Body of a PROOF: kind, turn, the object's number, its proof (sealing.MAC)
# Body of an ADOPT: kind, turn, place of the role in ROLES, a share (sealing.NONCE)
# Body of a SHARE: kind, turn, the other share
HOST_ID = 4
ROLES = "therapist clinician"  # a clinician reads, a therapist also sets
THERAPIST = 0
CLINICIAN = 1
HOSTS_MAX = 8
ADMITTED_S = 600

PLAN_MAX = 4_096  # bytes of JSON
PLAN_PIECE = 1_024  # bytes of JSON in one answer to plan_get

# Why a request was refused
E_UNKNOWN_OP = "unknown_op"
E_BAD_REQUEST = "bad_request"
E_NO_SUCH_RECORD = "no_such_record"
E_PLAN_INCOMPLETE = "plan_incomplete"
E_PLAN_INVALID = "plan_invalid"
E_STORE_FAILED = "store_failed"
E_NOT_ADOPTED = "not_adopted"  # this host has no key that the object knows
E_NO_SESSION = "no_session"  # sealed for a session that is over, or was none
E_NOT_ADMITTED = "not_admitted"  # nobody has opened the door for another host
E_ROLE = "role"  # this host may read, not set


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
