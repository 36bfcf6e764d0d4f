"""How touch and breath are felt over restless air, beside the two simplest ways to feel a touch.

Shapes as published and measured (docs/sensing.md), 0.2 to 6 kPa and harder, over what rooms,
weather and lifts do. Where RECORDINGS names a folder, air and breath are recorded ones.
"""

import importlib
import sys

from figures import Figure
from kitbag_tools import vm

# The way in, and the shapes; the other modules of this package import what is there now
sys.path += [str(vm.root() / "faults"), str(vm.root() / "tests")]
importlib.import_module("harness").take_over()


def measure() -> list[Figure]:
    """Everything that the senses claim; about a minute and a half."""
    from sense import ambient, breaths, clipped, cost, holds, kinds, played

    senses = played.all_senses()
    return [
        *holds.measure(senses),
        *kinds.measure(senses),
        *clipped.measure(),
        *ambient.measure(),
        *breaths.measure(),
        *cost.measure(),
    ]
