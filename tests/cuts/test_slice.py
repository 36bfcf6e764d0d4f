"""A slice of `make cuts`: a shorter ring, some of its operations and bits, and the firmware with
one precaution after the other taken away.
"""

import random
from pathlib import Path

import pytest

import measured
import parts
import tally
from changed import MUTANTS, Mutant
from firmware_copy import Firmware, load
from parts import Proof, Size
from promise import Findings

SLICE = Size(
    sectors=3, records=800, ring_sectors=12, ring_cuts=40, ring_bits=40, cut_copies=60, synced=6,
    step=53,
)  # fmt: skip
SEED = 7


@pytest.fixture(scope="module")
def firmware() -> Firmware:
    return load()


@pytest.mark.parametrize("part", parts.PARTS)
def test_nothing_is_lost_changed_or_made_up(part: str, firmware: Firmware) -> None:
    found = Findings()
    proof = Proof(firmware, SEED, SLICE)
    for job in proof.jobs((part,)):
        found.add(proof.run(job))
    assert found.good, found
    assert found.acknowledged > 1_000
    assert found.cuts + found.bits >= 6


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.removes)
def test_a_precaution_that_is_missing_is_noticed(mutant: Mutant) -> None:
    proof = Proof(load(mutant.edits), SEED, SLICE)
    found = Findings()
    numbers = [
        (part, number, number + 1)
        for part, begin, end in proof.jobs((mutant.part,))
        for number in range(begin, end)
    ]
    random.Random(SEED).shuffle(numbers)
    for job in numbers:
        found.add(proof.run(job))
        if getattr(found, mutant.field):
            break
    assert getattr(found, mutant.field), found


@pytest.mark.parametrize("part", [parts.RING, parts.BITS, parts.COPIES])
def test_the_same_seed_finds_the_same_in_any_order(part: str) -> None:
    cases = [(part, number, number + 1) for number in range(4, 40, 9)]
    once = Proof(load(), SEED, SLICE)
    found = [once.run(case) for case in cases]
    again = Proof(load(), SEED, SLICE)
    assert [again.run(case) for case in reversed(cases)] == found[::-1]


def test_another_seed_finds_others() -> None:
    one, other = (Proof(load(), seed, SLICE).run((parts.RING, 0, 4)) for seed in (SEED, SEED + 1))
    assert one != other


def test_the_figures_stand_on_the_page_in_its_width(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n\n<!-- measured: cuts -->\n\nOUTDATED\n\n<!-- end -->\n\nafter\n")
    found = {part: Findings(cuts=1234567, lost=3) for part in parts.PARTS}
    words = tally.paragraph(found, SLICE, SEED)
    assert measured.renew("cuts", words, page)
    text = page.read_text()
    assert "1,234,567 cuts" in text
    assert "21 lost" in text
    assert "OUTDATED" not in text
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert max(map(len, text.splitlines())) <= 119
    assert not measured.renew("cuts", words, page)


def test_the_page_has_a_place_for_them() -> None:
    assert measured.PAGE.read_text().count("<!-- measured: cuts -->") == 1
