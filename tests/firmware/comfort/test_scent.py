# Runs on CPython and on the MicroPython VM
from kitbag import limits
from kitbag.budget import Rolling
from kitbag.comfort import scent
from kitbag.comfort.scent import Scent
from kitbag.wire import plan
from support.fakes import Memory

HOUR_MS = 3_600_000


def planned(**changes):
    p = plan.defaults()
    p["scent.enabled"] = True
    for key, value in changes.items():
        p["scent." + key] = value
    return p


def scent_of(memory):
    return Scent(Rolling(memory, "n"), Rolling(memory, "s"))


def given(one, p):
    """Whether a pulse may be given now; gives it."""
    if one.refusal(p) is not None:
        return False
    one.give(p)
    return True


def test_nothing_without_a_plan_that_names_it():
    one = scent_of(Memory())
    assert one.refusal(plan.defaults()) == "not_enabled"
    assert one.left_today(plan.defaults()) == 0


def test_the_gap_is_kept():
    one = scent_of(Memory())
    p = planned(gap_s=720.0)
    assert given(one, p)
    one.pass_time(719_999)
    assert one.refusal(p) == "gap"
    one.pass_time(1)
    assert given(one, p)


def test_no_plan_makes_the_gap_shorter_than_a_minute():
    one = scent_of(Memory())
    p = planned(gap_s=0.0)
    assert given(one, p)
    one.pass_time(1000 * limits.SCENT_GAP_MIN_S - 1)
    assert one.refusal(p) == "gap"


def test_the_budget_of_the_plan_is_kept_over_24_hours():
    one = scent_of(Memory())
    p = planned(daily_pulses=5, gap_s=60.0)
    count = 0
    for _ in range(20):
        count += given(one, p)
        one.pass_time(HOUR_MS // 2)
    assert count == 5
    assert one.refusal(p) == "budget"
    assert one.left_today(p) == 0


def test_no_plan_gives_more_than_the_limits():
    for pulse_s in (1.0, 4.0, 4.5, 20.0, 500.0):
        p = planned(daily_pulses=10_000, gap_s=60.0, pulse_s=pulse_s)
        one = scent_of(Memory())
        count = seconds = 0
        for _ in range(1000):  # a day, tried every 86 s
            if given(one, p):
                count += 1
                seconds += scent.pulse_s(p)
            one.pass_time(86_400)
        assert count <= limits.SCENT_PULSES_MAX
        assert seconds <= limits.SCENT_SECONDS_MAX
        assert count == min(40, int(180 // -(-scent.pulse_s(p) // 1)))


def test_a_pulse_is_clamped_at_use():
    assert scent.pulse_s(planned(pulse_s=500.0)) == limits.SCENT_PULSE_MAX_S
    assert scent.pulse_s(planned(pulse_s=0.0)) == limits.SCENT_PULSE_MIN_S
    assert scent.pulse_s(planned(pulse_s=4.5)) == 4.5


def test_restarts_do_not_refill_the_budget():
    memory = Memory()
    p = planned(daily_pulses=6)
    count = 0
    for _ in range(30):
        one = scent_of(memory)
        one.pass_time(721_000)
        count += given(one, p)
    assert count == 6
    assert one.refusal(p) == "budget"


def test_a_restart_does_not_shorten_the_gap():
    memory = Memory()
    p = planned(gap_s=720.0)
    assert given(scent_of(memory), p)
    again = scent_of(memory)
    assert again.refusal(p) == "gap"
    again.pass_time(719_000)
    assert again.refusal(p) == "gap"
    again.pass_time(1_000)
    assert again.refusal(p) is None


def test_a_pulse_is_accounted_for_before_it_is_given():
    memory = Memory()
    one = scent_of(memory)
    one.give(planned())
    assert memory.commits == 2
    assert scent_of(memory).left_today(planned()) == 19
