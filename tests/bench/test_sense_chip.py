"""Senses in the chip's arithmetic and behind the chip's filter."""

import sys
from pathlib import Path
from typing import Any

import pytest

from kitbag.senses.hug import HugSense
from sense.played import Chip
from support.chip_senses import ChipHugSense
from support.pressure import hold
from support.single import rounded, single_precision

SOURCE = """
from math import pi


def over(a, b):
    return a / b


def grown(number, by):
    number += by
    return number


def all_of(numbers):
    return sum(numbers)


def tenth():
    return 0.1


def masked(ms):
    return (ms & 0x3FFFFFFF) - 1
"""


@pytest.fixture
def single(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    (tmp_path / "of_floats.py").write_text(SOURCE)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    return single_precision("of_floats")


def test_every_result_is_a_float32(single: Any) -> None:
    assert single.over(1, 3) == rounded(1 / 3) != 1 / 3
    assert single.tenth() == rounded(0.1)
    assert single.pi == rounded(3.141592653589793)
    assert single.grown(16_777_216.0, 1.0) == 16_777_216.0
    # Each step of a sum is rounded, not only its end
    assert single.all_of([16_777_216.0, 1.0, 1.0]) == 16_777_216.0


def test_whole_numbers_stay_whole(single: Any) -> None:
    assert single.grown(16_777_216, 1) == 16_777_217
    assert single.masked(1_000_000_001) == 1_000_000_000
    assert type(single.masked(5)) is int


def test_a_sense_keeps_nothing_finer_than_float32() -> None:
    felt = Chip(1, ChipHugSense)
    felt.play(hold(2.0, 1_500.0, 5.0), 6.0)
    finer = Chip(1, HugSense)
    finer.play(hold(2.0, 1_500.0, 5.0), 6.0)
    kept, kept_finer = (
        {name: value for name, value in vars(chip.sense).items() if type(value) is float}
        for chip in (felt, finer)
    )
    assert kept.keys() == kept_finer.keys()
    assert [name for name in kept if kept[name] != rounded(kept[name])] == []
    # What the other one computed with has more digits in most places
    coarse = [name for name in kept if kept_finer[name] == rounded(kept_finer[name])]
    assert len(coarse) < len(kept) / 2


class Readings:
    """Keeps what it is fed."""

    def __init__(self, _: Any) -> None:
        self.active = False
        self.pressures_pa: list[float] = []

    def sample(self, _: int, pressure_pa: float, __: float) -> None:
        self.pressures_pa.append(pressure_pa)


def read(pressure: Any) -> list[float]:
    chip = Chip(1, Readings)
    chip.play(pressure, 10.0)
    return chip.sense.pressures_pa


def test_the_chip_reads_no_more_than_it_can() -> None:
    assert max(read(hold(2.0, 18_000.0, 5.0))) == pytest.approx(110_000, abs=1)


def test_what_is_shorter_than_two_readings_leaves_something() -> None:
    # From 10 ms after a reading to 10 ms before the next
    between = read(hold(5.01, 2_000.0, 0.04, 0.02, 0.02))
    assert max(between) > 101_325 + 200
