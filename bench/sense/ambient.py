"""A taut bladder whose pad warms and cools, carried through every recorded room and lift."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from figures import Figure
from kitbag.senses.hug import HugSense
from on_vm.sense_peers import Following, Threshold
from sense.airs import Air, later, rides, rooms
from sense.played import Sense, begun
from sense.row import row
from support.lcg import Random
from support.pressure import Barometer

TAUT_PA_PER_K = 340.0
COOL_C, WARM_C = 20.0, 40.0
SLOWEST_K_PER_S, FASTEST_K_PER_S = 0.01, 0.05
_CHIP_LAGS_S = 20.0
_PIECE_S = 3600.0
_RIDES_EACH = 8


@dataclass(frozen=True)
class Heater:
    """Warms to 40 °C and cools to 20 °C, for ever, at the same rate."""

    k_per_s: float
    from_s: float

    def air_c(self, t: float) -> float:
        """The air in the bladder at `t` seconds."""
        span_k = WARM_C - COOL_C
        way_k = (self.from_s + t) * self.k_per_s % (2 * span_k)
        return COOL_C + (way_k if way_k <= span_k else 2 * span_k - way_k)


@dataclass(frozen=True)
class Scene:
    """Air that a warm bladder goes through."""

    air: Air
    heater: Heater

    def pressure(self, t: float) -> float:
        """Of the room, all of it, and of the warmth: more than a bladder can be asked, which is
        either rigid or follows the room.
        """
        return self.air.pressure(t) + TAUT_PA_PER_K * (self.heater.air_c(t) - COOL_C)

    def chip_c(self, t: float) -> float:
        """What the chip in the bladder reads."""
        return self.heater.air_c(max(0.0, t - _CHIP_LAGS_S))


def measure() -> list[Figure]:
    """Holds told where nobody holds anything."""
    scenes = list(_scenes())
    hours = sum(scene.air.length_s for scene in scenes) / 3600
    name = f"holds told in {hours:.0f} h of rooms and lifts, bladder taut, 20 to 40 °C and back"
    told = _told(scenes, HugSense)
    return [
        row(name, told, "", ("==", 0), peer_name, _told(scenes, peer))
        for peer_name, peer in (("a fixed threshold of 100 Pa", Threshold),
                                ("100 Pa over a baseline of 30 s", Following))
    ]  # fmt: skip


# Every room from begin to end, each hour with warmth of its own; every ride there and back
def _scenes() -> Iterator[Scene]:
    random = Random(82)

    def heater() -> Heater:
        return Heater(random.uniform(SLOWEST_K_PER_S, FASTEST_K_PER_S), random.uniform(0, 4000))

    for air in rooms():
        for hour in range(ceil(air.length_s / _PIECE_S)):
            from_s = hour * _PIECE_S
            piece_s = min(_PIECE_S, air.length_s - from_s)
            yield Scene(Air(later(air.pressure, from_s), piece_s), heater())
    for air in rides():
        for _ in range(_RIDES_EACH):
            yield Scene(Air(air.pressure, 2 * air.length_s), heater())


def _told(scenes: list[Scene], sense: Sense) -> int:
    told = 0
    for seed, scene in enumerate(scenes):
        barometer = Barometer(seed=seed, sense=sense)
        told += begun(barometer.play(scene.pressure, scene.air.length_s, scene.chip_c))
    return told
