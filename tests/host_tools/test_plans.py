"""Care plan files: written with words, checked with place and remedy."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitbag.wire import asking
from kitbag.wire import plan as wire
from kitbag_tools import plans
from kitbag_tools.errors import ExitCode, KitbagError


def test_a_new_plan_is_the_default_and_explains_every_key():
    text = plans.to_toml(wire.defaults())
    assert wire.parse(tomllib.loads(text)) == (wire.defaults(), [])
    assert set(plans.WORDS) == set(wire.SCHEMA)
    for line in text.splitlines():
        assert "=" not in line.split("#")[0] or "#" in line


def settings_of(key: str):
    default, span = wire.SCHEMA[key]
    if span is bool:
        return st.booleans()
    if isinstance(span, int):
        letters = st.characters(min_codepoint=32, max_codepoint=0x24F, categories=["L", "N", "P"])
        return st.text(letters, max_size=span)
    if isinstance(span[0], str):
        return st.sampled_from(span)
    if isinstance(default, int):
        return st.integers(*span)
    return st.floats(*span).map(lambda x: round(x, 3)).filter(lambda x: span[0] <= x <= span[1])


@given(st.fixed_dictionaries({key: settings_of(key) for key in wire.SCHEMA}))
def test_any_plan_survives_its_file(plan):
    plan, problems = wire.parse(asking.nested(plan))
    assert not problems
    assert wire.parse(tomllib.loads(plans.to_toml(plan))) == (plan, [])


BAD = """
schema = 1
placement = "beck"

[warmth]
levle_c = 36
ceiling_c = 45
enabled = "yes"

[scent]
daily_pulses = 2.5

[log]
level = 2
"""


def test_every_bad_setting_has_its_place_and_a_remedy(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text(BAD)
    _, problems = plans.read(path)
    found = {p.key: (p.where, p.given, p.allowed, p.nearest) for p in problems}
    assert found == {
        "placement": (f"{path}, line 3", '"beck"', "one of body, neck, beside", "neck"),
        "warmth.levle_c": (f"{path}, line 6", "36", "a known setting", "warmth.level_c"),
        "warmth.ceiling_c": (f"{path}, line 7", "45", "a number from 30 to 40", ""),
        "warmth.enabled": (f"{path}, line 8", '"yes"', "true or false", ""),
        "scent.daily_pulses": (f"{path}, line 11", "2.5", "a whole number from 0 to 40", ""),
        "log.level": (f"{path}, line 14", "2", "a known setting", "logging.level"),
    }
    with pytest.raises(KitbagError) as caught:
        plans.checked(path)
    assert caught.value.exit_code == ExitCode.USAGE


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"warmth = = 3", "not TOML"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (None, "No such file"),
    ],
)
def test_what_is_no_plan_at_all(tmp_path, content, said):
    path = tmp_path / "plan.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(KitbagError) as caught:
        plans.read(path)
    assert said in caught.value.problem
    assert caught.value.exit_code == ExitCode.USAGE


@pytest.mark.parametrize("value", ["inf", "nan", "-1", "1e400", "[36]", "{a = 1}", "2026-01-01"])
def test_strange_values_are_told_and_never_taken(tmp_path, value):
    path = tmp_path / "plan.toml"
    path.write_text(f"[warmth]\nlevel_c = {value}\n")
    plan, problems = plans.read(path)
    assert len(problems) == 1
    assert plan == wire.defaults()
    assert problems[0].error().told()


def test_the_lower_limit_is_pointed_out():
    plan = wire.defaults() | {
        "placement": "neck",
        "warmth.level_c": 40.0,
        "warmth.ceiling_c": 40.0,
    }
    assert plans.notes(plan) == [
        "The pad will warm to 38 °C, not 40: the limit of neck and reduced sensation is lower."
    ]
    assert plans.notes(wire.defaults()) == []
    asks = wire.defaults() | {"gesture.pat": "touch"}
    assert plans.notes(asks) == ["gesture.pat asks for touch, but touch.enabled is false."]


def test_differences_name_both_sides():
    new = wire.defaults() | {"warmth.level_c": 37.5, "scent.name": "rose"}
    assert plans.differences(wire.defaults(), new) == [
        ("warmth.level_c", "36", "37.5"),
        ("scent.name", '""', '"rose"'),
    ]
