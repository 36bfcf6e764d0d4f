"""What a sense tells of gestures, read through the barometer as its data sheet has it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from kitbag.senses.hug import HugSense
from on_vm.sense_peers import Following, Threshold
from sense import draws
from sense.draws import Drawn
from support.chip_senses import ChipHugSense
from support.pressure import ACTIVE_MS, IDLE_MS, ROOM_PA, Barometer

Sense = type[Any]
Told = list[tuple[Drawn, Any]]
"""What was drawn, and what was felt of it (`support.pressure.Felt`)."""

HOLD = ("hold", "long_hold")
NEAR_S = 1.5  # a hold is felt where it was
_AFTER_S = 8.0
_CONVERSION_MS = 12.0  # temperature ×1, pressure ×4, 0.5 ms of standby
_FILTER = 0.25  # of the way, a conversion
_TOP_PA = 110_000.0
_TOP_NOISE_PA = 0.2  # of readings that stand at the top: the last bits


class Chip(Barometer):
    """Converts 83 times a second and filters each, however rarely it is read: of a pat that is
    shorter than the time between two readings it keeps the rest. Reads no more than it can.
    """

    def __init__(self, seed: int, sense: Sense) -> None:
        super().__init__(seed=seed, sense=sense)
        self._conversions = 0

    def play(
        self,
        pressure: Callable[[float], float],
        until_s: float,
        bladder_c: Callable[[float], float] = lambda _: 22.0,
    ) -> Any:
        """As `Barometer`."""
        while self.ms < 1000 * until_s:
            self.ms += ACTIVE_MS if self.sense.active else IDLE_MS
            while self._conversions * _CONVERSION_MS <= self.ms:
                exact = ROOM_PA + pressure(self._conversions * _CONVERSION_MS / 1000)
                before = exact if self._filtered is None else self._filtered
                self._filtered = before + (exact - before) * _FILTER
                self._conversions += 1
            reading = self._filtered + self._noise.noise(self._noise_pa)
            if reading > _TOP_PA:
                reading = _TOP_PA + self._noise.noise(_TOP_NOISE_PA)
            self.give(reading, bladder_c(self.ms / 1000))
        return self.felt


@dataclass(frozen=True)
class Of:
    """A sense, and what it told of the same gestures as the others."""

    name: str
    sense: Sense
    holds: Told
    squeezes: Told
    pats: Told


def play(drawn: Iterable[Drawn], sense: Sense) -> Told:
    """Each on its own, from rest until all is long over."""
    told: Told = []
    for number, one in enumerate(drawn):

        def pressure(t: float, one: Drawn = one) -> float:
            return one.shape(t) + one.air(t)

        told.append((one, Chip(number, sense).play(pressure, one.shape.ends_s + _AFTER_S)))
    return told


def told_of(name: str, sense: Sense) -> Of:
    """Everything that is compared."""
    return Of(
        name, sense, *(play(of(), sense) for of in (draws.holds, draws.squeezes, draws.pats))
    )


@dataclass(frozen=True)
class Senses:
    """The firmware's, the same in the chip's arithmetic, and the peers."""

    ours: Of
    chip: Of
    peers: tuple[Of, ...]


def all_senses() -> Senses:
    """All of them, played."""
    return Senses(
        told_of("64-bit arithmetic", HugSense),
        told_of("the chip's arithmetic", ChipHugSense),
        (
            told_of("a fixed threshold of 100 Pa", Threshold),
            told_of("100 Pa over a baseline of 30 s", Following),
        ),
    )


def held(felt: Any) -> list[Any]:
    """The holds that were told."""
    return [g for g in felt.gestures if g.kind in HOLD]


def begun(felt: Any) -> int:
    """How many holds were told, over or not; a peer tells none before it is over."""
    return max(len(felt.holds), len(held(felt)))


def there(drawn: Drawn, felt: Any) -> list[Any]:
    """The holds that were told where the one drawn was."""
    return [
        g
        for g in held(felt)
        if abs(g.start_ms / 1000 - drawn.start_s) <= NEAR_S
        and abs(g.end_ms / 1000 - drawn.shape.ends_s) <= NEAR_S
    ]
