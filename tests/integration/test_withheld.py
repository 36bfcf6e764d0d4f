"""What the holder withholds, on the whole object: compared bit for bit on its flash."""

import pytest

from kitbag.wire import records as wire
from support.events import event, hug, squeeze

PLAN = '[scent]\nenabled = true\nname = "x"\n[touch]\nenabled = true\n'
ALWAYS = {
    wire.BOOT, wire.ANCHOR, wire.GUARD, wire.EXCEPTION, wire.SENSE_FAULT, wire.PLAN, wire.BATTERY,
}  # fmt: skip
USE = hug(120, 40) + squeeze(190, 2) + event(230, "pat", count=4) + hug(260, 20)


def chosen(t_s, hold_s=2.5):
    return event(t_s, "button", hold_s=hold_s)


def three(t_s):
    return chosen(t_s) + chosen(t_s + 4) + chosen(t_s + 8)


def flash(night):
    return (night.out / "object/flash.bin").read_bytes()


def slots(data):
    """{address: 16 bytes} of every slot that is no header's."""
    found = {}
    for at in range(0, len(data), wire.SLOT):
        if at % wire.SECTOR >= wire.HEADER_SLOTS * wire.SLOT:
            found[at] = data[at : at + wire.SLOT]
    return found


def kinds(data):
    return [slot[0] for slot in slots(data).values() if slot not in (wire.FREE, wire.VOID)]


def before_the_visit(night):
    """Every byte of the flash, but for when the visit at the end was."""
    data = bytearray(flash(night))
    for at, slot in slots(data).items():
        last = int.from_bytes(slot[2:6], "little") > 250_000
        if last and slot[0] in (wire.WITHHELD, wire.ANCHOR):
            data[at + 2 : at + wire.SLOT] = bytes(wire.SLOT - 2)
    return bytes(data)


# --- Tonight is mine -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mine(play):
    return play(hug(20, 10) + chosen(60) + USE, 360, plan=PLAN)


def test_after_the_choice_nothing_tells_of_use(mine, play):
    unused = play(hug(20, 10) + chosen(60), 360, plan=PLAN)
    assert mine.ever_on("switch1", 120, 360)  # it was used
    assert mine.ever_on("motor", 120, 360)
    assert before_the_visit(mine) == before_the_visit(unused)


def test_before_it_all_is_written_and_after_it_a_mark(mine):
    found = kinds(flash(mine))
    assert {wire.HOLD_START, wire.HOLD, wire.WARMTH_STATE, wire.TOUCH_START} <= set(found)
    assert found.count(wire.WITHHELD) == 1
    # Neither the press that chose, nor what it stopped
    assert wire.BUTTON not in found
    assert wire.STOP not in found
    assert wire.TOUCH_END not in found
    assert [row["kind"] for row in mine.hugs()] == ["hold"]
    assert [row["withheld"] for row in mine.rows("nights.csv")] == ["yes"]


def test_a_hold_and_a_session_that_are_on_do_not_leak(play):
    held = play(hug(20, 300) + chosen(60), 400, plan=PLAN)
    assert wire.HOLD_START in kinds(flash(held))
    after = [row for row in held.rows("events.csv") if float(row["start_s"] or 0) > 59]
    assert {row["kind"] for row in after} <= {"withheld", "anchor"}
    assert [row["end_reason"] for row in held.hugs()] == ["withheld"]


def test_a_press_of_another_length_chooses_nothing(play):
    for hold_s in (0.3, 1.7, 11.0):
        pressed = play(hug(20, 10) + chosen(60, hold_s) + USE, 360, plan=PLAN)
        found = set(kinds(flash(pressed)))
        assert {wire.BUTTON, wire.STOP, wire.LONG_HOLD, wire.SQUEEZE, wire.PAT} <= found
        assert wire.WITHHELD not in found
        (row,) = pressed.events("button")
        assert float(row["held_s"]) == pytest.approx(hold_s, abs=0.1)
        stops = [float(row["start_s"]) for row in pressed.events("stop")]
        assert stops == [pytest.approx(60, abs=0.2)]  # with the time of its down-edge


def test_the_choice_outlives_a_power_cut(play):
    def night(more):
        return play(chosen(60) + event(80, "power", off_s=10) + more, 360, plan=PLAN)

    assert before_the_visit(night(USE)) == before_the_visit(night(""))


def test_without_a_marker_nothing_is_written_at_all(play):
    plan = f"{PLAN}[logging]\nmarker = false\n"
    night = play(chosen(60) + USE, 360, plan=plan)
    assert set(kinds(flash(night))) <= ALWAYS
    assert before_the_visit(night) == before_the_visit(play("", 360, plan=plan))


def test_chosen_again_it_is_written_again_once_what_goes_on_is_over(play):
    night = play(
        chosen(60) + hug(120, 60) + chosen(150) + hug(220, 20) + hug(2400, 20), 2500, plan=PLAN
    )
    assert [round(float(row["start_s"])) for row in night.hugs()] == [2400]
    picked = night.events("picked_up")
    assert [row["rested_s"] for row in picked] == [""]  # it would tell of the last touch
    assert {row["dose_cem43_min"] for row in night.events("warmth_sample")} == {""}


def test_it_is_over_after_six_hours_without_a_touch(play):
    night = play(chosen(60) + hug(120, 60) + hug(23_000, 20), 23_100, plan=PLAN)
    assert [round(float(row["start_s"])) for row in night.hugs()] == [23_000]
    assert night.events("picked_up")[0]["rested_s"] == ""
    (mark,) = night.events("withheld")
    # At six hours of powered time, whenever the choice was
    assert float(mark["start_s"]) == pytest.approx(6 * 3600, abs=40)


def test_a_soft_cue_answers_the_choice_where_touch_was_agreed_on(play):
    night = play(chosen(60) + chosen(100), 160, plan=PLAN)
    assert night.ever_on("motor", 62.5, 75)
    assert not night.ever_on("motor", 100, 160)  # none where it is undone
    assert night.at("motor", 61) == 0  # not while the button is down
    assert not play(chosen(60), 100).ever_on("motor", 0, 100)


def test_the_button_is_a_touch_too(play):
    """Untouched for more than six hours before: that does not end what was chosen just now."""
    night = play(chosen(22_000) + hug(22_060, 20), 22_150, plan=PLAN)
    assert night.hugs() == []
    assert len(night.events("withheld")) == 1


# --- Last night taken back -------------------------------------------------------------------


@pytest.fixture(scope="module")
def kept(play):
    return play(USE, 500, plan=PLAN)


def test_three_presses_take_last_night_back(play, kept):
    night = play(USE + three(340), 500, plan=PLAN)
    now = slots(flash(night))
    gone = 0
    for at, slot in slots(flash(kept)).items():
        if int.from_bytes(slot[2:6], "little") >= 340_000:  # also the free ones
            continue
        if slot[0] in ALWAYS:
            assert now[at] == slot
        else:
            gone += 1
            assert now[at] == wire.VOID
            assert slot not in flash(night)
    assert gone >= 12
    assert set(kinds(flash(night))) <= ALWAYS | {wire.WITHHELD}
    assert night.hugs() == []
    assert night.result.syncs[-1].gaps == []
    assert len(night.events("withheld")) == 1
    assert [row["reason"] for row in night.rows("nights.csv")] == ["withheld"]


def test_two_presses_do_not(play):
    night = play(USE + chosen(340) + chosen(344), 500, plan=PLAN)
    assert len(night.hugs()) >= 4
    assert wire.VOID not in slots(flash(night)).values()


def test_nor_three_with_a_short_one_among_them_or_too_slow(play):
    for presses in (
        chosen(340) + chosen(344) + chosen(348, 0.3) + chosen(352),
        chosen(340) + chosen(352) + chosen(364),
    ):
        night = play(USE + presses, 500, plan=PLAN)
        assert len(night.hugs()) >= 4
        assert wire.VOID not in slots(flash(night)).values()


# The last press is let go at 410.5 s and known a moment later; clearing takes 50 µs a record
@pytest.mark.parametrize("after_ms", [5, 14.2, 14.5, 14.8, 15.1, 15.4, 15.7, 30])
def test_a_power_cut_while_it_is_cleared_is_made_good_at_the_next_start(play, after_ms):
    more = hug(300, 20) + squeeze(330, 2) + event(350, "pat", count=4) + hug(360, 20)
    cut = event(410.5 + after_ms / 1000, "power", off_s=5)
    night = play(USE + more + three(400) + cut, 500, plan=PLAN)
    found = set(kinds(flash(night)))
    assert night.result.syncs[-1].gaps == []  # no slot is left torn
    if wire.HOLD_START in found:  # the power went before it had begun
        assert after_ms == 5
        assert wire.VOID not in slots(flash(night)).values()
    else:
        assert found <= ALWAYS | {wire.WITHHELD}
        assert night.hugs() == []


def test_what_was_downloaded_before_is_with_the_host(play):
    sync = (
        event(320, "usb", attached=True) + event(321, "sync") + event(330, "usb", attached=False)
    )
    night = play(USE + sync + three(340), 500, plan=PLAN)
    assert len(night.hugs()) >= 4
    assert night.result.syncs[-1].conflicts == []
    assert night.result.syncs[-1].gaps == []


# --- Guest -----------------------------------------------------------------------------------

GUEST = f"{PLAN}[logging]\nguest = true\n"


def test_with_guests_not_one_bit_changes(play):
    used = play(USE + three(310) + chosen(330, 0.3), 1000, plan=GUEST)
    unused = play("", 1000, plan=GUEST)
    assert used.ever_on("switch1", 120, 360)
    assert used.ever_on("motor", 120, 360)
    assert before_the_visit(used) == before_the_visit(unused)
    assert set(kinds(flash(used))) == {wire.BOOT, wire.PLAN, wire.ANCHOR}
    assert used.summary["records_written"] == unused.summary["records_written"]
    assert [row["reason"] for row in used.rows("nights.csv")] == ["guest"]


def test_guests_are_gone_after_six_hours_and_have_chosen_nothing(play):
    night = play(USE + chosen(310) + hug(23_000, 20), 23_100, plan=GUEST)
    assert [round(float(row["start_s"])) for row in night.hugs()] == [23_000]
    found = kinds(flash(night))
    assert wire.BATTERY in found
    assert wire.WITHHELD not in found
    assert night.events("picked_up")[0]["rested_s"] == ""


def test_with_guests_a_restart_and_a_battery_take_no_number(play):
    night = play(hug(20, 10) + event(40, "power", off_s=5) + hug(1000, 10), 1900, plan=GUEST)
    found = kinds(flash(night))
    assert found.count(wire.BOOT) == 1  # the first, before there was a plan
    assert set(found) == {wire.BOOT, wire.PLAN, wire.ANCHOR}


def test_with_guests_safety_still_counts(play):
    night = play(hug(60, 200) + event(150, "fault", kind="ntc_pad_open"), 300, plan=GUEST)
    assert wire.GUARD in kinds(flash(night))
