"""A slice of `make drops`: some drops of every visit, and object and host with one precaution
after the other taken away.
"""

import random
from pathlib import Path

import pytest

import measured
import shown
from by_radio import ByRadio
from cable import Back, Cable
from flows import ADOPT, FLOWS, Flow, Host, plans
from harm import Findings
from killing import PART, Killing
from kitbag.link import HOSTS
from kitbag.wire import records
from kitbag_tools.errors import KitbagError, Reason
from lesser import MUTANTS, Mutant
from proof import Proof
from software import PORT, Software, load
from thing import Thing
from whole_object import LATE_S, SOON_S, WholeObject

# Odd: whatever the object is afterwards, and whether the host waits or not, takes its turn
STEPS = {"sync": 57, "sync again": 69, "set up": 111}
STEP = 17
SEED = 7


@pytest.fixture(scope="module")
def software() -> Software:
    return load()


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_whatever_is_dropped_the_next_visit_brings_it_home(flow: Flow, software: Software) -> None:
    proof = Proof(software, STEPS.get(flow.name, STEP))
    cases = proof.cases(flow)
    found = proof.run((flow.name, 0, len(cases)))
    assert found.good, found
    assert found.resumed == found.drops + found.halves == len(cases) >= len(Back) * 2
    assert {case.back for case in cases} == set(Back)
    assert bool(found.went_on) == flow.downloads


def test_a_visit_is_of_several_windows_of_a_ring_that_has_come_round(software: Software) -> None:
    proof = Proof(software)
    sizes = [frame.size for frame in proof._passed(FLOWS[0]) if not frame.to_object]
    assert sum(size > 2_000 for size in sizes) * 126 > 3 * 8 * 126 - 126
    assert proof._scene(FLOWS[0]).thing(software).journal.first > 1


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.removes)
def test_a_precaution_that_is_missing_is_noticed(mutant: Mutant) -> None:
    proof = Proof(load(mutant.edits))
    [flow] = [flow for flow in FLOWS if flow.name == mutant.flow]
    numbers = list(range(len(proof.cases(flow))))
    random.Random(SEED).shuffle(numbers)
    found = Findings()
    for number in numbers[:60]:
        found.add(proof.run((flow.name, number, number + 1)))
        if getattr(found, mutant.field):
            break
    assert getattr(found, mutant.field), found


def test_a_host_that_is_killed_goes_on_where_its_store_ends(software: Software) -> None:
    killing = Killing(software)
    kills = killing.kills
    # Behind the last records, in the transaction, in its commit
    last = killing.frames - 4
    committing = next(n for n, kill in enumerate(kills) if kill.statement and kill.later_s)
    found = Findings()
    for number in (last, committing - 5, committing + 1):
        found.add(killing.run((PART, number, number + 1)))
    assert found.good, found
    assert found.resumed == 3


def test_the_whole_object_over_its_port() -> None:
    cases = [(0, LATE_S), (17, SOON_S), (34, LATE_S), (51, SOON_S)]
    found = WholeObject().drop(cases)
    assert found.good, found
    assert found.resumed == found.drops == len(cases)


def test_the_whole_object_by_radio() -> None:
    # A request of which nobody knows whether it was heard, and a window that breaks off
    found = ByRadio().drop([(17, False), (28, True)])
    assert found.good, found
    assert found.resumed == found.drops == 2
    assert found.went_on == 1


def test_a_computer_that_lost_its_keys_comes_in_when_the_holder_has_sent_all_away(
    software: Software, tmp_path: Path
) -> None:
    thing = Thing(software, b"\xff" * 4 * records.SECTOR, {})
    host = Host(software, tmp_path)
    software.plugs[PORT] = Cable(thing, software.clock, None, Back.SAME, returns=False).plugged
    host.adopt()
    host.keys.path.unlink()
    with pytest.raises(KitbagError) as caught:
        host.adopt()
    assert caught.value.reason is Reason.NOT_ADMITTED
    assert "hold the object's button for 10 seconds" in caught.value.next_step
    thing.memory.forget(HOSTS)  # which is what that does
    host.adopt()
    host.status()


def test_every_time_the_same_bytes_go_over_the_line(software: Software) -> None:
    once, again = (Proof(each)._passed(ADOPT) for each in (software, load()))
    assert once == again


def test_old_and_new_plan_differ() -> None:
    assert plans()[0] != plans()[1]


def test_the_figures_stand_on_the_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("a\n\n<!-- measured: drops -->\n\nOUTDATED\n\n<!-- end -->\n")
    words = shown.paragraph({"sync": Findings(frames=64, drops=1234, stuck=2)})
    assert measured.renew("drops", words, page)
    text = " ".join(page.read_text().split())
    assert "1,234 drops" in text
    assert "2 stuck" in text
    assert measured.PAGE.read_text().count("<!-- measured: drops -->") == 1
