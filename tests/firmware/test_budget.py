# Runs on CPython and on the MicroPython VM
from kitbag.budget import Rolling
from support.fakes import Memory
from support.lcg import Random

HOUR_MS = 3_600_000


def test_what_is_added_counts_for_a_day_of_powered_time():
    budget = Rolling(Memory(), "x")
    budget.add(5)
    for _ in range(24):
        budget.pass_time(HOUR_MS)
        assert budget.total == 5
    budget.pass_time(HOUR_MS)
    assert budget.total == 0


def test_never_less_than_the_last_24_hours_hold():
    random = Random(1)
    budget = Rolling(Memory(), "x")
    added = []  # (ms, amount)
    now = 0
    for _ in range(3000):
        step = 1 + random.below(120_000)
        now += step
        budget.pass_time(step)
        if random.below(3) == 0:
            amount = random.below(1000)
            budget.add(amount)
            added.append((now, amount))
        last_day = sum([amount for at, amount in added if now - at <= 24 * HOUR_MS])
        last_25 = sum([amount for at, amount in added if now - at <= 25 * HOUR_MS])
        assert last_day <= budget.total <= last_25
        added = [(at, amount) for at, amount in added if now - at <= 26 * HOUR_MS]


def test_it_outlives_a_reset():
    memory = Memory()
    budget = Rolling(memory, "x")
    for hour in range(10):
        budget.add(100 + hour)
        budget.pass_time(HOUR_MS)
    budget.pass_time(1_234_567)
    budget.keep()
    again = Rolling(memory, "x")
    assert again.total == budget.total == 1045
    for _ in range(16):
        budget.pass_time(HOUR_MS)
        again.pass_time(HOUR_MS)
        assert again.total == budget.total
    assert budget.total < 1045


def test_time_switched_off_counts_as_none():
    memory = Memory()
    budget = Rolling(memory, "x")
    budget.add(7)
    budget.keep()
    for _ in range(200):  # 200 restarts, as many weeks apart
        budget = Rolling(memory, "x")
        budget.pass_time(60_000)
        budget.keep()
    assert budget.total == 7


def test_two_budgets_do_not_mix():
    memory = Memory()
    one, two = Rolling(memory, "one"), Rolling(memory, "two")
    one.add(1)
    two.add(2)
    one.keep()
    two.keep()
    assert (Rolling(memory, "one").total, Rolling(memory, "two").total) == (1, 2)


def test_what_cannot_be_read_is_an_empty_budget():
    for damaged in (b"", b"abc", bytes(1000)):
        assert Rolling(Memory({"x": damaged}), "x").total == 0


def test_a_long_sleep_of_the_loop_ages_it_all_at_once():
    budget = Rolling(Memory(), "x")
    budget.add(3)
    budget.pass_time(40 * HOUR_MS)
    assert budget.total == 0
