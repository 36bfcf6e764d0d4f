"""Breathing that belts recorded, in a held bladder, as the chip works it out."""

import sys

from figures import Figure
from kitbag.senses.breath import Breath
from sense.airs import recordings
from sense.row import percent, row
from support import belts
from support.chip_senses import ChipBreath

AMPLITUDE_PA = 5.0


def measure() -> list[Figure]:
    """Nothing where there are no recordings."""
    folder = recordings()
    if folder is None:
        print("  breath: left out, RECORDINGS names no folder of belts", file=sys.stderr)
        return []
    path = folder / belts.RECORDING

    def right(breath: type) -> float:
        return percent(*belts.counted_rightly(path, AMPLITUDE_PA, breath))

    def unknown(breath: type) -> float:
        return percent(*belts.left_unknown(path, AMPLITUDE_PA, breath))

    same = "64-bit arithmetic"
    return [
        row("visible breaths of 5 Pa counted within one a minute, windows", right(ChipBreath), "%",
            (">=", 90), same, right(Breath)),
        row("  left unknown where none is visible", unknown(ChipBreath), "%", (">=", 95), same,
            unknown(Breath)),
    ]  # fmt: skip
