# Runs on CPython and on the MicroPython VM
from kitbag import limits
from kitbag.comfort.touch import Touch
from kitbag.wire import plan

PATTERNS = ("heartbeat", "breath", "purr", "steady")


def touch(pattern="heartbeat", **changes):
    p = plan.defaults()
    p["touch.enabled"] = True
    p["touch.pattern"] = pattern
    p["touch.strength"] = 1.0
    for key, value in changes.items():
        p["placement" if key == "placement" else "touch." + key] = value
    return Touch(p)


def envelope(one, until_ms, step_ms=5):
    return [(t, one.strength(t)) for t in range(0, until_ms, step_ms)]


def pulses(one, from_ms, until_ms):
    """(begins, ends, peak) of every stretch that is not zero."""
    found = []
    on = None
    peak = 0
    for t in range(from_ms, until_ms):
        s = one.strength(t)
        if s > 0 and on is None:
            on, peak = t, s
        elif s > 0:
            peak = max(peak, s)
        elif on is not None:
            found.append((on, t, peak))
            on = None
    return found


def test_strength_is_always_between_0_and_what_was_asked():
    for pattern in PATTERNS:
        for strength in (0.0, 0.3, 1.0):
            one = touch(pattern, strength=strength)
            for t, s in envelope(one, 20_000, 7):
                assert -1e-9 <= s <= strength + 1e-9, (pattern, t)


def test_a_strength_beyond_1_is_clamped():
    for _, s in envelope(touch("steady", strength=9.0), 5_000, 50):
        assert s <= 1.0


def test_no_touch_begins_suddenly():
    for placement, onset_ms in (("body", 2_000), ("neck", 6_000)):
        assert onset_ms >= 2_000
        for pattern in PATTERNS:
            one = touch(pattern, placement=placement)
            for t, s in envelope(one, onset_ms):
                assert s <= 0.2 + 0.8 * t / onset_ms + 1e-6, (pattern, t, s)
        steady = touch("steady", placement=placement)
        assert steady.strength(0) <= 0.2
        assert steady.strength(onset_ms) == 1.0


def test_a_heartbeat_is_two_pulses_of_110_ms_120_ms_apart():
    one = touch(beats_per_min=60.0)
    found = pulses(one, 10_000, 13_000)
    assert len(found) == 6
    for i in range(0, 6, 2):
        (first, first_ends, first_peak), (second, second_ends, second_peak) = found[i : i + 2]
        assert first % 1000 == 0
        assert 105 <= first_ends - first <= 111
        assert 118 <= second - first_ends <= 125
        assert 105 <= second_ends - second <= 111
        assert 0.9 <= first_peak <= 1.0
        assert 0.6 * first_peak <= second_peak <= 0.9 * first_peak


def test_the_edges_of_a_beat_are_soft():
    one = touch(beats_per_min=60.0)
    assert one.strength(10_000) <= 0.25
    for t in range(10_000, 11_000):
        assert abs(one.strength(t + 1) - one.strength(t)) <= 0.25


def test_a_beat_is_never_faster_or_slower_than_the_limits():
    for asked, per_min in ((1.0, 45), (45.0, 45), (60.0, 60), (75.0, 75), (400.0, 75)):
        one = touch(beats_per_min=asked)
        assert one.per_min == per_min
        begins = [begin for begin, _, _ in pulses(one, 10_000, 20_000)][0::2]
        for a, b in zip(begins, begins[1:]):
            assert abs(b - a - 60_000 / per_min) <= 2


def test_a_breath_is_never_faster_or_slower_than_the_limits():
    for asked, per_min in ((0.1, 4), (6.0, 6), (12.0, 12), (99.0, 12)):
        assert touch("breath", breaths_per_min=asked).per_min == per_min


def test_a_breath_goes_in_for_two_parts_and_out_for_three():
    one = touch("breath", breaths_per_min=6.0)
    cycle = [one.strength(20_000 + t) for t in range(0, 10_000, 10)]
    assert min(cycle) < 0.01
    assert max(cycle) > 0.99
    assert abs(cycle.index(max(cycle)) * 10 - 4_000) <= 20


def turns(one, from_ms, until_ms):
    """When a breath is fullest, in ms."""
    found = []
    before, last = 1.0, 1.0
    for t in range(from_ms, until_ms, 20):
        now = one.strength(t)
        if last > 0.9 and before < last >= now:
            found.append(t - 20)
        before, last = last, now
    return found


def test_a_breath_takes_up_the_holders_own_and_leads_to_the_plans():
    one = touch("breath", breaths_per_min=6.0)
    one.pace(None, 20_000)
    before = one.strength(33_000)
    one.pace(11.0, 33_000)
    assert abs(one.strength(33_000) - before) < 0.01  # and goes on where it was
    one.pace(5.0, 60_000)  # only once
    full = turns(one, 33_000, 700_000)
    lengths = [b - a for a, b in zip(full, full[1:])]
    assert abs(lengths[0] - 60_000 / 11) < 200
    assert all(b >= a - 40 for a, b in zip(lengths, lengths[1:]))
    late = [b - a for a, b in zip(full, full[1:]) if a > 33_000 + 8 * 60_000]
    assert late
    assert all(abs(length - 10_000) <= 40 for length in late)


def test_a_breath_is_led_by_nobody_faster_than_the_limits_nor_than_the_holder():
    for own, first, last in ((20.0, 12, 6), (4.5, 4.5, 4.5), (2.0, 4, 4)):
        one = touch("breath", breaths_per_min=6.0)
        one.pace(own, 0)
        full = turns(one, 0, 700_000)
        assert abs(full[2] - full[1] - 60_000 / first) < 0.03 * 60_000 / first
        assert abs(full[-1] - full[-2] - 60_000 / last) <= 40
    beat = touch("heartbeat")
    same = [beat.strength(t) for t in range(5_000, 9_000, 10)]
    beat.pace(9.0, 0)
    assert [beat.strength(t) for t in range(5_000, 9_000, 10)] == same


def test_a_touch_fades_and_is_over():
    for pattern in PATTERNS:
        one = touch(pattern)
        assert not one.over(100_000)
        one.fade(30_000)
        one.fade(31_000)  # once is enough
        for t in range(30_000, 32_000, 10):
            assert one.strength(t) <= 1 - (t - 30_000) / 2_000 + 1e-9
            assert not one.over(t)
        assert one.over(32_000)
        assert one.strength(32_000) == 0


def test_a_touch_that_fades_at_once_was_never_strong():
    one = touch("steady")
    one.fade(0)
    for t in range(0, 2_000, 10):
        assert one.strength(t) <= 0.5


def test_the_pauses_lead_from_change_to_change():
    for pattern in PATTERNS:
        one = touch(pattern)
        t = 0
        while t < 20_000:
            step = one.next_ms(t)
            assert 1 <= step <= 60_000 / limits.BEATS_MIN_PER_MIN
            # What is not looked at is a pause: nothing begins in it
            if step > 40:
                assert all(one.strength(x) == 0 for x in range(t, t + step, 3)), (pattern, t)
            t += step
