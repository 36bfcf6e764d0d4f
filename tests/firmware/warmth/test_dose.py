# Runs on CPython and on the MicroPython VM
from kitbag import limits
from kitbag.budget import Rolling
from kitbag.warmth import dose
from support.fakes import Memory
from support.lcg import Random


def cem43_per_min(celsius):
    """The formula: Sapareto & Dewey 1984."""
    return (0.5 if celsius >= 43 else 0.25) ** (43 - celsius)


def dose_in(memory):
    return dose.Dose(Rolling(memory, "dose"))


def test_never_less_than_the_formula_and_hardly_more():
    for mc in range(33_000, 46_000, 7):
        exact = 1_000_000 * cem43_per_min(mc / 1000)
        assert exact <= dose.rate(mc) <= 1.02 * exact + 2, mc


def test_what_is_cool_adds_nothing_that_a_budget_could_hold():
    assert dose.rate(0) == dose.rate(31_999) == 0
    assert dose.rate(-40_000) == 0
    assert cem43_per_min(32.0) * 24 * 60 < 0.001


def test_hotter_is_never_less():
    rates = [dose.rate(mc) for mc in range(30_000, 60_000, 50)]
    assert all(a <= b for a, b in zip(rates, rates[1:]))


def test_a_night_at_any_temperature_adds_up_to_the_formula():
    for celsius in (35.0, 36.5, 38.0, 39.0, 40.0, 41.0):
        one = dose_in(Memory())
        minutes = 60
        for _ in range(minutes * 60_000 // limits.CYCLE_MS // 10):
            one.add(int(celsius * 1000), 10 * limits.CYCLE_MS)
        exact = minutes * cem43_per_min(celsius + limits.DOSE_MARGIN_MC / 1000)
        assert exact - 1e-6 <= one.umin / 1e6 <= 1.02 * exact + minutes * 2e-6, celsius


def test_short_cycles_lose_nothing():
    random = Random(1)
    fine, coarse = dose_in(Memory()), dose_in(Memory())
    for _ in range(2000):
        mc = 36_000 + random.below(4_000)
        steps = [50 + random.below(200) for _ in range(4)]
        for dt_ms in steps:
            fine.add(mc, dt_ms)
        coarse.add(mc, sum(steps))
    assert fine.umin == coarse.umin


def test_the_budget_outlives_a_restart_and_ends_after_a_day():
    memory = Memory()
    one = dose_in(memory)
    for _ in range(600):
        one.add(40_000, 6_000)
    before = one.umin
    one.keep()
    again = dose_in(memory)
    assert again.umin == before > 1_000_000
    for _ in range(23 * 60):
        again.add(20_000, 60_000)
    assert again.umin == before
    for _ in range(3 * 60):
        again.add(20_000, 60_000)
    assert again.umin == 0
