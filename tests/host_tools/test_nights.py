"""Gestures and nights, and the words in which they are told."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host_tools.fake_object import Log
from host_tools.made_nights import (
    DAY,
    EVENING_MS,
    HOUR,
    MINUTE,
    a_night,
    beat,
    boot,
    both_ends,
    held,
    history_of,
)
from kitbag.wire import plan as care_plan
from kitbag.wire import records as wire
from kitbag_tools.nights import describe, gestures, nights
from kitbag_tools.object_client import Contact, StoredPlan
from kitbag_tools.store import Gap
from kitbag_tools.zones import night_bounds, night_of, to_utc_ms

LONDON = ZoneInfo("Europe/London")


def told(night) -> str:
    return "\n".join(describe(night, LONDON, "orange blossom"))


def test_a_full_night_in_words(tmp_path):
    log = Log()
    a_night(log)
    [night] = nights(history_of(tmp_path, log, both_ends()), LONDON)
    assert told(night) == (
        "Night of Sun 1 March: held twice, 20 minutes in all; longest 20 minutes; "
        "first hold 22:11.\n"
        "Warmth 45 minutes, pad at most 36.2 °C, face 34.2 °C.\n"
        "Squeezed twice, patted once, scent (orange blossom) once, touch 5 minutes, stopped once."
    )


def test_a_gesture_ends_when_its_record_says_and_began_its_duration_before(tmp_path):
    log = Log()
    boot(log)
    held(log, 1, 600_000, 45.5)
    history = history_of(tmp_path, log, both_ends(HOUR))
    [gesture] = gestures(history.logs[0])
    assert gesture.kind == "long_hold"
    assert gesture.start.utc_ms == EVENING_MS + 600_000
    assert gesture.end is not None
    assert gesture.end.utc_ms == EVENING_MS + 645_500
    assert gesture.noticed is not None
    assert gesture.noticed.utc_ms == EVENING_MS + 600_200
    assert gesture.mean_pa == pytest.approx(1200)


@pytest.mark.parametrize(
    ("cause", "reason", "words"),
    [("power_on", "power_lost", "when the power went"), ("watchdog", "restarted", "restarted")],
)
def test_a_hold_that_was_cut_short_has_no_end(tmp_path, cause, reason, words):
    log = Log()
    boot(log)
    held(log, 1, 5 * HOUR, 0, end=False)
    boot(log, 2, cause=cause)
    beat(log, 2, 15 * MINUTE, 3 * HOUR)
    contacts = [
        Contact(1, 0, EVENING_MS, 4),
        Contact(2, 0, EVENING_MS + 5 * HOUR + 20 * MINUTE, 4),
    ]
    history = history_of(tmp_path, log, contacts, boot=2)
    [gesture] = gestures(history.logs[0])
    assert (gesture.end, gesture.end_reason, gesture.duration_s) == (None, reason, None)
    assert gesture.start.utc_ms == EVENING_MS + 5 * HOUR
    assert words in told(nights(history, LONDON)[0])


def test_a_hold_that_goes_on_while_the_log_is_read(tmp_path):
    log = Log()
    boot(log)
    held(log, 1, HOUR, 0, end=False)
    [gesture] = gestures(history_of(tmp_path, log, both_ends(2 * HOUR)).logs[0])
    assert gesture.end_reason == "still_held"


def test_a_hold_whose_end_did_not_come_down(tmp_path):
    log = Log()
    boot(log)
    held(log, 1, HOUR, 0, end=False)
    held(log, 1, 2 * HOUR, 100)
    found = gestures(history_of(tmp_path, log, both_ends(3 * HOUR)).logs[0])
    assert [g.end_reason for g in found] == ["record_missing", ""]


def test_not_used_and_unknown_are_not_the_same(tmp_path):
    log = Log()
    boot(log)
    held(log, 1, HOUR, 100)
    beat(log, 1, 2 * HOUR, 2 * DAY)
    boot(log, 2)
    beat(log, 2, 0, DAY)
    contacts = [
        Contact(1, 0, EVENING_MS, 4),
        Contact(1, 2 * DAY, EVENING_MS + 2 * DAY, 4),
        Contact(2, 0, EVENING_MS + 4 * DAY, 4),
        Contact(2, DAY, EVENING_MS + 5 * DAY, 4),
    ]
    found = nights(history_of(tmp_path, log, contacts, boot=2), LONDON)
    assert [(n.date.day, n.use, n.reason) for n in found] == [
        (1, "used", ""),
        (2, "not_used", ""),
        (3, "unknown", "no_power"),
        (4, "unknown", "no_power"),
        (5, "unknown", "no_power"),  # without power until ten in the evening
        (6, "not_used", ""),
    ]
    assert "without power" in told(found[2])
    assert "not used" in told(found[1])


def test_a_night_that_has_only_begun_is_not_called_unused(tmp_path):
    log = Log()
    boot(log)
    beat(log, 1, 0, 2 * HOUR)
    [night] = nights(history_of(tmp_path, log, both_ends(2 * HOUR)), LONDON)
    assert (night.use, night.reason) == ("unknown", "partly_seen")


def test_a_gap_in_the_log_makes_the_night_unknown(tmp_path):
    log = Log()
    boot(log)
    beat(log, 1, 0, HOUR)
    start = log.next
    beat(log, 1, HOUR + 15 * MINUTE, 7 * HOUR)
    stop = log.next
    beat(log, 1, 7 * HOUR + 15 * MINUTE, 8 * HOUR)
    for seq in range(start, stop):
        log.slots[seq - 1] = b"\x55" * 16
    gaps = [Gap(log.epoch, start, stop - 1, "damaged")]
    [night] = nights(history_of(tmp_path, log, both_ends(), gaps=gaps), LONDON)
    assert (night.use, night.reason) == ("unknown", "gap")


def plan_of(level: int, guest: bool = False) -> StoredPlan:
    plan = care_plan.defaults() | {"logging.level": level, "logging.guest": guest}
    return StoredPlan(care_plan.to_json(plan).decode(), care_plan.crc(plan))


def test_what_was_not_to_be_written_down_is_unknown_as_agreed(tmp_path):
    log = Log()
    boot(log)
    plan = plan_of(0)
    log.add(wire.PLAN, 1, 1000, plan.crc, "host")
    beat(log, 1, 0, 8 * HOUR)
    [night] = nights(history_of(tmp_path, log, both_ends(), plan=plan), LONDON)
    assert (night.use, night.reason) == ("unknown", "not_logged")
    assert "as agreed" in told(night)


# --- Withheld by its holder ------------------------------------------------------------------


def test_a_withheld_night_is_unknown_and_not_unused(tmp_path):
    log = Log()
    boot(log)
    beat(log, 1, 0, 6 * HOUR)
    log.add(wire.WITHHELD, 1, 6 * HOUR, 3)
    beat(log, 1, 6 * HOUR, 8 * HOUR)
    [night] = nights(history_of(tmp_path, log, both_ends()), LONDON)
    assert (night.use, night.reason, night.withheld) == ("unknown", "withheld", True)
    assert night.known_min is None
    assert night.held_min is None
    assert told(night) == "Night of Sun 1 March: withheld by its holder."


def test_what_was_not_withheld_of_it_is_told(tmp_path):
    log = Log()
    boot(log)
    held(log, 1, HOUR, 60)
    beat(log, 1, HOUR, 6 * HOUR)
    log.add(wire.WITHHELD, 1, 6 * HOUR, 3)
    beat(log, 1, 6 * HOUR, 8 * HOUR)
    [night] = nights(history_of(tmp_path, log, both_ends()), LONDON)
    assert (night.use, night.reason, night.withheld) == ("used", "", True)
    assert told(night).endswith("\nSomething of it was withheld by its holder.")


def test_a_mark_is_of_the_night_so_many_powered_hours_before_it(tmp_path):
    log = Log()
    boot(log)
    beat(log, 1, 0, 40 * HOUR)
    boot(log, 2, cause="hard_reset")
    beat(log, 2, 0, 6 * HOUR)
    log.add(wire.WITHHELD, 2, 6 * HOUR, 15)  # 31 h after the first start: in the second night
    beat(log, 2, 6 * HOUR, 20 * HOUR)
    contacts = [Contact(1, 0, EVENING_MS, 8), Contact(2, 20 * HOUR, EVENING_MS + 60 * HOUR, 8)]
    found = nights(history_of(tmp_path, log, contacts, boot=2), LONDON)
    assert [night.reason for night in found] == ["", "withheld", ""]
    assert [night.use for night in found] == ["not_used", "unknown", "not_used"]


def test_a_hold_whose_end_was_withheld_says_so(tmp_path):
    log = Log()
    boot(log)
    held(log, 1, HOUR, 60, end=False)
    beat(log, 1, HOUR, 6 * HOUR)
    log.add(wire.WITHHELD, 1, 6 * HOUR, 3)
    held(log, 1, 7 * HOUR, 60)
    history = history_of(tmp_path, log, both_ends())
    assert [g.end_reason for g in gestures(history.logs[0])] == ["withheld", ""]
    [night] = nights(history, LONDON)
    assert "The end of one hold was withheld by its holder." in told(night)
    assert "missing" not in told(night)


def test_records_that_were_cleared_are_neither_gap_nor_damage(tmp_path):
    log = Log()
    boot(log)
    start = log.next
    held(log, 1, HOUR, 60)
    for seq in range(start, log.next):
        log.slots[seq - 1] = wire.VOID
    beat(log, 1, HOUR, 6 * HOUR)
    log.add(wire.WITHHELD, 1, 6 * HOUR, 3)
    beat(log, 1, 6 * HOUR, 8 * HOUR)
    history = history_of(tmp_path, log, both_ends())
    assert history.logs[0].gaps == []
    [night] = nights(history, LONDON)
    assert (night.use, night.reason) == ("unknown", "withheld")
    assert {s.kind for s in night.silent} == set()


def test_while_guests_had_it_nothing_is_known_and_that_is_agreed(tmp_path):
    log = Log()
    boot(log)
    plan = plan_of(2, guest=True)
    log.add(wire.PLAN, 1, 1000, plan.crc, "host")
    log.add(wire.GUARD, 1, HOUR, "SF1", "O", 60, 60, 0)
    beat(log, 1, 7 * HOUR, 8 * HOUR)  # they are gone
    held(log, 1, 8 * HOUR, 60)
    history = history_of(tmp_path, log, both_ends(9 * HOUR), plan=plan)
    [night] = nights(history, LONDON)
    assert night.use == "used"
    assert [(s.kind, round(s.minutes)) for s in night.silent] == [("guest", 420)]
    assert "others had it" in told(night)


def test_a_night_with_guests_only(tmp_path):
    log = Log()
    boot(log)
    plan = plan_of(2, guest=True)
    log.add(wire.PLAN, 1, 1000, plan.crc, "host")
    log.add(wire.ANCHOR, 2, 4 * HOUR, EVENING_MS // 1000 + 12 * 3600, 0, 8)  # no start, no battery
    contacts = [Contact(1, 0, EVENING_MS, 8), Contact(2, 4 * HOUR, EVENING_MS + 12 * HOUR, 8)]
    history = history_of(tmp_path, log, contacts, plan=plan, boot=2)
    [night] = nights(history, LONDON)
    assert (night.use, night.reason) == ("unknown", "guest")
    assert {s.kind for s in night.silent} == {"guest"}


def test_an_hour_with_guests_is_not_told_as_unused(tmp_path):
    for plan, reason in ((plan_of(2, guest=True), "guest"), (plan_of(0), "not_logged")):
        log = Log()
        boot(log)
        log.add(wire.PLAN, 1, 1000, plan.crc, "host")
        folder = tmp_path / reason
        folder.mkdir()
        [night] = nights(history_of(folder, log, both_ends(HOUR), plan=plan), LONDON)
        assert (night.use, night.reason) == ("unknown", reason)


def test_where_only_totals_were_kept_they_are_told(tmp_path):
    log = Log()
    boot(log)
    plan = plan_of(1)
    log.add(wire.PLAN, 1, 1000, plan.crc, "host")
    beat(log, 1, 0, 7 * HOUR)
    log.add(wire.TALLY, 1, 8 * HOUR - 1000, 3, 42.5, 60, 2, 5)
    [night] = nights(history_of(tmp_path, log, both_ends(), plan=plan), LONDON)
    assert (night.use, night.source, night.holds, night.held_min) == ("used", "totals", 3, 42.5)
    assert told(night).startswith("Night of Sun 1 March: held 3 times, 42 minutes in all.")


def test_a_gesture_that_may_be_of_two_nights_is_of_none(tmp_path):
    log = Log()
    boot(log)
    beat(log, 1, 0, HOUR)
    boot(log, 2)
    held(log, 2, HOUR, 50)
    boot(log, 3)
    beat(log, 3, 0, HOUR)
    contacts = [Contact(1, HOUR, EVENING_MS, 4), Contact(3, 0, EVENING_MS + 3 * DAY, 4)]
    history = history_of(tmp_path, log, contacts, boot=3)
    assert sum(len(night.gestures) for night in nights(history, LONDON)) == 0
    [gesture] = gestures(history.logs[0])
    assert gesture.quality == "bounded"


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 28), 23), (date(2026, 10, 24), 25), (date(2026, 3, 1), 24)],
)
def test_nights_are_as_long_as_they_really_are(day, hours):
    start, end = night_bounds(day, LONDON)
    assert (end - start) / HOUR == hours
    assert night_of(start, LONDON) == night_of(end - 1, LONDON) == day
    assert night_of(end, LONDON) != day


def test_a_night_in_which_the_clocks_change_counts_true_minutes(tmp_path):
    log = Log()
    boot(log)
    held(log, 1, 2 * HOUR, 4 * 3600)  # from 00:00 to 03:00 summer time on the wall: 4 h
    start = to_utc_ms(datetime(2026, 10, 24, 21, 0, tzinfo=UTC))
    contacts = [Contact(1, 0, start, 4), Contact(1, 8 * HOUR, start + 8 * HOUR, 4)]
    [night] = nights(history_of(tmp_path, log, contacts), LONDON)
    assert night.held_min == pytest.approx(240)
    assert "first hold" not in told(night)
    assert "at 00:00" in told(night)


def test_a_restart_and_a_guard_are_told_calmly(tmp_path):
    log = Log()
    boot(log)
    held(log, 1, HOUR, 600)
    log.add(wire.GUARD, 1, HOUR + 30_000, "SF1", "L", 36.0, 35.0, 0.4)
    boot(log, 2, cause="watchdog")
    beat(log, 2, 0, 5 * HOUR)
    contacts = [Contact(1, 0, EVENING_MS, 4), Contact(2, 0, EVENING_MS + 2 * HOUR, 4)]
    words = told(nights(history_of(tmp_path, log, contacts, boot=2), LONDON)[0])
    assert "The warm part was resting from 23:00 (safety function SF1)." in words
    assert "The object restarted at 00:00." in words


FORBIDDEN = re.compile(
    r"patient|complian|fail|streak|panic|sos\b|symptom|score|missed|device|toy", re.IGNORECASE
)


@given(
    holds=st.lists(
        st.tuples(st.integers(0, 3 * 24 * 60), st.integers(3, 3000), st.booleans()), max_size=12
    ),
    anchors=st.sampled_from([(0, 1), (0,), (1,), ()]),
)
@settings(max_examples=80, deadline=None)
def test_every_gesture_belongs_to_one_night_at_most(tmp_path_factory, holds, anchors):
    log = Log()
    boot(log)
    last = 0
    for at, seconds, whole in sorted(holds):
        held(log, 1, at * MINUTE, seconds, end=whole)
        last = max(last, at * MINUTE + seconds * 1000)
    beat(log, 1, last, 4 * DAY)
    ends = [0, 4 * DAY]
    contacts = [Contact(1, ends[i], EVENING_MS + ends[i], 4) for i in anchors]
    history = history_of(tmp_path_factory.mktemp("n"), log, contacts)
    found = nights(history, LONDON)
    seqs = [g.seq for night in found for g in night.gestures]
    assert len(seqs) == len(set(seqs))
    assert len(gestures(history.logs[0])) == len(holds)
    for night in found:
        assert night.known_min is not None
        assert night.known_min <= night.span_min + 0.01
        assert night.span_min <= 24 * 60 + 60
        assert (night.use == "unknown") == bool(night.reason)
        assert not FORBIDDEN.search(told(night))
    dates = [night.date for night in found]
    assert dates == sorted(set(dates))
    if anchors == (0, 1):
        assert len(seqs) == len(holds)
