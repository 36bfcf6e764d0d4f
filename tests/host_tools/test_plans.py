"""Care plan files: written with words, checked with place and remedy."""

from __future__ import annotations

import os
import time
import tomllib
from pathlib import Path

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


def test_a_comment_may_be_a_line_of_dots(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text(f"# {'.' * 200}\n  # {'.' * 200}\nschema = 1\n")
    assert plans.read(path)[1] == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"warmth = = 3", "not TOML"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (None, "No such file"),
        (b"#" * 65_536 + b"\n", "more than 64 KB"),
        (b"schema = " + b"1" * 5_000, "too long"),
        (b"schema = 0x" + b"f" * 5_000, "more than 64 bits"),
        (b"a = " + b"[" * 30_000, "nested without end"),
        (b"a = " + b"{b = " * 12_000, "nested without end"),
        (b"a = " + b"[" * 20 + b"]" * 20, "nested more than 16 deep"),
        (b"a" + b".a" * 30_000 + b" = 1", "more than 100 dots"),
        (b'"=#"' + b".a" * 30_000 + b" = 1", "more than 100 dots"),
        (b"[" + b" " * 60_000, "not TOML"),  # in less than a second, as all of these
        (b"a." * 25 + b"a = 1", "nested more than 16 deep"),
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


def test_a_device_without_an_end_is_no_plan():
    with pytest.raises(KitbagError) as caught:
        plans.read(Path("/dev/zero"))
    assert "more than 64 KB" in caught.value.problem
    assert caught.value.exit_code == ExitCode.USAGE


def test_a_pipe_is_read_as_a_file_is():
    reading, writing = os.pipe()
    os.write(writing, plans.to_toml(wire.defaults()).encode())
    os.close(writing)
    assert plans.checked(Path(f"/dev/fd/{reading}")) == wire.defaults()
    os.close(reading)


def test_as_many_settings_as_fit_are_told_soon(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text("[warmth]\n" + "".join(f"level_{i} = 1\n" for i in range(4_000)))
    began = time.monotonic()
    _, problems = plans.read(path)
    assert len(problems) == 4_000
    assert (problems[-1].where, problems[-1].nearest) == (f"{path}, line 4001", "warmth.level_c")
    assert time.monotonic() - began < 20


def test_a_line_is_found_however_its_key_is_written(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text('# [warmth]\n [ "warmth" ] # here\n\n  "level_c"=99\nfade_min = 99 # = 3\n')
    _, problems = plans.read(path)
    assert [p.where.rpartition(" ")[2] for p in problems] == ["4", "5"]


def test_the_mark_of_a_windows_editor_is_no_letter(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_bytes(b"\xef\xbb\xbfschema = 1\r\n[warmth]\r\nlevel_c = 37\r\n")
    assert plans.checked(path)["warmth.level_c"] == 37


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


def test_what_is_kept_alike_is_alike():
    one = wire.defaults() | {"scent.gap_s": 1500.12345}
    kept, problems = wire.from_json(wire.to_json(one))
    assert not problems
    assert kept["scent.gap_s"] != one["scent.gap_s"]
    assert plans.differences(kept, one) == []


def test_differences_name_both_sides():
    new = wire.defaults() | {"warmth.level_c": 37.5, "scent.name": "rose"}
    assert plans.differences(wire.defaults(), new) == [
        ("warmth.level_c", "36", "37.5"),
        ("scent.name", '""', '"rose"'),
    ]
