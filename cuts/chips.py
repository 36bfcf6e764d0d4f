"""What outlives a power cut: the journal's flash and the NVS. And the power, which may go.

Flash is NOR: a program clears bits, from the front of its data on; an erase sets those of a whole
sector, torn from either end. NVS is as ESP-IDF makes it: a value is written beside the old one
and takes its place when it is whole. When that is, at the set or at the commit, is not promised;
so a cut after a set leaves either, and a cut in a commit too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

SECTOR = 4096
LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)  # how much of an operation is done when the power goes

_BLANK = b"\xff" * SECTOR
_NOT_FOUND = -0x1102

Setting: TypeAlias = int | bytes


class PowerCut(Exception):
    """The power has gone."""


@dataclass(frozen=True)
class Program:
    sector: int
    offset: int
    data: bytes


@dataclass(frozen=True)
class Erase:
    sector: int


@dataclass(frozen=True)
class Set:
    key: str
    value: Setting


@dataclass(frozen=True)
class Commit:
    pass


Operation: TypeAlias = Program | Erase | Set | Commit


@dataclass(frozen=True)
class Tear:
    """`share` of an operation is done when the power goes; of an erase from the end on where
    `from_end`.
    """

    share: float
    from_end: bool = False


def tears(operation: Operation) -> Iterator[Tear]:
    """Every way in which `operation` may be torn."""
    for share in LEVELS:
        yield Tear(share)
        if isinstance(operation, Erase) and 0.0 < share < 1.0:
            yield Tear(share, from_end=True)


@dataclass
class Chips:
    """The contents of the flash (`data`) and of the NVS (`kept`; `pending` is not committed)."""

    data: bytearray
    kept: dict[str, Setting] = field(default_factory=dict[str, Setting])
    pending: dict[str, Setting] = field(default_factory=dict[str, Setting])

    @classmethod
    def blank(cls, sectors: int) -> Chips:
        return cls(bytearray(_BLANK * sectors))

    @property
    def sectors(self) -> int:
        return len(self.data) // SECTOR

    def copy(self) -> Chips:
        return Chips(bytearray(self.data), dict(self.kept), dict(self.pending))

    def apply(self, operation: Operation, share: float = 1.0, from_end: bool = False) -> None:
        """Do `share` of `operation`."""
        match operation:
            case Program(sector, offset, data):
                size = int(share * len(data))
                at = sector * SECTOR + offset
                old = int.from_bytes(self.data[at : at + size], "little")
                new = old & int.from_bytes(data[:size], "little")
                self.data[at : at + size] = new.to_bytes(size, "little")
            case Erase(sector):
                size = int(share * SECTOR)
                at = sector * SECTOR + (SECTOR - size if from_end else 0)
                self.data[at : at + size] = _BLANK[:size]
            case Set(key, value):
                if share == 1.0:
                    self.pending[key] = value
            case Commit():
                if share == 1.0:
                    self.kept.update(self.pending)
                    self.pending.clear()

    def torn(self, operation: Operation, tear: Tear) -> Chips:
        """What is left when the power goes during `operation`."""
        left = self.copy()
        left.apply(operation, tear.share, tear.from_end)
        if isinstance(operation, Set) and tear.share == 1.0:
            left.kept[operation.key] = operation.value
        left.pending.clear()
        return left


class Power:
    """Counts operations and cuts the power in number `cut_at` (from 0), as `tear` says.

    `watch` is told of every operation before it is done.
    """

    def __init__(
        self,
        chips: Chips,
        cut_at: int | None = None,
        tear: Tear | None = None,
        watch: Callable[[Operation], None] | None = None,
    ) -> None:
        self.chips = chips
        self.operations = 0
        self.reads = 0  # bytes of flash
        self._cut_at = cut_at
        self._tear = tear or Tear(0.0)
        self._watch = watch
        self._gone = False

    def check(self) -> None:
        if self._gone:
            raise PowerCut

    def do(self, operation: Operation) -> None:
        self.check()
        if self._watch:
            self._watch(operation)
        self.operations += 1
        if self.operations - 1 == self._cut_at:
            self._gone = True
            self.chips = self.chips.torn(operation, self._tear)
            raise PowerCut
        self.chips.apply(operation)


class Flash:
    """esp32.Partition over `power`'s chips."""

    def __init__(self, power: Power) -> None:
        self._power = power

    def readblocks(self, sector: int, buffer: bytearray | memoryview, offset: int = 0) -> None:
        power, size = self._power, len(buffer)
        power.check()
        assert sector >= 0
        assert 0 <= offset <= SECTOR - size
        power.reads += size
        at = sector * SECTOR + offset
        found = power.chips.data[at : at + size]
        assert len(found) == size
        buffer[:] = found

    def writeblocks(self, sector: int, data: bytes | bytearray, offset: int) -> None:
        _in_range(self._power.chips, sector, offset, len(data))
        self._power.do(Program(sector, offset, bytes(data)))

    def ioctl(self, operation: int, argument: int) -> int:
        if operation == 4:
            return self._power.chips.sectors
        assert operation == 6
        _in_range(self._power.chips, argument, 0, SECTOR)
        self._power.do(Erase(argument))
        return 0


def _in_range(chips: Chips, sector: int, offset: int, size: int) -> None:
    assert 0 <= sector < chips.sectors
    assert 0 <= offset <= SECTOR - size


class Nvs:
    """esp32.NVS over `power`'s chips."""

    def __init__(self, power: Power) -> None:
        self._power = power

    def get_i32(self, key: str) -> int:
        found = self._get(key)
        if not isinstance(found, int):
            raise OSError(_NOT_FOUND)
        return found

    def get_blob(self, key: str, buffer: bytearray) -> int:
        found = self._get(key)
        if not isinstance(found, bytes) or len(found) > len(buffer):
            raise OSError(_NOT_FOUND)
        buffer[: len(found)] = found
        return len(found)

    def set_i32(self, key: str, value: int) -> None:
        assert -(1 << 31) <= value < 1 << 31
        self._set(key, value)

    def set_blob(self, key: str, value: bytes) -> None:
        self._set(key, bytes(value))

    def commit(self) -> None:
        self._power.do(Commit())

    def _get(self, key: str) -> Setting | None:
        self._power.check()
        chips = self._power.chips
        return chips.pending.get(key, chips.kept.get(key))

    def _set(self, key: str, value: Setting) -> None:
        assert len(key) <= 15
        self._power.do(Set(key, value))
