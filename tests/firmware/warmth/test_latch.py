# Runs on CPython and on the MicroPython VM
from kitbag import limits, service
from kitbag.budget import Rolling
from kitbag.warmth import guard
from kitbag.warmth.latch import Latch
from support.fakes import Memory, PowerCut
from support.on_table import held_warm, laid

HOUR_MS = 3_600_000


def latch_in(memory):
    return Latch(memory, Rolling(memory, "latches"))


def test_a_latch_survives_a_restart():
    memory = Memory()
    assert latch_in(memory).set(guard.LATCH, 5) == guard.LATCH
    again = latch_in(memory)
    assert (again.reaction, again.function) == (guard.LATCH, 5)


def test_what_may_resume_is_not_kept():
    memory = Memory()
    assert latch_in(memory).set(guard.OFF, 10) == guard.OFF
    assert memory.commits == 0
    assert latch_in(memory).reaction == 0


def test_a_latch_is_acknowledged_for_good():
    memory = Memory()
    one = latch_in(memory)
    one.set(guard.LATCH, 5)
    assert one.acknowledge()
    assert one.reaction == latch_in(memory).reaction == 0


def test_a_lock_is_for_service():
    memory = Memory()
    one = latch_in(memory)
    assert one.set(guard.LOCK, 3) == guard.LOCK
    assert not one.acknowledge()
    assert latch_in(memory).reaction == guard.LOCK
    assert not latch_in(memory).acknowledge()


def test_the_third_latch_in_24_hours_is_a_lock():
    memory = Memory()
    for number in range(3):
        one = latch_in(memory)  # a restart between them makes no difference
        one.pass_time(HOUR_MS)
        expected = guard.LOCK if number == limits.LATCHES_TO_LOCK - 1 else guard.LATCH
        assert one.set(guard.LATCH, 5) == expected
        one.acknowledge()
    assert latch_in(memory).reaction == guard.LOCK


def test_latches_that_are_far_apart_do_not_add_up():
    memory = Memory()
    one = latch_in(memory)
    for _ in range(6):
        assert one.set(guard.LATCH, 5) == guard.LATCH
        assert one.acknowledge()
        one.pass_time(25 * HOUR_MS)


def test_time_switched_off_does_not_count():
    memory = Memory()
    for _ in range(3):
        one = latch_in(memory)
        reaction = one.set(guard.LATCH, 5)
        one.acknowledge()
    assert reaction == guard.LOCK


# A cut at each commit; what stands then is what stood before or what was to stand after
def whole_through_cuts(before, act, *allowed):
    cuts = 0
    while True:
        memory = Memory(dict(before))
        memory.cut_at = cuts
        try:
            act(latch_in(memory))
        except PowerCut:
            found = latch_in(memory)
            assert (found.reaction, found.function) in allowed
            cuts += 1
            continue
        return memory.values, cuts


def test_a_power_cut_never_leaves_half_a_latch():
    latched, cuts = whole_through_cuts(
        {}, lambda one: one.set(guard.LATCH, 5), (0, 0), (guard.LATCH, 5)
    )
    assert cuts == 2  # the count of the day, and the latch
    whole_through_cuts(
        latched, lambda one: one.set(guard.LOCK, 3), (guard.LATCH, 5), (guard.LOCK, 3)
    )
    gone, cuts = whole_through_cuts(latched, lambda one: one.acknowledge(), (guard.LATCH, 5))
    assert cuts == 1
    assert latch_in(Memory(gone)).reaction == 0


def test_a_lock_of_an_older_firmware_stays_a_lock():
    old = latch_in(Memory({"latch": guard.LOCK, "latch_by": 3}))
    assert (old.reaction, old.function) == (guard.LOCK, 0)


# --- In the object ---------------------------------------------------------------------------


def latched():
    warm = held_warm()
    warm.faults.set("ntc_pad_open", {})
    warm.run(3)
    assert warm.heat.state == "latched"
    return warm


def test_the_holder_may_acknowledge_what_has_gone_after_a_minute():
    warm = latched()
    warm.faults.clear("ntc_pad_open")
    warm.run(30)
    warm.heat.acknowledge()
    assert warm.heat.state == "latched"
    warm.run(40)
    warm.heat.acknowledge()
    assert warm.guard.reaction == 0
    assert warm.heat.begin("hold")
    assert laid(memory=warm.memory).guard.reaction == 0


def test_nobody_can_acknowledge_what_is_still_there():
    warm = latched()
    warm.run(300)
    warm.heat.acknowledge()
    assert warm.heat.state == "latched"
    assert not warm.heat.begin("hold")


def test_a_latch_from_before_is_acknowledged_too_and_a_lock_is_not():
    again = laid(memory=latched().memory)
    again.run(70)
    again.heat.acknowledge()
    assert again.heat.begin("hold")
    again.heat.stop("button")
    again.faults.set("heater_fet_short", {})
    again.run(5)
    assert again.heat.state == "locked"
    again.faults.clear("heater_fet_short")
    again.run(120)
    again.heat.acknowledge()
    assert again.heat.state == "locked"


def test_service_unlocks_and_heat_has_to_prove_itself_anew():
    memory = Memory()
    latch_in(memory).set(guard.LOCK, 3)
    for key in service.KEPT:
        memory.forget(key)
    assert latch_in(memory).reaction == 0
    warm = laid(memory=memory)
    warm.faults.set("heater_fet_short", {})
    warm.run(5)
    assert warm.heat.state == "locked"
