"""The examples are files that the tools take, with and without the recordings."""

import shutil
import tomllib
from pathlib import Path

import pytest

from kitbag.wire import plan
from kitbag_tools.sim import scenario


@pytest.fixture
def night(repository: Path, tmp_path: Path) -> Path:
    """A copy of the folder, as `make run` makes one."""
    return Path(shutil.copytree(repository / "examples" / "night", tmp_path / "night"))


def test_the_night_is_a_scenario_of_eight_hours(night: Path) -> None:
    assert scenario.load(night / "night.toml").duration_s == 8 * 3600


def test_its_plan_is_one_that_the_object_takes(night: Path) -> None:
    _, problems = plan.parse(tomllib.loads((night / "plan.toml").read_text()))
    assert problems == []


def test_the_doctors_object_is_hugged_after_its_scenario(repository: Path) -> None:
    played = scenario.load(repository / "examples" / "doctor" / "doctor.toml")
    (pressed,) = played.pressures
    hugged = [t for t, pa in zip(pressed.knots.times, pressed.knots.values, strict=True) if pa]
    # Late enough for a minute of rest, and for all who take their time
    assert hugged[0] > played.duration_s + 60
    assert hugged[-1] > played.duration_s + 3500


@pytest.mark.parametrize("variant", ["synthetic", "recorded"])
def test_its_room_has_weather(night: Path, variant: str, request: pytest.FixtureRequest) -> None:
    if variant == "recorded":
        shutil.copy(request.getfixturevalue("recordings") / "ambient_night_bmp280.csv", night)
    both = (night / "night.toml").read_text() + (night / f"{variant}_ambient.toml").read_text()
    (night / "whole.toml").write_text(both)
    assert len(scenario.load(night / "whole.toml").pressures) == 1
