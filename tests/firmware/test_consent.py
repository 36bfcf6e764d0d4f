# Runs on CPython and on the MicroPython VM
from kitbag.consent import WARMTH_SAMPLE_S, Log
from kitbag.wire import records

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
OF_THE_LOG = {records.TALLY, records.DROPPED}  # written by the log and the journal themselves
EVENTS = set(records.KINDS) - ALWAYS - SAMPLES - OF_THE_LOG


class Journal:
    def __init__(self):
        self.kinds = []
        self.values = []
        self.times = []

    def write(self, kind, *values, at=None):
        self.kinds.append(kind)
        self.values.append(values)
        self.times.append(at)


class Care:
    def __init__(self, level):
        self.plan = {"logging.level": level}


def log_at(level):
    journal = Journal()
    care = Care(level)
    return Log(journal, care), journal, care


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
    care.plan = {"logging.level": 0}
    log.tally()
    assert journal.kinds == []
    care.plan = {"logging.level": 1}
    log.tally()
    assert journal.kinds == []


def test_what_was_not_to_be_counted_is_not_told_later():
    log, journal, care = log_at(0)
    use(log)
    care.plan = {"logging.level": 1}
    log.tally()
    assert journal.kinds == []
