"""Times: what is claimed within a second is, what is bounded lies within, nothing is invented."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitbag.wire import records as wire
from kitbag_tools.records import LogRecord
from kitbag_tools.store import Anchor
from kitbag_tools.timeline import CLAIM_MS, timeline

EPOCH = 1
T0 = 1_772_402_400_000
HOUR = 3_600_000


@dataclass
class World:
    """An object whose crystal is off by `ppm`, swinging by `swing` over the day."""

    ppm: float
    swing: float

    def uptime(self, started: int, utc_ms: int) -> int:
        t = utc_ms - started
        day = 86_400_000 / (2 * math.pi)
        phase = self.swing * 1e-6 * day * (math.sin(utc_ms / day) - math.sin(started / day))
        return round(t * (1 + self.ppm * 1e-6) + phase)


def record(boot: int, seq: int, uptime_ms: int, kind: int = wire.BATTERY) -> LogRecord:
    uptime_ms %= 1 << 32
    slot = bytes(wire.pack(kind, boot, uptime_ms, EPOCH, seq, (3.9,)))
    return LogRecord(EPOCH, boot, seq, uptime_ms, kind, slot)


boots_strategy = st.lists(
    st.tuples(
        st.integers(1, 60 * 24 * 3),  # minutes it runs
        st.integers(0, 300),  # minutes of no power before it
        st.lists(st.floats(0, 1), max_size=3),  # where in it a host looks at both clocks
    ),
    min_size=1,
    max_size=5,
)


@given(ppm=st.floats(-39, 39), swing=st.floats(0, 1), boots=boots_strategy, rtt=st.integers(0, 40))
@settings(max_examples=250, deadline=None)
def test_no_claim_is_wrong(ppm, swing, boots, rtt):
    # The swing is what a crystal does between a cool and a warm room; mean rate within tolerance
    world = World(ppm, swing * min(10.0, 40 - abs(ppm)))
    records, contacts, truth = [], [], {}
    at, seq = T0, 1
    for number, (minutes, off, looks) in enumerate(boots, 1):
        at += off * 60_000
        length = minutes * 60_000
        for step in range(9):
            moment = at + length * step // 8
            records.append(record(number, seq, world.uptime(at, moment)))
            truth[seq] = moment
            seq += 1
        for share in sorted(looks):
            moment = at + round(length * share)
            # The host's time is wrong by up to half of the exchange
            contacts.append(
                Anchor(EPOCH, number, world.uptime(at, moment), moment + rtt // 2 - rtt // 4, rtt)
            )
        at += length
    line = timeline(records, contacts)
    assert line.doubts == []
    for timed in line.records():
        moment, true = timed.at, truth[timed.record.seq]
        if moment.quality.startswith("anchored"):
            assert moment.utc_ms is not None
            assert abs(moment.utc_ms - true) <= CLAIM_MS
        else:
            assert moment.utc_ms is None
        if moment.earliest_ms is not None:
            assert moment.earliest_ms <= true + 2
        if moment.latest_ms is not None:
            assert true - 2 <= moment.latest_ms
        if moment.quality == "bounded":
            assert moment.earliest_ms is not None
            assert moment.latest_ms is not None
    if not contacts:
        assert {timed.at.quality for timed in line.records()} == {"unknown"}


def test_a_night_between_two_visits_is_anchored_at_both_ends():
    records = [record(1, seq, seq * HOUR) for seq in range(1, 9)]
    contacts = [Anchor(EPOCH, 1, 0, T0, 8), Anchor(EPOCH, 1, 9 * HOUR, T0 + 9 * HOUR + 360, 8)]
    timed = timeline(records, contacts).records()
    assert {t.at.quality for t in timed} == {"anchored_both"}
    assert [t.at.utc_ms for t in timed] == [T0 + s * (HOUR + 40) for s in range(1, 9)]


def test_one_anchor_reaches_under_seven_hours_when_the_rate_is_not_known():
    line = timeline([record(1, 1, 24 * HOUR)], [Anchor(EPOCH, 1, 0, T0, 0)])
    [boot] = line.boots
    assert boot.at(6 * HOUR).quality == "anchored_one"
    later = boot.at(8 * HOUR)
    assert (later.quality, later.utc_ms) == ("bounded", None)
    assert later.earliest_ms == pytest.approx(T0 + 8 * HOUR - 1152, abs=5)  # 40 ppm of 8 h
    assert later.latest_ms == pytest.approx(T0 + 8 * HOUR + 1152, abs=5)


def test_a_known_rate_corrects_and_reaches_further():
    # Boot 1 shows that this crystal gains 30 ppm; boot 2 was seen only once
    ten_h = 10 * HOUR
    contacts = [
        Anchor(EPOCH, 1, 0, T0, 4),
        Anchor(EPOCH, 1, round(ten_h * 1.00003), T0 + ten_h, 4),
        Anchor(EPOCH, 2, 0, T0 + 2 * ten_h, 4),
    ]
    records = [record(1, 1, 0), record(2, 2, round(ten_h * 1.00003))]
    [_, timed] = timeline(records, contacts).records()
    assert timed.at.quality == "anchored_one"
    assert timed.at.utc_ms == pytest.approx(T0 + 3 * ten_h, abs=20)


def test_a_boot_that_nobody_saw_lies_between_its_neighbours():
    records = [record(1, 1, HOUR), record(2, 2, 0), record(2, 3, HOUR), record(3, 4, 0)]
    contacts = [Anchor(EPOCH, 1, HOUR, T0, 4), Anchor(EPOCH, 3, 0, T0 + 5 * HOUR, 4)]
    _, begin, end, _ = timeline(records, contacts).records()
    assert begin.at.quality == end.at.quality == "bounded"
    assert begin.at.earliest_ms == pytest.approx(T0, abs=200)
    assert begin.at.latest_ms == pytest.approx(T0 + 4 * HOUR, abs=200)  # it ran for an hour
    assert end.at.earliest_ms == pytest.approx(T0 + HOUR, abs=400)
    assert end.at.latest_ms == pytest.approx(T0 + 5 * HOUR, abs=400)


def test_before_the_first_visit_only_the_latest_is_known():
    records = [record(1, 1, 0), record(2, 2, 0)]
    first, _ = timeline(records, [Anchor(EPOCH, 2, 0, T0, 4)]).records()
    assert (first.at.quality, first.at.earliest_ms) == ("unknown", None)
    assert first.at.latest_ms == pytest.approx(T0, abs=50)


def test_the_logs_own_anchors_count_too():
    slot = bytes(wire.pack(wire.ANCHOR, 1, 5000, EPOCH, 1, (T0 // 1000, 250, 6)))
    anchor = LogRecord(EPOCH, 1, 1, 5000, wire.ANCHOR, slot)
    [timed] = timeline([anchor], []).records()
    assert timed.at.utc_ms == T0 + 250


@pytest.mark.parametrize("off_ms", [-90 * 86_400_000, 3 * 86_400_000, 40 * 86_400_000])
def test_a_visit_with_a_wrong_clock_is_left_out_and_told(off_ms):
    records = [record(number, number, 0) for number in range(1, 6)]
    contacts = [Anchor(EPOCH, n, 0, T0 + n * HOUR, 4) for n in range(1, 6)]
    contacts[2] = Anchor(EPOCH, 3, 0, T0 + 3 * HOUR + off_ms, 4)
    line = timeline(records, contacts)
    assert len(line.doubts) == 1
    assert "boot 3" in line.doubts[0]
    times = [t.at for t in line.records()]
    assert [m.quality for m in times] == ["anchored_one"] * 2 + ["bounded"] + ["anchored_one"] * 2
    assert times[2].earliest_ms <= T0 + 3 * HOUR <= times[2].latest_ms


def test_two_clocks_that_contradict_each_other_are_both_left_out():
    records = [record(1, 1, 0), record(2, 2, 0)]
    contacts = [Anchor(EPOCH, 1, 0, T0 + HOUR, 4), Anchor(EPOCH, 2, 0, T0, 4)]
    line = timeline(records, contacts)
    assert len(line.doubts) == 2
    assert {t.at.quality for t in line.records()} == {"unknown"}


def test_uptime_goes_on_where_32_bits_wrap_and_a_late_record_does_not_jump():
    ups = [0, 2**31 - 5, 2**32 - 1000, 2**32 + 500, 2**32 - 200, 2**32 + 2000]
    records = [record(1, seq, up) for seq, up in enumerate(ups, 1)]
    assert [t.uptime_ms for t in timeline(records, []).records()] == ups
