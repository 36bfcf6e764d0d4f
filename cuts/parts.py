"""The parts of the proof, cut into jobs for several processes."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import flips
import synced
from chips import SECTOR, Commit, Erase, Program, Set, tears
from firmware_copy import Firmware, load
from promise import Findings, bit_at
from recover import Recovery, Walk, cut, cut_left
from script import Session, play

EVERY = "every operation, every tear"
RING = "seeded, the full ring"
BITS = "every bit of a used sector"
RING_BITS = "seeded bits, the full ring"
COPIES = "both copies of a header"
CUT_COPIES = "a cut, then both copies"
SYNCED = "a cut, then kitbag sync"

Job: TypeAlias = tuple[str, int, int]  # part, from, up to

_JOB = {EVERY: 60, RING: 50, BITS: 2000, RING_BITS: 100, COPIES: 200, CUT_COPIES: 100, SYNCED: 20}


@dataclass(frozen=True)
class Size:
    """How much is done. `sectors` is the short ring, which `records` fill more than once;
    `ring_sectors` is the object's own. `step`: of the bits, and of the operations of each sort,
    only each so many-th.
    """

    sectors: int = 8
    records: int = 2250
    ring_sectors: int = 128  # boards/esp32_s3/partitions.csv: 512 KiB
    ring_cuts: int = 2000
    ring_bits: int = 1000
    cut_copies: int = 1000
    synced: int = 200
    step: int = 1

    @property
    def ring_records(self) -> int:
        return self.ring_sectors * 252 + 400


class Proof:
    """Does jobs. The same seed and size give the same findings in any order of jobs."""

    def __init__(self, firmware: Firmware, seed: int, size: Size) -> None:
        self._firmware = firmware
        self._seed = seed
        self._size = size
        self._recovery = Recovery(firmware, seed)
        self._walks: dict[str, Walk] = {}
        self._draws: dict[str, list[int]] = {}
        self._do: dict[str, Callable[[int, Findings], None]] = {
            EVERY: self._every,
            RING: self._in_ring,
            BITS: self._bit,
            RING_BITS: self._ring_bit,
            COPIES: self._copies,
            CUT_COPIES: self._cut_copies,
            SYNCED: self._synced,
        }

    def jobs(self, parts: tuple[str, ...]) -> list[Job]:
        counts = {part: self._count(part) for part in parts}
        return [
            (part, at, min(at + _JOB[part], count))
            for part, count in counts.items()
            for at in range(0, count, _JOB[part])
        ]

    def run(self, job: Job) -> Findings:
        part, begin, end = job
        found = Findings()
        for number in range(begin, end):
            self._prepare(part)
            self._firmware.entropy.seed(f"{self._seed} {part} {number}")
            self._do[part](number, found)
        return found

    # Made before anything is drawn for a case: no case may depend on being a process's first
    def _prepare(self, part: str) -> None:
        if part in (EVERY, CUT_COPIES):
            _ = self._session
        elif part == RING:
            _ = self._ring_session
        elif part == SYNCED:
            _ = self._known
        elif part == BITS:
            _ = self._used
        elif part == RING_BITS:
            _ = self._used_ring
        else:
            _ = self._used, self._young, self._used_ring

    def _count(self, part: str) -> int:
        size = self._size
        if part == EVERY:
            return len(self._operations)
        if part == BITS:
            return len(self._bits)
        if part == COPIES:
            return 2 * len(self._first_bits) * size.sectors + size.ring_cuts // 4
        return {
            RING: size.ring_cuts, RING_BITS: size.ring_bits, CUT_COPIES: size.cut_copies,
            SYNCED: size.synced,
        }[part]  # fmt: skip

    def operations(self, part: str) -> int:
        """In the session that this part cuts."""
        if part in (EVERY, CUT_COPIES):
            return len(self._session.operations)
        return len(self._ring_session.operations) if part == RING else 0

    # --- What is cut -----------------------------------------------------------------------------

    @cached_property
    def _session(self) -> Session:
        return play(self._firmware, self._size.sectors, self._size.records, self._seed)

    @cached_property
    def _ring_session(self) -> Session:
        size = self._size
        return play(
            self._firmware, size.ring_sectors, size.ring_records, self._seed, size.ring_records
        )

    @cached_property
    def _used(self) -> flips.Used:
        return flips.used(self._firmware, self._size.sectors, self._size.records, self._seed)

    # On which a lost header may take all that there is
    @cached_property
    def _young(self) -> flips.Used:
        return flips.used(self._firmware, self._size.sectors, 1, self._seed)

    @cached_property
    def _used_ring(self) -> flips.Used:
        size = self._size
        return flips.used(self._firmware, size.ring_sectors, size.ring_records, self._seed)

    @cached_property
    def _known(self) -> synced.Known:
        size = self._size
        return synced.known(self._firmware, size.sectors, size.records, self._seed)

    # --- Parts: each does one case --------------------------------------------------------------

    def _every(self, number: int, found: Findings) -> None:
        at = self._operations[number]
        walk = self._walk(EVERY, self._session, at)
        cut(self._recovery, walk, at, list(tears(self._session.operations[at])), found)

    @cached_property
    def _operations(self) -> list[int]:
        sorts: dict[object, list[int]] = {}
        sort: object = None
        for at, one in enumerate(self._session.operations):
            match one:
                case Set(key):
                    sort = key
                case Commit():
                    sort = (sort,)
                case Program(_, offset):
                    sort = offset == 0
                case Erase():
                    sort = Erase
            sorts.setdefault(sort, []).append(at)
        # Also the last of each: the first erase has nothing to lose
        chosen = (numbers[:: self._size.step] + numbers[-1:] for numbers in sorts.values())
        return sorted({at for numbers in chosen for at in numbers})

    def _in_ring(self, number: int, found: Findings) -> None:
        chance = self._chance(RING, number)
        at = self._drawn(RING, len(self._ring_session.operations), self._size.ring_cuts)[number]
        walk = self._walk(RING, self._ring_session, at)
        way = chance.choice(list(tears(self._ring_session.operations[at])))
        cut(self._recovery, walk, at, [way], found, chance)

    def _bit(self, number: int, found: Findings) -> None:
        flips.check_bit(self._recovery, self._used, self._bits[number], found)

    @cached_property
    def _bits(self) -> list[int]:
        used, size, step = self._used, self._size, self._size.step
        whole = ((used.oldest + used.newest) // 2 if used.oldest < used.newest
                 else (used.oldest + 1) % size.sectors)  # fmt: skip
        # The newest has slots of every sort; of records alone every so many-th bit will do
        bits = [
            bit_at(sector, 0, bit)
            for sector, one_in in ((used.newest, 1), (whole, 7))
            for bit in range(0, SECTOR * 8, one_in * step)
        ]
        bits += [
            bit_at(sector, 0, bit)
            for sector in range(size.sectors)
            if sector != used.newest
            for bit in range(0, flips.HEADER * 8, step)
        ]
        return bits

    def _ring_bit(self, number: int, found: Findings) -> None:
        bit = self._chance(RING_BITS, number).randrange(self._size.ring_sectors * SECTOR * 8)
        flips.check_bit(self._recovery, self._used_ring, bit, found)

    @cached_property
    def _first_bits(self) -> range:
        return flips.first_copy()[:: self._size.step]

    # Every bit of the first copy with one of the second, in each sector; in a young log, whose
    # only sector it is; and some on the full ring
    def _copies(self, number: int, found: Findings) -> None:
        chance = self._chance(COPIES, number)
        turn, place = divmod(number, len(self._first_bits))
        pair = self._first_bits[place], flips.pairs(chance)[1]
        sectors = self._size.sectors
        if turn < sectors:
            flips.check_pair(self._recovery, self._used, turn, pair, found)
        elif turn < 2 * sectors:
            flips.check_pair(self._recovery, self._young, 0, pair, found)
        else:
            sector = chance.randrange(self._size.ring_sectors)
            flips.check_pair(self._recovery, self._used_ring, sector, flips.pairs(chance), found)

    def _cut_copies(self, number: int, found: Findings) -> None:
        at = self._drawn(CUT_COPIES, len(self._session.operations), self._size.cut_copies)[number]
        walk = self._walk(CUT_COPIES, self._session, at)
        chance = self._chance(CUT_COPIES, number)
        left, promise = cut_left(walk, at, chance)
        flips.check_cut_and_pair(self._recovery, left, promise, chance, found)

    def _synced(self, number: int, found: Findings) -> None:
        chance = self._chance(SYNCED, number)
        more = chance.choice((2, 30, 300, 252 * (self._size.sectors + 1)))
        synced.check(self._recovery, self._known, more, chance, found)

    # --- Chance ----------------------------------------------------------------------------------

    def _chance(self, part: str, number: int) -> random.Random:
        return random.Random(f"{self._seed} {part} {number}")

    # In order, so that one walk comes by them all
    def _drawn(self, part: str, below: int, count: int) -> list[int]:
        if part not in self._draws:
            chance = self._chance(part, -1)
            self._draws[part] = sorted(chance.randrange(below) for _ in range(count))
        return self._draws[part]

    def _walk(self, part: str, session: Session, at: int) -> Walk:
        walk = self._walks.get(part)
        if walk is None or walk.at > at:
            walk = self._walks[part] = Walk(session)
        return walk


PARTS = (EVERY, RING, BITS, RING_BITS, COPIES, CUT_COPIES, SYNCED)


def worker(seed: int, size: Size) -> Callable[[Job], Findings]:
    """What does jobs in a process of its own."""
    return Proof(load(), seed, size).run
