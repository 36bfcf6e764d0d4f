# Runs on CPython and on the MicroPython VM
from kitbag.senses.handling import Handling

ROOM_PA = 101_325.0
PLACED_AFTER_MS = 60_000


def changes(touches, until_s):
    """[(second, on, ms of the state before)] of what is touched in each (from s, until s)."""
    one = Handling()
    found = []
    for ms in range(0, int(1000 * until_s), 100):
        touching = any(start <= ms / 1000 < end for start, end in touches)
        if one.sample(ms, touching, ROOM_PA, 22.0, None):
            found.append((ms / 1000, one.on, one.lasted_ms))
    return found


def test_it_is_picked_up_with_the_first_touch_and_placed_a_minute_after_the_last():
    found = changes([(20, 21), (50, 90), (149, 150)], 400)
    assert found == [(20.0, True, 20_000), (149.9 + PLACED_AFTER_MS / 1000, False, 129_900)]


def test_every_time_anew():
    found = changes([(10, 12), (300, 310)], 600)
    assert [on for _, on, _ in found] == [True, False, True, False]
    assert [ms for _, _, ms in found] == [10_000, 1_900, 288_100, 9_900]


def test_nothing_is_told_of_what_nobody_touches():
    assert changes([], 3600) == []


def told(*handlings):
    """For each (Pa before, °C before, Pa after, °C after, tautness): was a leak told?"""
    one = Handling()
    found = []
    now_ms = 0
    for before_pa, before_c, after_pa, after_c, taut in handlings:
        assert one.sample(now_ms, True, before_pa, before_c, taut)
        now_ms += PLACED_AFTER_MS
        assert one.sample(now_ms, False, after_pa, after_c, taut)
        found.append(one.leaky)
        now_ms += 1000
    return found


def test_air_that_is_missing_twice_in_a_row_is_told_once():
    lost = (101_325, 22.0, 101_025, 22.0, 100.0)
    assert told(lost, lost, lost, lost) == [False, True, False, False]


def test_one_walk_upstairs_is_no_leak():
    up = (101_325, 22.0, 101_205, 22.0, None)
    down = (101_205, 22.0, 101_325, 22.0, None)
    assert told(up, down, up, down) == [False] * 4


def test_air_that_cooled_is_not_lost():
    for taut in (None, 340.0, 300.0):
        cooled = (104_725, 32.0, 101_325, 22.0, taut)
        assert told(cooled, cooled, cooled) == [False] * 3, taut


def test_air_that_warmed_hides_no_leak():
    warmed = (101_325, 22.0, 101_325, 26.0, 250.0)  # 1,000 Pa are missing
    assert told(warmed, warmed) == [False, True]
