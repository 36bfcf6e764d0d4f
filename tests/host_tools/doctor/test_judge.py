"""One word for a bladder: each of them, and where the next begins."""

from __future__ import annotations

import ast
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from host_tools.made_rest_and_hug import readings
from kitbag_tools import vm
from kitbag_tools.doctor import judge as judging
from kitbag_tools.doctor.figures import Figures, measure
from kitbag_tools.doctor.judge import Health, judge
from kitbag_tools.doctor.watch import Watched
from kitbag_tools.doctor.words import report_fields, report_lines
from kitbag_tools.errors import ExitCode
from kitbag_tools.object_client import Hello

GOOD = Figures(
    live=True,
    rest_pa=101_325.0,
    noise_pa=0.8,
    stir_pa=1.0,
    drift_pa_per_min=2.0,
    drift_k_per_min=0.0,
    tautness_pa_per_k=None,
    top_pa=102_825.0,
    peak_pa=1500.0,
    hug_s=5.0,
    fall_per_s=0.007,
    noticed_after_s=0.14,
)
HELLO = Hello("c0ffee01", "0.1.0", 1, 1, 1, 0, 1, 1, 0)


def health(**changed: Any) -> Health:
    return judge(replace(GOOD, **changed)).health


CASES: list[tuple[Health, dict[str, Any]]] = [
    (Health.GOOD, {}),
    (Health.GOOD, {"noise_pa": None}),
    (Health.GOOD, {"noise_pa": 2.3, "stir_pa": 2.5}),
    (Health.NOISY, {"noise_pa": 2.5, "stir_pa": 2.5}),
    (Health.NOISY, {"noise_pa": 20.0, "stir_pa": 21.0}),
    (Health.RESTLESS, {"stir_pa": None, "rest_pa": None}),
    (Health.GOOD, {"stir_pa": 4.9}),
    (Health.RESTLESS, {"stir_pa": 5.1}),
    (Health.DEAD, {"live": False}),
    (Health.BLOCKED, {"peak_pa": None, "top_pa": None, "hug_s": None, "fall_per_s": None}),
    (Health.BLOCKED, {"peak_pa": 9.0, "top_pa": 101_334.0, "hug_s": None, "fall_per_s": None}),
    (Health.SLACK, {"peak_pa": 11.0, "top_pa": 101_336.0, "hug_s": None, "fall_per_s": None}),
    (Health.SLACK, {"peak_pa": 99.0, "top_pa": 101_424.0, "hug_s": 2.0, "fall_per_s": None}),
    (Health.GOOD, {"peak_pa": 101.0, "top_pa": 101_426.0}),
    (Health.CLIPPED, {"top_pa": 110_000.0, "peak_pa": 8675.0, "fall_per_s": 0.0}),
    (Health.GOOD, {"top_pa": 109_400.0, "peak_pa": 8075.0}),
    (Health.BRIEF, {"hug_s": 2.9}),
    (Health.BRIEF, {"fall_per_s": None}),
    (Health.GOOD, {"fall_per_s": -0.05}),  # held tighter and tighter
    (Health.GOOD, {"fall_per_s": 0.05}),  # arms that creep and air that cools
    (Health.LEAKING, {"fall_per_s": 0.1}),
    # At rest: weather is at most 7 Pa a minute, the sensor adds 5
    (Health.GOOD, {"drift_pa_per_min": -11.0}),
    (Health.LEAKING, {"drift_pa_per_min": -13.0}),
    (Health.GOOD, {"drift_pa_per_min": 200.0}),  # rising is no leak
    # Its own cooling may be the cause, up to what a rigid bladder does ...
    (Health.GOOD, {"drift_pa_per_min": -150.0, "drift_k_per_min": -0.5}),
    (Health.LEAKING, {"drift_pa_per_min": -190.0, "drift_k_per_min": -0.5}),
    # ... but warming makes no pressure fall, and a slack bladder does not mind the cold
    (Health.LEAKING, {"drift_pa_per_min": -13.0, "drift_k_per_min": 0.5}),
    (
        Health.LEAKING,
        {"drift_pa_per_min": -150.0, "drift_k_per_min": -0.5, "tautness_pa_per_k": 20.0},
    ),
    # A taut one that warms should rise by 60 Pa, and does not
    (
        Health.LEAKING,
        {"drift_pa_per_min": 10.0, "drift_k_per_min": 0.5, "tautness_pa_per_k": 120.0},
    ),
]


@pytest.mark.parametrize(("expected", "changed"), CASES)
def test_the_word_for_it(expected: Health, changed: dict[str, Any]):
    assert health(**changed) is expected


def test_every_word_is_tried():
    assert {expected for expected, _ in CASES} == set(Health)


def test_what_comes_first_hides_what_cannot_be_believed():
    leaking = {"fall_per_s": 0.3, "drift_pa_per_min": -50.0}
    assert health(**leaking, live=False) is Health.DEAD
    assert health(**leaking, stir_pa=9.0) is Health.RESTLESS
    assert health(**leaking, noise_pa=9.0, stir_pa=9.0) is Health.NOISY
    assert health(fall_per_s=0.3, top_pa=110_000.0) is Health.CLIPPED


def test_exit_codes():
    codes = {one.word: one.exit_code for one in Health}
    assert codes.pop("good") == ExitCode.OK
    assert codes.pop("restless") == codes.pop("brief") == ExitCode.INCOMPLETE
    assert set(codes.values()) == {ExitCode.FAILED}


@pytest.mark.parametrize(("expected", "changed"), CASES)
def test_every_report_says_what_to_do_next(expected: Health, changed: dict[str, Any]):
    figures = replace(GOOD, **changed)
    verdict = judge(figures)
    lines = report_lines(HELLO, figures, verdict)
    assert lines[0].startswith(f"Object c0ffee01, firmware 0.1.0: {expected.word}. ")
    assert verdict.why.endswith(".")
    assert lines[-1].split(None, 1) == ["Next", verdict.next_step]
    assert report_fields(HELLO, figures, verdict)["health"] == expected.word
    assert "None" not in "\n".join(lines)


# --- from readings to the word -------------------------------------------------------------------


def look(**of: float) -> Health:
    felt = list(islice(readings(**of), 72 * 20))
    return judge(measure(Watched(felt[:1200], felt[1200:]))).health


@pytest.mark.parametrize(
    ("expected", "of"),
    [
        (Health.GOOD, {}),
        (Health.GOOD, {"peak_pa": 200.0, "fall_per_s": 0.007}),
        (Health.GOOD, {"peak_pa": 6000.0, "fall_per_s": 0.03}),
        (Health.NOISY, {"noise_pa": 3.3}),
        (Health.LEAKING, {"fall_per_s": 0.1}),
        (Health.LEAKING, {"drift_pa_per_min": -20.0}),
        (Health.SLACK, {"peak_pa": 45.0}),
        (Health.SLACK, {"peak_pa": 80.0}),
        (Health.BLOCKED, {"peak_pa": 0.0}),
        (Health.CLIPPED, {"peak_pa": 12_000.0}),
        (Health.BRIEF, {"hug_s": 2.0}),
        (Health.DEAD, {"noise_pa": 0.0}),
        (Health.DEAD, {"noise_pa": float("nan")}),
    ],
)
def test_from_readings(expected: Health, of: dict[str, float]):
    assert look(**of) is expected


def constant(path: Path, name: str) -> float:
    """What the firmware's `path` gives `const(...)` to `name`: no host may import it."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            assert isinstance(node.value, ast.Call)
            return float(ast.literal_eval(node.value.args[0]))
    raise LookupError(f"no {name} in {path}")


@pytest.mark.parametrize(
    ("ours", "file", "name"),
    [
        ("_CLIPPED_PA", "tasks/feel.py", "_CLIPPED_PA"),
        ("_FELT_PA", "senses/hug.py", "_GESTURE_PA"),
        ("RIGID_PA_PER_K", "senses/hug.py", "_RIGID_PA_PER_K"),
        ("RIGID_PA_PER_K", "senses/handling.py", "_RIGID_PA_PER_K"),
    ],
)
def test_the_doctor_and_the_object_mean_the_same(ours, file, name):
    assert getattr(judging, ours) == constant(vm.root() / "firmware" / "kitbag" / file, name)
