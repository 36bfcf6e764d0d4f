# Runs on CPython and on the MicroPython VM
from binascii import crc32

from kitbag import limits
from kitbag.wire import asking, ceiling, plan
from support.lcg import Random

NAN = float("nan")
ENDLESS = float("inf")


def tree_of(key, value):
    table, _, name = key.rpartition(".")
    return {table: {name: value}} if table else {name: value}


def refused(key, value):
    """Whether `parse` names exactly that key, gives a word on what is allowed, and keeps out."""
    found, problems = plan.parse(tree_of(key, value))
    if not problems:
        return False
    assert len(problems) == 1
    name, _, allowed = problems[0]
    assert name == key and allowed
    assert plan.to_json(found) == plan.to_json(plan.defaults())
    return True


def taken(key, value):
    found, problems = plan.parse(tree_of(key, value))
    return not problems and found[key] == value


def test_every_default_is_allowed():
    assert plan.parse(asking.nested(plan.defaults())) == (plan.defaults(), [])


def test_defaults_are_those_of_the_contract():
    d = plan.defaults()
    assert (d["warmth.enabled"], d["warmth.level_c"], d["warmth.ceiling_c"]) == (True, 36, 38)
    assert (d["warmth.session_min"], d["warmth.ramp_c_per_min"]) == (20, 1)
    assert (d["warmth.sleep_c"], d["warmth.fade_min"]) == (34, 20)
    assert (d["scent.enabled"], d["scent.name"], d["scent.pulse_s"]) == (False, "", 4)
    assert (d["scent.gap_s"], d["scent.daily_pulses"]) == (720, 20)
    assert (d["touch.enabled"], d["touch.pattern"], d["touch.strength"]) == (
        False,
        "heartbeat",
        0.4,
    )
    assert (d["touch.beats_per_min"], d["touch.breaths_per_min"]) == (55, 6)
    assert (d["gesture.hold"], d["gesture.long_hold"]) == ("warm", "none")
    assert (d["gesture.double_squeeze"], d["gesture.pat"]) == ("scent", "none")
    assert (d["logging.level"], d["schema"], d["placement"]) == (2, 1, "body")
    assert d["holder.reduced_sensation"] is False


def test_every_number_is_taken_at_its_ends_and_refused_beyond():
    for key in plan.SCHEMA:
        default, span = plan.SCHEMA[key]
        if isinstance(span, tuple) and not isinstance(span[0], str):
            low, high = span
            step = 1 if isinstance(default, int) else 0.001
            assert taken(key, low) and taken(key, high), key
            for outside in (low - step, high + step, -ENDLESS, ENDLESS, NAN, 1e30, -1e30):
                assert refused(key, outside), (key, outside)


def test_what_is_not_a_number_is_no_number():
    for key in plan.SCHEMA:
        span = plan.SCHEMA[key][1]
        if isinstance(span, tuple) and not isinstance(span[0], str):
            for wrong in (True, False, "36", "", None, [36], [], b"36"):
                assert refused(key, wrong), (key, wrong)


def test_a_whole_number_takes_no_part():
    for key in ("schema", "scent.daily_pulses", "logging.level"):
        assert refused(key, 1.0) and refused(key, 1.5), key


def test_a_switch_is_true_or_false_and_nothing_else():
    for key in plan.SCHEMA:
        if plan.SCHEMA[key][1] is bool:
            assert taken(key, True) and taken(key, False)
            for wrong in (1, 0, "true", None, 1.0, []):
                assert refused(key, wrong), (key, wrong)


def test_a_word_is_one_of_its_words():
    for key in plan.SCHEMA:
        span = plan.SCHEMA[key][1]
        if isinstance(span, tuple) and isinstance(span[0], str):
            for word in span:
                assert taken(key, word)
            for wrong in ("", "WARM", span[0] + " ", "stop", 1, True, None, list(span)):
                assert refused(key, wrong), (key, wrong)


def test_stop_cannot_be_mapped_to_anything():
    for name in ("triple_squeeze", "stop", "button"):
        assert refused("gesture." + name, "none")


def test_a_name_is_short_and_printable():
    for name in ("", "orange blossom", "x" * 40, "fleur d'été", "薰衣草", '"\\" {} $'):
        assert taken("scent.name", name), name
    for wrong in ("x" * 41, "a\nb", "a\tb", "\x00", "\x7f", "\x85", "\ud800", 4, None, b"a"):
        assert refused("scent.name", wrong), repr(wrong)
    for first, last in ((0x200B, 0x200F), (0x2028, 0x202E), (0x2060, 0x206F), (0xFEFF, 0xFEFF)):
        for hidden in (first, last):
            assert refused("scent.name", "a" + chr(hidden)), hex(hidden)
        assert taken("scent.name", chr(first - 1) + chr(last + 1)), hex(first)


def test_an_unknown_key_is_a_problem_wherever_it_stands():
    for tree, key in (
        ({"warmht": {"level_c": 36}}, "warmht.level_c"),
        ({"warmth": {"level": 36}}, "warmth.level"),
        ({"warmth": {"level_c": {"c": 36}}}, "warmth.level_c"),
        ({"level_c": 36}, "level_c"),
        ({"warmth": 36}, "warmth"),
        ({"scent": {"unknown": {"deep": 1}}}, "scent.unknown"),
    ):
        _, problems = plan.parse(tree)
        assert [problem[0][: len(key)] for problem in problems] == [key], tree


def test_a_bottomless_tree_is_a_problem_and_no_crash():
    tree = 1
    for _ in range(700):
        tree = {"a": tree}
    assert plan.parse(tree)[1]
    data = b'{"a":' * 680 + b"1" + b"}" * 680
    assert plan.from_json(data)[1]


def test_what_is_no_tree_is_a_problem():
    for wrong in (None, [], 1, "plan", True):
        found, problems = plan.parse(wrong)
        assert found == plan.defaults() and len(problems) == 1


def test_an_empty_tree_and_empty_tables_are_the_defaults():
    assert plan.parse({}) == (plan.defaults(), [])
    assert plan.parse({"warmth": {}, "scent": {}}) == (plan.defaults(), [])


def test_every_problem_is_named_at_once():
    _, problems = plan.parse({"warmth": {"level_c": 99, "fade_min": "x"}, "nonsense": 1})
    assert sorted([key for key, _, _ in problems]) == [
        "nonsense",
        "warmth.fade_min",
        "warmth.level_c",
    ]


def test_flat_and_nested_are_the_same_plan():
    flat = {"warmth.level_c": 37.5, "scent.enabled": True}
    tree = {"warmth": {"level_c": 37.5}, "scent": {"enabled": True}}
    assert plan.parse(flat) == plan.parse(tree)


def test_allowed_tells_every_kind():
    for key in plan.SCHEMA:
        assert plan.allowed(key)
    assert plan.allowed("warmth.level_c") == "a number from 30 to 40"
    assert plan.allowed("scent.daily_pulses") == "a whole number from 0 to 40"
    assert plan.allowed("schema") == "1"


def random_plan(random):
    found = {}
    for key in sorted(plan.SCHEMA):  # dicts have no order on MicroPython
        default, span = plan.SCHEMA[key]
        if span is bool:
            value = random.below(2) == 1
        elif isinstance(span, int):
            value = "".join([random.choice('abc "\\{}:,é薰') for _ in range(random.below(41))])
        elif isinstance(span[0], str):
            value = random.choice(span)
        elif isinstance(default, int):
            value = span[0] + random.below(span[1] - span[0] + 1)
        else:
            ten_thousandths = random.below(65536) * round(10_000 * (span[1] - span[0])) // 65536
            value = float(span[0]) + ten_thousandths / 10_000
        found[key] = value
    return found


def test_json_of_any_plan_comes_back_with_the_same_bytes():
    random = Random(11)
    for _ in range(60):
        stored = plan.to_json(random_plan(random))
        found, problems = plan.from_json(stored)
        assert problems == []
        assert plan.to_json(found) == stored
        assert len(stored) <= 1200


def test_both_pythons_write_the_same_bytes():
    assert plan.crc(plan.defaults()) == 0x6D407E59, hex(plan.crc(plan.defaults()))
    random = Random(12)
    crc = 0
    for _ in range(100):
        crc = crc32(plan.to_json(random_plan(random)), crc)
    assert crc == 0x373608BA, hex(crc)


def test_the_stored_form_is_sorted_and_plain():
    text = plan.to_json(plan.defaults()).decode()
    assert text.startswith('{"gesture.double_squeeze":"scent","gesture.hold":"warm",')
    assert '"scent.gap_s":720,' in text
    assert '"touch.strength":0.4,' in text
    assert '"holder.reduced_sensation":false,' in text
    assert " " not in text


def test_bytes_that_are_no_plan_are_a_problem_and_no_crash():
    random = Random(13)
    stored = plan.to_json(plan.defaults())
    for _ in range(400):
        data = bytearray(stored)
        for _ in range(1 + random.below(6)):
            data[random.below(len(data))] = random.below(256)
        data = bytes(data[: random.below(len(data) + 1)])
        found, problems = plan.from_json(data)
        assert problems or found["warmth.level_c"] <= limits.LEVEL_MAX_C
    for _ in range(200):
        assert plan.from_json(random.bytes(random.below(60)))[1]
    for data in (b"", b"null", b"[]", b'"a"', b"1", b"{", b'{"a"', b"\xff", b"[" * 2000):
        assert plan.from_json(data)[1], data
    for deep in (b"[" * 4000, b'{"a":' * 800, b'{"a":[' + b"[]," * 1000, b'{"":"' + b"[" * 4000):
        assert plan.from_json(deep)[1] == [("", "bytes that are not JSON", "a care plan")]


def test_a_scent_may_be_called_by_brackets():
    p = plan.defaults()
    p["scent.name"] = "[" * limits.SCENT_NAME_MAX
    assert plan.from_json(plan.to_json(p)) == (p, [])


def test_no_plan_is_warmer_than_the_limits():
    random = Random(14)
    for _ in range(200):
        p = random_plan(random)
        level = ceiling.level_c(p)
        assert level <= min(p["warmth.level_c"], p["warmth.ceiling_c"], limits.LEVEL_MAX_C)
        if p["holder.reduced_sensation"] or p["placement"] == "neck":
            assert ceiling.tender(p)
            assert level <= limits.LEVEL_TENDER_C


def test_the_ceiling_clamps_what_never_passed_the_check():
    p = plan.defaults()
    p["warmth.level_c"] = p["warmth.ceiling_c"] = 99.0
    assert ceiling.level_c(p) == limits.LEVEL_MAX_C
    p["placement"] = "neck"
    assert ceiling.level_c(p) == limits.LEVEL_TENDER_C
