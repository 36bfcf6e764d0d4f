"""F39: a timer's callback that is lost loses nothing, because nothing of the heat hangs on one.

The guard runs in a loop of its own; the loop alone renews the second switch and feeds the
watchdog. If it stands still, so do they.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

FIRMWARE = Path(__file__).resolve().parents[2] / "firmware"


def calls(name: str) -> Iterator[tuple[str, str]]:
    """(file, function around it) of every call of something with that name."""
    for path in sorted(FIRMWARE.rglob("*.py")):
        tree = ast.parse(path.read_bytes())
        for function in ast.walk(tree):
            if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
                for node in ast.walk(function):
                    if isinstance(node, ast.Call) and called(node) == name:
                        yield path.relative_to(FIRMWARE).as_posix(), function.name


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)


def test_the_firmware_has_no_timer_and_schedules_nothing() -> None:
    names = {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for path in FIRMWARE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, (ast.Attribute, ast.Name))
    }
    assert "PWM" in names  # the search can find something
    assert names & {"Timer", "schedule"} == set()


def test_the_second_switch_is_renewed_in_the_heat_loop_and_nowhere_else() -> None:
    assert set(calls("renew")) == {("kitbag/tasks/heat.py", "step")}
    # Steps of the session, of a trial and of the tremor aside
    steps = {place for place in calls("step") if place[0] != "kitbag/tasks/warming.py"}
    assert steps == {("kitbag/tasks/heat.py", "run"), ("kitbag/tasks/heat.py", "_warm")}


def test_the_watchdog_is_fed_in_the_heat_loop_and_nowhere_else() -> None:
    fed = {place for place in calls("feed") if "link" not in place[0] and "wire" not in place[0]}
    assert fed == {("kitbag/tasks/heat.py", "run")}


def test_the_guard_judges_in_the_heat_loop_and_nowhere_else() -> None:
    assert set(calls("cycle")) == {("kitbag/tasks/heat.py", "step")}
