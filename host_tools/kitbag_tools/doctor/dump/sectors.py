"""Where the sectors of a log lie in a file of bytes: pure.

A dump may begin in the middle of a sector, have bytes before or behind it, or lack some inside. So
nothing is taken from the file's beginning: every header copy that can be read says where its
sector begins, and the stretches between are cut from there on.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from kitbag.wire import records as wire

HEADER = wire.HEADER_SLOTS * wire.SLOT
_COPY = HEADER // 2
_MAGIC = bytes(wire.pack_header(0, 0, 0, 0)[:4])


@dataclass(frozen=True)
class Header:
    """One copy of a sector's header that can be read."""

    schema: int
    epoch: int
    boot: int
    first_seq: int


@dataclass(frozen=True)
class Piece:
    """A sector, or what the file has of one.

    `at` is where it begins in the file, below zero where its beginning is cut off. `headers` are
    its copies that can be read. `slots` are its whole slots, from `place` on.
    """

    at: int
    headers: tuple[Header, ...]
    place: int
    slots: bytes

    @property
    def is_whole(self) -> bool:
        return len(self.slots) == wire.RECORDS_PER_SECTOR * wire.SLOT

    def slot(self, index: int) -> bytes:
        """The slot at `place` + `index`."""
        return self.slots[index * wire.SLOT : (index + 1) * wire.SLOT]

    def __len__(self) -> int:
        return len(self.slots) // wire.SLOT


def pieces(data: bytes) -> list[Piece]:
    """The sectors in `data`, in its order; empty where no header copy can be read."""
    starts = _starts(data)
    if not starts:
        return []
    cuts = list(range(starts[0] % -wire.SECTOR, starts[0], wire.SECTOR))
    for start, following in pairwise([*starts, len(data)]):
        # Where bytes are missing or too many, the last one before `following` is cut short
        cuts += range(start, following, wire.SECTOR)
    ends = [min(cut + wire.SECTOR, following) for cut, following in pairwise([*cuts, len(data)])]
    found = [_piece(data, cut, end) for cut, end in zip(cuts, ends, strict=True)]
    return [piece for piece in found if piece.headers or piece.slots]


def _starts(data: bytes) -> list[int]:
    """Where sectors begin whose header can be read, at least once; ascending."""
    copies: dict[int, Header] = {}
    at = data.find(_MAGIC)
    while at >= 0:
        if header := _header(data[at : at + _COPY]):
            copies[at] = header
        at = data.find(_MAGIC, at + 1)
    starts: list[int] = []
    for at, header in copies.items():
        if at - _COPY in copies:
            continue  # the second of two
        # A lone copy may be the first or the second: the records behind it tell
        lone = at + _COPY not in copies
        second = lone and _agreeing(data, at - _COPY, header) > _agreeing(data, at, header)
        starts.append(at - _COPY if second else at)
    return sorted(set(starts))


def _header(raw: bytes) -> Header | None:
    found = wire.unpack_header(raw)
    if found is None:
        return None
    schema, epoch, boot, first_seq, _ = found
    if first_seq > 0xFFFFFFFF - wire.RECORDS_PER_SECTOR:
        return None  # no log comes that far
    return Header(schema, epoch, boot, first_seq)


def _agreeing(data: bytes, start: int, header: Header) -> int:
    piece = _piece(data, start, start + wire.SECTOR)
    return sum(
        wire.check(piece.slot(i), header.epoch, header.first_seq + piece.place + i) == "good"
        for i in range(len(piece))
    )


def _piece(data: bytes, at: int, end: int) -> Piece:
    end = min(end, len(data))
    copies = [data[copy : min(copy + _COPY, end)] for copy in (at, at + _COPY) if copy >= 0]
    headers = [header for copy in copies if (header := _header(copy))]
    # Of a sector whose beginning is cut off, the first slot that is there as a whole
    place = max(0, -((at + HEADER) // wire.SLOT))
    begin = at + HEADER + place * wire.SLOT
    size = max(0, end - begin) // wire.SLOT * wire.SLOT
    return Piece(at, tuple(headers), place, data[begin : begin + size])
