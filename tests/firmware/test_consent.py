# Runs on CPython and on the MicroPython VM
from kitbag.consent import WARMTH_SAMPLE_S, Log
from kitbag.wire import records
from support.fakes import Clock, Memory

# What says nothing about use: safety, time and the log itself
ALWAYS = {
    records.BOOT,
    records.ANCHOR,
    records.GUARD,
    records.EXCEPTION,
    records.SENSE_FAULT,
    records.PLAN,
    records.BATTERY,
}
SAMPLES = {records.BLADDER}
# Written by the log and the journal themselves
OF_THE_LOG = {records.TALLY, records.DROPPED, records.WITHHELD}
EVENTS = set(records.KINDS) - ALWAYS - SAMPLES - OF_THE_LOG


class Journal:
    def __init__(self):
        self.kinds = []
        self.values = []
        self.times = []
        self.clock = Clock()

    def write(self, kind, *values, at=None):
        self.kinds.append(kind)
        self.values.append(values)
        self.times.append(at)


class Care:
    def __init__(self, level, marker=True, guest=False):
        self.plan = {"logging.level": level, "logging.marker": marker, "logging.guest": guest}


def log_at(level, memory=None, marker=True, guest=False):
    journal = Journal()
    care = Care(level, marker, guest)
    return Log(journal, care, memory or Memory()), journal, care


def values_of(kind):
    return [scale[0] if isinstance(scale, list) else 60.0 for _, _, scale in records.fields(kind)]


def written(level):
    log, journal, _ = log_at(level)
    for kind in sorted(set(records.KINDS) - OF_THE_LOG):
        log.write(kind, *values_of(kind))
    return set(journal.kinds)


def test_level_0_writes_nothing_about_use():
    assert written(0) == ALWAYS


def test_level_1_writes_no_event():
    assert written(1) == ALWAYS


def test_level_2_writes_events_and_no_samples():
    assert written(2) == ALWAYS | EVENTS


def test_level_3_writes_everything():
    assert written(3) == ALWAYS | EVENTS | SAMPLES


def test_time_given_is_time_written():
    log, journal, _ = log_at(2)
    log.write(records.PAT, *values_of(records.PAT), at=123)
    log.write(records.BATTERY, 4.0, at=9)
    log.write(records.STOP, "button", "idle")
    assert journal.times == [123, 9, None]


def use(log):
    log.write(records.HOLD, 90, 1500, 0.8, 0.2, 0.5)
    log.write(records.LONG_HOLD, 600, 1500, 0.8, 0.2, 0.5)
    log.write(records.HOLD_START, 2, 1500, 0.2, None)
    log.write(records.SQUEEZE, 0.5, 1500, 2, 0.8, 0.2, 0.5)
    log.write(records.SCENT, 4, "double_squeeze", 9)
    log.write(records.SCENT_REFUSED, "gap", 9)
    log.write(records.TOUCH_END, "session_over", 30)
    for _ in range(5):
        log.write(records.WARMTH_SAMPLE, 36, 35, 0.4, 1.2, 0.001)


def test_level_1_tells_totals_once():
    log, journal, _ = log_at(1)
    use(log)
    assert journal.kinds == []
    log.tally()
    assert journal.kinds == [records.TALLY]
    assert journal.values[0] == (2, 690 / 60, 5 * WARMTH_SAMPLE_S / 60, 1, 30 / 60)
    log.tally()
    assert journal.kinds == [records.TALLY]


def test_no_totals_of_nothing_and_none_at_other_levels():
    for level in (0, 2, 3):
        log, journal, _ = log_at(level)
        use(log)
        log.tally()
        assert records.TALLY not in journal.kinds
    log, journal, _ = log_at(1)
    log.tally()
    assert journal.kinds == []


def test_a_consent_withdrawn_takes_what_was_counted_with_it():
    log, journal, care = log_at(1)
    use(log)
    care.plan["logging.level"] = 0
    log.tally()
    assert journal.kinds == []
    care.plan["logging.level"] = 1
    log.tally()
    assert journal.kinds == []


def test_what_was_not_to_be_counted_is_not_told_later():
    log, journal, care = log_at(0)
    use(log)
    care.plan["logging.level"] = 1
    log.tally()
    assert journal.kinds == []


def test_faults_that_only_hands_bring_about_are_use():
    for fault in ("clipped", "leak"):
        log, journal, _ = log_at(0)
        log.write(records.SENSE_FAULT, fault, 1500)
        assert journal.kinds == [], fault
        log, journal, _ = log_at(2)
        log.write(records.SENSE_FAULT, fault, 1500)
        assert journal.kinds == [records.SENSE_FAULT], fault


# --- Tonight is mine -------------------------------------------------------------------------

HOUR_MS = 3_600_000


def everything(log):
    for kind in sorted(set(records.KINDS) - OF_THE_LOG):
        log.write(kind, *values_of(kind))
    log.write(records.SENSE_FAULT, "clipped", 1500)
    log.write(records.SENSE_FAULT, "leak", -60)


def test_a_chosen_night_is_written_like_level_0():
    for level in (0, 1, 2, 3):
        log, journal, _ = log_at(level)
        assert log.choose()
        everything(log)
        assert set(journal.kinds) == ALWAYS
        assert len(journal.kinds) == len(ALWAYS)


def test_it_outlives_a_power_cut_with_one_commit():
    memory = Memory()
    log, _, _ = log_at(2, memory)
    log.choose()
    assert memory.commits == 1
    log, journal, _ = log_at(2, Memory(memory.values))
    everything(log)
    assert set(journal.kinds) == ALWAYS


def test_it_is_over_when_nobody_has_touched_it_for_six_hours():
    log, journal, _ = log_at(2)
    log.choose()
    log.look(6 * HOUR_MS - 1, False)
    use(log)
    assert journal.kinds == []
    log.look(6 * HOUR_MS, False)
    assert journal.kinds == []  # nor does a mark tell when the last touch was
    use(log)
    assert records.HOLD in journal.kinds


def test_chosen_again_it_ends_once_what_is_going_on_is_over():
    log, journal, _ = log_at(2)
    assert log.choose()
    assert not log.choose()
    use(log)  # a hold that had begun before ends
    log.look(29 * 60_000, False)
    use(log)
    assert journal.kinds == []
    log.look(30 * 60_000, False)
    use(log)
    assert records.HOLD in journal.kinds


def test_chosen_a_third_time_it_is_withheld_again():
    log, journal, _ = log_at(2)
    assert [log.choose(), log.choose(), log.choose()] == [True, False, True]
    log.look(30 * 60_000, False)
    use(log)
    assert journal.kinds == []


def test_a_night_of_totals_is_withheld_whole():
    log, journal, _ = log_at(1)
    use(log)
    log.choose()
    use(log)
    log.look(6 * HOUR_MS, False)
    log.tally()
    assert records.TALLY not in journal.kinds
    use(log)
    log.tally()
    assert journal.values[journal.kinds.index(records.TALLY)][0] == 2


def test_what_a_press_brings_about_waits_until_it_is_known():
    log, journal, _ = log_at(2)
    journal.clock.ms = 5_000
    log.waits = True
    log.write(records.STOP, "button", "warming")
    log.write(records.HOLD, 90, 1500, 0.8, 0.2, 0.5, at=4_000)
    log.write(records.GUARD, "SF1", "O", 60.0, 60.0, 0.0)  # safety never waits
    assert journal.kinds == [records.GUARD]
    log.choose()
    log.resume()
    assert journal.kinds == [records.GUARD]
    # Nor where the third press takes last night back
    log, journal, _ = log_at(2)
    log.waits = True
    log.write(records.STOP, "button", "warming")
    log.choose(1)
    log.resume()
    assert journal.kinds == []
    # A press that is only a press: the same records, with the times that they had
    log, journal, _ = log_at(2)
    journal.clock.ms = 5_000
    log.waits = True
    log.write(records.STOP, "button", "warming")
    log.write(records.HOLD, 90, 1500, 0.8, 0.2, 0.5, at=4_000)
    journal.clock.ms = 5_300
    log.resume()
    log.resume()
    log.write(records.BUTTON, 0.3)
    assert journal.kinds == [records.STOP, records.HOLD, records.BUTTON]
    assert journal.times == [5_000, 4_000, None]


def told(log, journal, steps):
    """The marks that `steps` times six hours bring about."""
    before = len(journal.kinds)
    for _ in range(steps):
        log.look(0, True)
    kinds = journal.kinds[before:]
    assert set(kinds) <= {records.WITHHELD}
    return [values[0] for values in journal.values[before:]]


def test_one_mark_a_night_tells_of_it_and_not_of_its_hour():
    log, journal, _ = log_at(2)
    log.choose()
    assert journal.kinds == []  # not when it was chosen
    assert told(log, journal, 4) == [3]
    # Never left alone for six hours: after a day it is another night
    assert told(log, journal, 4) == [3]
    log.look(6 * HOUR_MS, False)
    assert told(log, journal, 20) == []


def test_a_visit_finds_the_mark_and_a_second_visit_no_other():
    log, journal, _ = log_at(2)
    log.choose()
    log.tally()
    log.tally()
    assert journal.kinds == [records.WITHHELD]
    assert told(log, journal, 1) == []


def test_a_mark_that_is_due_outlives_a_power_cut():
    memory = Memory()
    log, _, _ = log_at(2, memory)
    log.choose()
    log.look(6 * HOUR_MS, False)
    log, journal, _ = log_at(2, memory)
    assert told(log, journal, 2) == [3]


def test_without_a_marker_nothing_says_that_a_night_was_withheld():
    log, journal, _ = log_at(2, marker=False)
    log.choose()
    assert told(log, journal, 9) == []
    log.tally()
    assert journal.kinds == []
    assert journal.values == []


# What a record tells of the day before it
def test_for_a_day_no_record_tells_of_what_was_withheld():
    def after(log, journal):
        log.write(records.PICKED_UP, 32_000)
        log.write(records.SCENT, 4, "double_squeeze", 3)
        log.write(records.SCENT_REFUSED, "budget", 0)
        log.write(records.WARMTH_SAMPLE, 36, 35, 0.4, 1.2, 0.7)
        log.write(records.HOLD, 90, 1500, 0.8, 0.2, 0.5)
        return journal.values[-5:]

    plain = [
        (32_000,),
        (4, "double_squeeze", 3),
        ("budget", 0),
        (36, 35, 0.4, 1.2, 0.7),
        (90, 1500, 0.8, 0.2, 0.5),
    ]
    log, journal, _ = log_at(2)
    assert after(log, journal) == plain
    memory = Memory()
    log, journal, _ = log_at(2, memory)
    log.choose()
    log.look(6 * HOUR_MS, False)
    for _ in range(4):  # the first six hours may be nearly over
        assert after(log, journal) == [
            (None,),
            (4, "double_squeeze", None),
            ("none", None),
            (36, 35, 0.4, 1.2, None),
            plain[4],
        ]
        log.look(0, True)
        log, journal, _ = log_at(2, memory)  # a restart does not shorten it
    log.look(0, True)
    assert after(log, journal) == plain


# --- Guest -----------------------------------------------------------------------------------

WITH_GUESTS = {records.GUARD, records.EXCEPTION, records.PLAN, records.ANCHOR}


def test_with_guests_only_safety_and_what_a_host_does_is_written():
    for level in (0, 1, 2, 3):
        log, journal, _ = log_at(level, guest=True)
        everything(log)
        assert set(journal.kinds) == WITH_GUESTS
        log.tally()
        assert told(log, journal, 8) == []


def test_guests_are_gone_when_nobody_has_touched_it_for_six_hours():
    memory = Memory()
    log, journal, _ = log_at(2, memory, guest=True)
    log.look(6 * HOUR_MS - 1, False)
    use(log)
    assert journal.kinds == []
    log.look(6 * HOUR_MS, False)
    use(log)
    assert records.HOLD in journal.kinds
    # Also after a restart: the same plan is still in force
    log, journal, _ = log_at(2, memory, guest=True)
    use(log)
    assert records.HOLD in journal.kinds
    # Set anew, it is for guests again
    log.write(records.PLAN, 1, "host")
    del journal.kinds[:]
    use(log)
    assert journal.kinds == []


def test_a_plan_without_guests_ends_it_at_once():
    log, journal, care = log_at(2, guest=True)
    use(log)
    care.plan["logging.guest"] = False
    log.write(records.PLAN, 1, "host")
    use(log)
    assert records.HOLD in journal.kinds


def test_what_guests_did_is_not_told_for_a_day():
    log, journal, _ = log_at(2, guest=True)
    log.look(6 * HOUR_MS, False)
    log.write(records.PICKED_UP, 32_000)
    assert journal.values == [(None,)]


def test_with_guests_a_chosen_night_stays_unmarked_until_they_are_gone():
    log, journal, _ = log_at(2)
    log.choose()
    log, journal, care = log_at(2, log._memory, guest=True)
    assert told(log, journal, 2) == []
    care.plan["logging.guest"] = False
    assert told(log, journal, 1) == [3]
