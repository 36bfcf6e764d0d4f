"""The log and the power: nothing that was kept is lost, nothing that was withheld is written."""

import hashlib
import json

import pytest

from kitbag.wire import records as wire
from support.events import event, hug, squeeze

EVENING = hug(20, 30) + squeeze(90, 2) + hug(130, 20) + event(160, "pat", count=4)
PLAN = '[scent]\nenabled = true\nname = "x"\n[touch]\nenabled = true\n'


def seqs(night):
    return [int(row["seq"]) for row in night.rows("events.csv")]


@pytest.fixture(scope="module")
def cut(play):
    """Power goes in the middle of a warm hold, at a moment of its own, just after a visit."""
    return play(
        hug(20, 60)
        + event(40, "usb", attached=True)
        + event(41, "sync")
        + event(50.123, "power", off_s=20)
        + hug(200, 20)
        + event(260, "sync"),
        300,
    )


def test_no_record_is_lost_and_none_is_made_up(cut):
    assert seqs(cut) == list(range(1, len(seqs(cut)) + 1))
    assert cut.result.syncs[-1].conflicts == []
    assert cut.result.syncs[-1].gaps == []
    kept = cut.result.syncs[0].records_total
    assert kept >= 4
    assert len(seqs(cut)) > kept


def test_the_object_comes_back_off_and_stays_so(cut):
    for what in ("switch1", "switch2", "heater_duty", "motor", "scent"):
        assert cut.at(what, 50.2) == 0
        assert not cut.ever_on(what, 50.2, 200), what
    assert cut.ever_on("switch1", 203, 215)


def test_the_log_says_that_it_began_anew(cut):
    boots = [row["boot_id"] for row in cut.events("boot")]
    assert boots == ["1", "2"]
    assert cut.summary["reboots"] == 1


def test_a_hold_that_the_power_cut_is_told_once_at_the_most(cut):
    assert len([row for row in cut.hugs() if abs(float(row["start_s"] or 0) - 20) < 2]) <= 1


@pytest.mark.parametrize("moment_s", [20.05, 23.02, 25.0, 30.337, 51.4])
def test_a_cut_at_any_moment_leaves_a_log_that_can_be_read(play, moment_s):
    night = play(hug(20, 30) + event(moment_s, "power", off_s=5) + hug(100, 10), 130)
    assert seqs(night) == list(range(1, len(seqs(night)) + 1))
    assert night.result.complete
    assert [row["boot_id"] for row in night.events("boot")] == ["1", "2"]


@pytest.mark.parametrize("after_s", [0.05, 0.2, 0.4])
def test_a_visit_that_the_power_interrupts_goes_on_without_waiting(play, after_s):
    night = play(event(41, "sync") + event(41 + after_s, "power", off_s=2), 60)
    assert night.summary["reboots"] == 1
    assert night.result.syncs[-1].gaps == []
    assert night.summary["wall_s"] < 20  # a host's patience alone is 30 s


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_cut_amid_a_record_is_one_slot_that_says_nothing(play, seed):
    """It waits for the record that tells of the hold."""
    night = play(hug(20, 30) + event(21, "power", off_s=5, amid="program"), 60, seed=seed)
    flash = (night.out / "object/flash.bin").read_bytes()
    end = max(seqs(night)) + 1
    torn = sorted(set(range(1, end)) - set(seqs(night)))
    assert len(torn) == 1
    at = (wire.HEADER_SLOTS + torn[0] - 1) * wire.SLOT
    assert flash[at : at + wire.SLOT] == wire.VOID
    assert night.result.syncs[-1].gaps == []
    assert [row["boot_id"] for row in night.events("boot")] == ["1", "2"]


def test_the_same_scenario_and_seed_give_the_same_bytes(play):
    def digests(night):
        found = {}
        for path in sorted(night.out.iterdir()):
            if path.suffix == ".csv":
                found[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
        found["flash"] = hashlib.sha256((night.out / "object/flash.bin").read_bytes()).hexdigest()
        summary = dict(night.summary)
        summary.pop("wall_s")
        found["summary"] = json.dumps(summary)
        return found

    runs = [play(EVENING + event(140, "power", off_s=3), 220, plan=PLAN) for _ in range(2)]
    assert digests(runs[0]) == digests(runs[1])
    other = play(EVENING + event(140, "power", off_s=3), 220, plan=PLAN, seed=2)
    assert digests(other)["truth.csv"] != digests(runs[0])["truth.csv"]


@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_what_the_plan_withholds_is_never_written(play, level):
    night = play(EVENING, 240, plan=f"{PLAN}[logging]\nlevel = {level}\n")
    kinds = {row["kind"] for row in night.rows("events.csv")}
    always = {"boot", "anchor", "plan", "battery"}
    if level == 0:
        assert kinds <= always
        assert night.hugs() == []
    elif level == 1:
        assert kinds <= always | {"tally"}
        assert [row["holds"] for row in night.events("tally")] == ["2"]
    else:
        assert {"long_hold", "hold", "squeeze", "pat", "warmth_state", "scent"} <= kinds
        assert ("bladder" in kinds) == (level == 3)


def test_times_are_right_to_a_second_with_a_crystal_that_is_off(play):
    night = play(hug(60, 10) + hug(3500, 10), 3600, clock_ppm=-60)
    for row, start_s in zip(night.hugs(), (60, 3500), strict=True):
        assert float(row["start_s"]) == pytest.approx(start_s, abs=1)
        assert row["time_quality"] == "anchored_both"


def test_samples_are_not_skipped(play):
    night = play(hug(60, 120), 600)
    assert night.summary["samples"] >= 10 * 480 + 25 * 119
    assert night.result.complete
