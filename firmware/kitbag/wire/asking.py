"""Asking the object: what only a host does, so that the object need not carry it."""

import json
import struct

from . import frames, plan, requests

RECORDS_HEADER_SIZE = struct.calcsize(requests.RECORDS_HEADER)
PART_MAX = 88  # sealed, the frame stays within REQUEST_MAX


def request(op, turn, **fields):
    """A REQUEST body (bytes)."""
    fields["op"] = op
    fields["n"] = turn
    return bytes([frames.REQUEST]) + json.dumps(fields).encode()


def part(turn, offset, data):
    """A PART body (bytes) with up to `PART_MAX` bytes of a plan from `offset`."""
    return struct.pack(requests.PART_HEADER, frames.PART, turn, offset) + data


def nested(flat):
    """The tree (nested dict) of a flat plan: what goes to JSON and TOML."""
    tree = {}
    for key in sorted(plan.SCHEMA):
        place = tree
        names = key.split(".")
        for name in names[:-1]:
            place = place.setdefault(name, {})
        place[names[-1]] = flat[key]
    return tree
