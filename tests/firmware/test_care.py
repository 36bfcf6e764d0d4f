# Runs on CPython and on the MicroPython VM
from kitbag.care import Care
from kitbag.wire import plan
from support.fakes import Memory, PowerCut


def stored(**changes):
    p = plan.defaults()
    for key, value in changes.items():
        p[key.replace("__", ".")] = value
    return plan.to_json(p)


A = stored(warmth__level_c=37.0, scent__name="a")
B = stored(warmth__level_c=38.0, scent__name="b", scent__enabled=True)


def in_force(values):
    care = Care(Memory(dict(values)))
    return care.to_json()


def test_without_a_plan_the_safe_one_is_in_force():
    care = Care(Memory())
    assert care.plan == plan.defaults()
    assert care.stored
    assert care.crc == plan.crc(plan.defaults())


def test_a_plan_is_used_and_kept():
    memory = Memory()
    care = Care(memory)
    assert care.apply(A) == []
    for one in (care, Care(memory)):
        assert one.plan["warmth.level_c"] == 37.0
        assert one.to_json() == A
        assert one.crc == plan.crc(one.plan)
        assert one.stored


def test_a_plan_with_problems_changes_nothing():
    memory = Memory()
    care = Care(memory)
    care.apply(A)
    kept = dict(memory.values)
    for wrong in (b"", b"{", b'{"warmth":{"level_c":41}}', b'{"nonsense":1}', b"[1]", A[:-1]):
        assert care.apply(wrong)
        assert care.to_json() == A
        assert memory.values == kept


def test_a_power_cut_at_any_commit_leaves_the_old_or_the_new_plan():
    for old, new in ((A, B), (B, A)):
        memory = Memory()
        care = Care(memory)
        care.apply(new)
        care.apply(old)
        before = dict(memory.values)
        commits = 0
        while True:
            memory = Memory(dict(before))
            memory.cut_at = commits
            try:
                Care(memory).apply(new)
            except PowerCut:
                assert in_force(memory.values) == old
                commits += 1
                continue
            break
        assert commits == 2
        assert in_force(memory.values) == new


def test_a_plan_that_does_not_read_back_is_not_in_force():
    memory = Memory()
    care = Care(memory)
    care.apply(A)
    plain = memory.keep_blob
    memory.keep_blob = lambda key, data: plain(key, data[:-1] + b"\x00")
    try:
        care.apply(B)
        raise AssertionError("taken")
    except OSError:
        pass
    memory.keep_blob = plain
    assert care.to_json() == A
    assert in_force(memory.values) == A


def test_a_damaged_plan_gives_way_to_the_safe_one_and_says_so():
    memory = Memory()
    Care(memory).apply(B)
    slot = "plan_b" if "plan_b" in memory.values else "plan_a"
    whole = memory.values[slot]
    for bit in range(0, 8 * len(whole), 41):
        damaged = bytearray(whole)
        damaged[bit >> 3] ^= 1 << (bit & 7)
        memory.values[slot] = bytes(damaged)
        care = Care(memory)
        assert not care.stored
        assert care.plan == plan.defaults()
    memory.values[slot] = b""
    assert not Care(memory).stored


def test_a_plan_may_say_numbers_in_any_way():
    care = Care(Memory())
    for given, level_c in ((b"36.123456789", 36.1235), (b"3.7e1", 37.0), (b"38", 38.0)):
        assert care.apply(b'{"warmth":{"level_c":' + given + b"}}") == []
        assert abs(care.plan["warmth.level_c"] - level_c) < 1e-9
        assert care.crc == plan.crc(care.plan)


def test_plans_are_exchanged_many_times():
    memory = Memory()
    care = Care(memory)
    for turn in range(20):
        new = (A, B)[turn % 2]
        assert care.apply(new) == []
        assert in_force(memory.values) == new
