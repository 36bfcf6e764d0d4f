"""A slice of `make chaos`, and whether its judges can tell: with what was seen of a night changed,
and with firmware and host tool that have a precaution taken away.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import measured
import ring
import told_nights
from changed_image import MUTANTS, change
from drawn import SHORT, WHOLE, Name, draw
from findings import CHECKS, Findings
from judged import judge
from kitbag_tools import image
from kitbag_tools.store import Added, Store, Visit
from played import Played, Stored, play

SEED = 1
NIGHTS = (6, 9)  # the ring comes round; one that is somebody's own, with a cut


@pytest.fixture(scope="module")
def object_image() -> Path:
    return image.build("sim")


@pytest.fixture(scope="module")
def night(object_image: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Played]:
    seen: dict[int, Played] = {}

    def get(number: int) -> Played:
        if number not in seen:
            folder = tmp_path_factory.mktemp("chaos") / "night"
            seen[number] = play(draw(Name(SHORT, number, SEED)), folder, object_image)
        return seen[number]

    return get


@pytest.mark.parametrize("number", NIGHTS)
def test_no_night_has_anything_wrong(number: int, night: Callable[[int], Played]) -> None:
    found = judge(night(number))
    assert found.good, found.examples
    assert found.seen["times"] > 5


def test_the_slice_has_in_it_what_it_should(night: Callable[[int], Played]) -> None:
    found = Findings()
    for number in NIGHTS:
        found.add(judge(night(number)))
    for what in ("power cuts", "faults", "gaps", "wrapped", "presses", "chosen"):
        assert found.seen[what] > 0, what


def test_a_night_is_drawn_alike_from_the_same_seed_and_only_from_that() -> None:
    for kind in (SHORT, WHOLE):
        assert draw(Name(kind, 5, SEED)) == draw(Name(kind, 5, SEED))
        assert draw(Name(kind, 5, SEED)).scenario != draw(Name(kind, 5, SEED + 1)).scenario
        assert draw(Name(kind, 5, SEED)).scenario != draw(Name(kind, 6, SEED)).scenario


# --- The judges can tell -----------------------------------------------------------------------


def without(stored: Stored, seq: int, *, slot_too: bool = True) -> Stored:
    records = {s: r for s, r in stored.records.items() if s != seq}
    slots = {s: r for s, r in stored.slots.items() if s != seq or not slot_too}
    return replace(stored, records=records, slots=slots)


def a_record_is_missing(seen: Played) -> None:
    seen.stored = without(seen.stored, max(seen.stored.records) - 1)


def a_gap_is_not_named(seen: Played) -> None:
    seen.stored = replace(seen.stored, gaps={})


def a_gap_is_made_up(seen: Played) -> None:
    seq = max(seen.stored.records) - 1
    seen.stored = replace(without(seen.stored, seq), gaps={**seen.stored.gaps, seq: "overwritten"})


def a_record_has_changed(seen: Played) -> None:
    seq = max(seen.stored.records)
    boot, slot = seen.stored.records[seq]
    changed = {**seen.stored.records, seq: (boot, slot[:6] + b"!" + slot[7:])}
    seen.stored = replace(seen.stored, records=changed)


def a_seq_is_reused(seen: Played) -> None:
    seq = max(seen.end.good)
    other = replace(seen.end.good[seq], raw=bytes(range(ring.SLOT)))
    seen.end = replace(seen.end, good={**seen.end.good, seq: other})


def the_last_visit_fails(seen: Played) -> None:
    seen.looks = [replace(look, done=None) for look in seen.looks]


def a_time_is_wrong(seen: Played) -> None:
    rows = [row for row in seen.events if row["start_s"]]
    rows[-1]["start_s"] = str(float(rows[-1]["start_s"]) + 1.5)


def a_time_is_claimed_that_nobody_knows(seen: Played) -> None:
    rows = [row for row in seen.events if not row["start_s"]]
    rows[-1]["start_clock"] = "21:00:00"


def an_error_that_nobody_injected(seen: Played) -> None:
    seq = max(seen.end.good) + 1
    raw = bytes([ring.EXCEPTION, 0, 0, 0, 0, 0, ring.TASKS.index("senses")]).ljust(ring.SLOT)
    error = ring.Slot(seq, 1, 0, ring.EXCEPTION, raw)
    seen.end = replace(seen.end, good={**seen.end.good, seq: error})


def it_was_too_warm(seen: Played) -> None:
    seen.summary = {**seen.summary, "peak_skin_c": 41.6}


@pytest.mark.parametrize(
    ("change_it", "check"),
    [
        (a_record_is_missing, "unnamed"),
        (a_record_is_missing, "not_stored"),
        (a_record_is_missing, "lost"),
        (a_gap_is_not_named, "unnamed"),
        (a_gap_is_made_up, "false_gap"),
        (a_record_has_changed, "lost"),
        (a_record_has_changed, "not_stored"),
        (a_seq_is_reused, "reused"),
        (the_last_visit_fails, "visit"),
        (a_time_is_wrong, "time"),
        (a_time_is_claimed_that_nobody_knows, "time"),
        (an_error_that_nobody_injected, "error"),
        (it_was_too_warm, "heat"),
    ],
)
def test_what_is_wrong_is_found(
    change_it: Callable[[Played], None], check: str, night: Callable[[int], Played]
) -> None:
    seen = night(NIGHTS[0])
    seen = replace(seen, events=[dict(row) for row in seen.events])
    change_it(seen)
    assert judge(seen).wrong[check], change_it.__name__


@pytest.mark.parametrize("number", sorted({mutant.number for mutant in MUTANTS}))
def test_precautions_that_are_missing_are_noticed(
    number: int, object_image: Path, tmp_path: Path
) -> None:
    """Those of one night at once: each has its own judge."""
    mutants = [mutant for mutant in MUTANTS if mutant.number == number]
    changed = change(object_image, (mutant.edit for mutant in mutants), tmp_path / "image")
    found = judge(play(draw(Name(SHORT, number, SEED)), tmp_path / "night", changed))
    assert {mutant.check for mutant in mutants} <= found.wrong.keys(), found


def test_a_host_that_releases_what_it_has_not_stored_is_noticed(
    object_image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = Store.add

    def forgetful(store: Store, visit: Visit) -> Added:
        return add(store, replace(visit, chunks=visit.chunks[:-1], records=()))

    monkeypatch.setattr(Store, "add", forgetful)
    found = judge(play(draw(Name(SHORT, NIGHTS[1], SEED)), tmp_path / "night", object_image))
    assert {"unnamed", "not_stored", "acked"} <= found.wrong.keys()


# --- What is said ------------------------------------------------------------------------------


def test_the_figures_stand_on_the_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- measured: chaos -->\n\nOUTDATED\n\n<!-- end -->\n")
    found = {kind: Findings() for kind in (WHOLE, SHORT)}
    found[SHORT].seen["short nights"] = 1000
    found[SHORT].found("lost", "1", 3)
    assert measured.renew("chaos", told_nights.paragraph(found, SEED), page)
    assert "1,000 of ten minutes" in page.read_text()
    assert f"3 {CHECKS['lost']}" in page.read_text().replace("\n", " ")
    assert measured.PAGE.read_text().count("<!-- measured: chaos -->") == 1
