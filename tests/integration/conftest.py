"""The real firmware on the real VM in a simulated world: a scenario is a night of an object."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kitbag_tools.environment import Environment
from kitbag_tools.sim import runner, scenario

START = "2026-03-01T22:00:00+00:00"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: takes minutes; left out unless SLOW is set")


class Night:
    """What a run wrote. Times in seconds since its start."""

    def __init__(self, out: Path, result: runner.RunResult) -> None:
        self.out = out
        self.result = result
        self.summary: dict[str, Any] = json.loads((out / "summary.json").read_text())

    def rows(self, name: str) -> list[dict[str, str]]:
        with (self.out / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def events(self, kind: str) -> list[dict[str, str]]:
        return [row for row in self.rows("events.csv") if row["kind"] == kind]

    def hugs(self) -> list[dict[str, str]]:
        return self.rows("hugs.csv")

    def kinds(self) -> list[tuple[str, str, str]]:
        return [(row["kind"], row["start_s"], row["end_s"]) for row in self.hugs()]

    def changes(self, what: str) -> list[tuple[float, float]]:
        """(seconds, value) at each change of an output; they begin at 0."""
        return [
            (float(row["t_ms"]) / 1000, float(row["value"]))
            for row in self.rows("outputs.csv")
            if row["what"] == what
        ]

    def at(self, what: str, t_s: float) -> float:
        """The value of an output at `t_s`."""
        value = 0.0
        for changed_s, new in self.changes(what):
            if changed_s > t_s:
                break
            value = new
        return value

    def last_on(self, what: str, from_s: float, until_s: float) -> float | None:
        """The latest moment in between at which an output was not zero."""
        last = until_s if self.at(what, until_s) else None
        value = self.at(what, from_s)
        if last is None and value:
            last = from_s
        for changed_s, new in self.changes(what):
            if from_s < changed_s <= until_s:
                if value and not new and self.at(what, until_s) == 0:
                    last = changed_s
                value = new
        return last

    def warmth_begins(self, from_s: float, until_s: float) -> list[float]:
        """When warmth began by someone's act."""
        times = [
            float(row["start_s"])
            for row in self.events("warmth_state")
            if row["state"] == "warming" and row["why"] not in ("", "none")
        ]
        return [t for t in times if from_s <= t <= until_s]

    def ever_on(self, what: str, from_s: float, until_s: float) -> bool:
        return bool(self.at(what, from_s)) or any(
            from_s <= t <= until_s and value for t, value in self.changes(what)
        )


Play = Callable[..., Night]


@pytest.fixture(scope="session")
def play(tmp_path_factory: pytest.TempPathFactory) -> Play:
    """`play(scenario's body, duration_s, plan=text)` runs it. Keys of the world by name."""
    count = 0

    def run(
        body: str, duration_s: float, *, plan: str | None = None, seed: int = 1, **world: object
    ) -> Night:
        nonlocal count
        count += 1
        folder = tmp_path_factory.mktemp(f"night{count}-")
        head = [f"duration_s = {duration_s}", f'start = "{START}"', f"seed = {seed}"]
        if plan is not None:
            (folder / "plan.toml").write_text(plan)
            head.append('plan = "plan.toml"')
        head += ["[world]", *(f"{key} = {value}" for key, value in world.items())]
        (folder / "scenario.toml").write_text("\n".join(head) + "\n" + body)
        env = Environment(
            stdout=io.StringIO(),
            stderr=io.StringIO(),
            config_dir=folder / "config",
            data_dir=folder / "data",
            now_utc_ms=lambda: 0,
        )
        result = runner.run(scenario.load(folder / "scenario.toml"), folder / "out", env)
        assert result.complete, (folder / "out" / "console.txt").read_text()[-2000:]
        return Night(folder / "out", result)

    run.folder = tmp_path_factory.mktemp  # type: ignore[attr-defined]
    return run
