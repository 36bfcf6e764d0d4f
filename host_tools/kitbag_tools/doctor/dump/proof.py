"""Which place of which log a sector holds, and how sure that is: pure.

A header says it. Where both copies of one are gone, the ring does: its sectors follow each other
without a hole, so that each neighbour allows a place or two. What is allowed is then proved by
the records, whose CRCs cover log and seq. One CRC-16 agrees by chance once in 65,536 times, so it
takes several: `odds` is the chance of all of them together, LIKELY how small it has to be.

That counts bytes at random. A sector of another log of which no header is left is not that: CRCs
are linear, so its records agree with a wrong place all or none, and about one such sector in
10,000 does. Where a place was not allowed by neighbours but searched for, the slots that are
against it must therefore not be so in the same way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import comb

from kitbag.wire import records as wire
from kitbag.wire.crc import crc16

from .sectors import Piece

LIKELY = 1e-8  # a place that random bytes would prove as often as this is not believed
# What a header says is believed much sooner; still, one record that agrees among a sector of
# damaged ones is as likely to be chance as it can be
_LIKELY_WITH_HEADER = 1e-3

_LOGS = 16  # with the most sectors; a dump has one, after a reflash two
_BASES = 4  # of a log in order, two: the newest turn of the ring and the one before
_SEARCHED = (
    4096  # places of sectors nobody has, tried on sectors that are not where they should be
)
_AROUND = 256  # two turns of the boards' ring, at the least
_AT_ONCE = 512  # of them: 30 MB
_BLANK_CRC = bytes(wire.SLOT - 2)

Progress = Callable[[float, str], None]
"""Called with the share that is done (0 to 1) and a word on what is going on."""


@dataclass(frozen=True)
class Claim:
    """A place in a log: that of a sector whose first record is `first_seq`."""

    epoch: int
    first_seq: int


@dataclass(frozen=True)
class Placed:
    """A piece and the place that it holds. `boot` is its header's, None where that is gone."""

    index: int
    piece: Piece
    claim: Claim
    boot: int | None

    @property
    def inferred(self) -> bool:
        return self.boot is None


def odds(slots: int, agreeing: int, claims: int = 1) -> float:
    """The chance that of `slots` of random bytes `agreeing` prove one of `claims`, at most."""
    return min(1.0, claims * comb(slots, agreeing) * 2.0 ** (-16 * agreeing))


def believable(good: int, damaged: int) -> bool:
    """Whether `good` records beside `damaged` slots of a sector with a header are no chance."""
    return odds(good + damaged, good) <= _LIKELY_WITH_HEADER


def place(pieces: Sequence[Piece], progress: Progress | None = None) -> list[Placed]:
    """Every piece whose place is known or proved, in the order of `pieces`."""
    placed: dict[int, Placed] = {}
    for index, piece in enumerate(pieces):
        if found := _by_header(index, piece):
            placed[index] = found
    marks = {
        index: found
        for index, piece in enumerate(pieces)
        if index not in placed and (found := _marks(piece))
    }
    near = _Neighbours(placed.values(), len(pieces))
    for done, (index, found) in enumerate(marks.items()):
        if progress:
            progress(done / len(marks), "proving sectors without a header")
        if claim := _proved(found, near.claims(index)):
            placed[index] = Placed(index, pieces[index], claim, None)
    left = {index: found for index, found in marks.items() if index not in placed}
    for index, claim in _searched(left, placed.values()):
        placed[index] = Placed(index, pieces[index], claim, None)
    return [placed[index] for index in sorted(placed)]


def _by_header(index: int, piece: Piece) -> Placed | None:
    """The place that a header names; where its copies differ, the one with more good records."""
    known = [header for header in dict.fromkeys(piece.headers) if header.schema == wire.SCHEMA]
    if len(known) > 1:
        marks = _marks(piece)
        known.sort(key=lambda h: -_agreeing(marks, Claim(h.epoch, h.first_seq)))
    if not known:
        return None
    return Placed(index, piece, Claim(known[0].epoch, known[0].first_seq), known[0].boot)


# CRCs are linear: the one in a slot, less that of the slot's own bytes, is that of its log and seq
def _marks(piece: Piece) -> list[tuple[int, int]]:
    """(place, what the CRC says of log and seq) of every slot that is neither free nor void."""
    found: list[tuple[int, int]] = []
    for i in range(len(piece)):
        slot = piece.slot(i)
        if slot not in (wire.FREE, wire.VOID):
            own = crc16(slot[: wire.SLOT - 2], 0)
            found.append((piece.place + i, own ^ int.from_bytes(slot[-2:], "little")))
    return found


def _mark(epoch: int, seq: int) -> int:
    """What the CRC of a good slot says of `epoch` and `seq`."""
    return wire.slot_crc(_BLANK_CRC, epoch, seq)


def _agreeing(marks: Sequence[tuple[int, int]], claim: Claim) -> int:
    return sum(_mark(claim.epoch, claim.first_seq + at) == mark for at, mark in marks)


def _proved(marks: Sequence[tuple[int, int]], claims: Sequence[Claim]) -> Claim | None:
    """The one of `claims` that the slots prove; None where none or several are."""
    proved = [
        claim
        for claim in claims
        if odds(len(marks), _agreeing(marks, claim), len(claims)) <= LIKELY
    ]
    return proved[0] if len(proved) == 1 else None


class _Neighbours:
    """What the sectors whose place is known allow the others to be, by their order in the file."""

    def __init__(self, known: Iterable[Placed], count: int) -> None:
        bases: dict[int, Counter[int]] = {}
        for one in known:
            base = one.claim.first_seq - one.index * wire.RECORDS_PER_SECTOR
            bases.setdefault(one.claim.epoch, Counter())[base] += 1
        self._bases: list[tuple[int, int]] = []
        largest = sorted(bases.items(), key=lambda of: -of[1].total())
        for epoch, counted in largest[:_LOGS]:
            usual = [base for base, _ in counted.most_common(_BASES)]
            turn = turn_of(usual) or count
            around = [
                base + by * turn * wire.RECORDS_PER_SECTOR for base in usual for by in (-1, 1)
            ]
            self._bases += [(epoch, base) for base in dict.fromkeys(usual + around)]

    def claims(self, index: int) -> list[Claim]:
        """The places that the sector at `index` can hold."""
        at = index * wire.RECORDS_PER_SECTOR
        return [Claim(epoch, base + at) for epoch, base in self._bases if _possible(base + at)]


def turn_of(bases: Iterable[int]) -> int | None:
    """How many sectors the ring has, where the file shows two of its turns in their order.

    `bases` are first seqs less what their sectors' places in the file account for.
    """
    both = sorted(set(bases))
    if len(both) != 2 or (both[1] - both[0]) % wire.RECORDS_PER_SECTOR:
        return None
    return (both[1] - both[0]) // wire.RECORDS_PER_SECTOR


def _possible(first_seq: int) -> bool:
    return 0 < first_seq <= 0xFFFFFFFF - wire.RECORDS_PER_SECTOR


def _searched(
    left: dict[int, list[tuple[int, int]]], known: Iterable[Placed]
) -> list[tuple[int, Claim]]:
    """The places of sectors that are not where the ring's order would have them."""
    if not left:
        return []
    claims = _nobodys(known, len(left))
    proved: dict[int, list[Claim]] = {index: [] for index in left}
    for i in range(0, len(claims), _AT_ONCE):
        table = _table(claims[i : i + _AT_ONCE])
        for index, marks in left.items():
            votes = Counter(claim for mark in marks for claim in table.get(mark, ()))
            proved[index] += [
                claim
                for claim, agreeing in votes.most_common(2)
                if odds(len(marks), agreeing, len(claims)) <= LIKELY
                and _no_other_agrees(marks, claim, agreeing)
            ]
    return [(index, by[0]) for index, by in proved.items() if len(by) == 1]


def _table(claims: Iterable[Claim]) -> dict[tuple[int, int], list[Claim]]:
    """Which of `claims` a mark at a place of a sector agrees with."""
    table: dict[tuple[int, int], list[Claim]] = {}
    for claim in claims:
        for at in range(wire.RECORDS_PER_SECTOR):
            key = at, _mark(claim.epoch, claim.first_seq + at)
            table.setdefault(key, []).append(claim)
    return table


def _nobodys(known: Iterable[Placed], wanted: int) -> list[Claim]:
    """Places that no known sector holds: first the holes between them, then around them."""
    firsts: dict[int, set[int]] = {}
    for one in known:
        firsts.setdefault(one.claim.epoch, set()).add(one.claim.first_seq)
    claims: list[Claim] = []
    for epoch, held in firsts.items():
        low, high, step = min(held), max(held), wire.RECORDS_PER_SECTOR
        reach = range(1, min(max(wanted, _AROUND), _SEARCHED) + 1)
        # Of a hole that is wider than all that is searched, both ends
        inside = [*range(low, high, step)[:_SEARCHED], *range(high, low, -step)[:_SEARCHED]]
        around = [first for i in reach for first in (high + i * step, low - i * step)]
        fresh = [s for s in dict.fromkeys(inside + around) if s not in held and _possible(s)]
        claims += [Claim(epoch, first) for first in fresh[:_SEARCHED]]
    return claims[:_SEARCHED]


def _no_other_agrees(marks: Sequence[tuple[int, int]], claim: Claim, agreeing: int) -> bool:
    """Whether each slot against `claim` is so in a way of its own, as damaged ones are."""
    off = Counter(mark ^ _mark(claim.epoch, claim.first_seq + at) for at, mark in marks)
    del off[0]
    most = max(off.values(), default=0)
    return most <= max(2, agreeing // 8)
