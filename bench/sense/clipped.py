"""Hugs that are harder than the barometer can read, in a room at 101 325 Pa."""

from collections.abc import Iterator
from dataclasses import replace

from figures import Figure
from kitbag.senses.hug import HugSense
from on_vm.sense_peers import Threshold
from sense import draws, played
from sense.draws import Drawn
from sense.holds import recall
from sense.row import row

LEAST_PA, MOST_PA = 8_000.0, 18_000.0


def measure() -> list[Figure]:
    """Recall, with the same bound as of hugs that can be read."""
    ours, peer = (recall(played.play(_hugs(), sense)) for sense in (HugSense, Threshold))
    return [
        row("holds of 8 to 18 kPa, read as 110 kPa at the most, that are felt", ours, "%",
            (">=", 98), "a fixed threshold of 100 Pa", peer)
    ]  # fmt: skip


# Whenever the room is entered, its pressure is then 101 325 Pa
def _hugs() -> Iterator[Drawn]:
    for one in draws.holds(LEAST_PA, MOST_PA, seed=81):
        at_first_pa = one.air(0.0)
        yield replace(one, air=lambda t, one=one, pa=at_first_pa: one.air(t) - pa)
