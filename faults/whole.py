"""Plays a story with a whole object: the firmware on the real VM, as `kitbag sim` does."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from judge import Measured
from kitbag_tools.environment import Environment
from kitbag_tools.sim import reactions, runner, scenario

START = "2026-03-01T22:00:00+00:00"
_LATCHED = ("latched", "locked")


def play(story: dict[str, Any], folder: Path, image: Path) -> Measured:
    """What came of `story` (story.Story as plain data), its files left in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    write(story, folder)
    env = Environment(
        stdout=io.StringIO(),
        stderr=io.StringIO(),
        config_dir=folder / "config",
        data_dir=folder / "data",
        now_utc_ms=lambda: 0,
    )
    out = folder / "out"
    one = scenario.load(folder / "scenario.toml")
    result = runner.run(one, out, env, object_image=image)
    found = _measured(story, out, result.summary, one.start)
    if not result.complete:
        found["incomplete"] = [problem.told() for problem in result.problems]
    return found


def write(story: dict[str, Any], folder: Path) -> None:
    """`story` as a scenario and its plan, to be played by anybody with `kitbag sim`."""
    plan = [f"{key} = {_toml(value)}" for key, value in story["plan"].items()]
    (folder / "plan.toml").write_text("schema = 1\n" + "\n".join(plan) + "\n")
    lines = [f"duration_s = {story['ends_s']}", f'start = "{START}"', f"seed = {story['seed']}"]
    lines += ['plan = "plan.toml"', "[world]"]
    lines += [f"{key} = {_toml(value)}" for key, value in story["world"].items()]
    for t_s, do, values in story["steps"]:
        lines += ["[[event]]", f"t_s = {t_s}", f'do = "{do}"']
        lines += [f"{key} = {_toml(value)}" for key, value in values.items()]
    (folder / "scenario.toml").write_text("\n".join(lines) + "\n")


def _toml(value: object) -> str:
    return json.dumps(value)


def _measured(story: dict[str, Any], out: Path, told: dict[str, Any], start: datetime) -> Measured:
    physics = json.loads((out / "object" / "physics.json").read_text())
    log = reactions.read(out / "events.csv")
    answers = reactions.reactions(log, start, physics["boots_s"])
    until_s = story["watched_s"]
    heat = _Heat(out, until_s)
    states = list(_states(log, start, physics["boots_s"]))
    before = [state for t_s, state, _ in states if t_s < story["at_s"] - 0.5]
    begins = [t_s for t_s, state, why in states if state == "warming" and why == "hold"]
    onsets = [fault["onset_s"] for fault in physics["faults"]]
    return {
        "state_before": before[-1] if before else "idle",
        "begin_s": begins[0] if begins else None,
        "stop_s": next((t_s for t_s, do, _ in story["steps"] if do == "button"), None),
        "onset_s": onsets[0] if onsets else None,
        "heat_s": heat.last_s,
        "hot": heat.hot,
        "gate_s": heat.gate_s,
        "watts_s": _last_watts(out, until_s),
        "reactions": [
            [one.earliest_s, one.strength, one.code]
            for one in sorted(answers, key=lambda one: one.earliest_s)
            if one.earliest_s <= until_s and _answers(one, story["kind"])
        ],
        "peak_pad_c": physics["peak_pad_c"],
        "peak_skin_c": physics["peak_skin_c"],
        "cem43": physics["cem43"],
        "switch1": heat.switch1,
        "switch2": heat.switch2,
        "state": states[-1][1] if states else "idle",
        "kept": told["final_state"] in _LATCHED and not heat.later,
    }


def _answers(one: reactions.Reaction, kind: str | None) -> bool:
    return one.record == "guard" if kind is None else one.may_answer(kind)


class _Heat:
    """When heat could flow, by the changes of the two switches: `last_s` of it until `until_s`,
    whether it then still could (`hot`), and whether it ever could `later`; `gate_s` is when switch
    1 was last closed, whatever the other did.
    """

    def __init__(self, out: Path, until_s: float) -> None:
        self.last_s = self.gate_s = -1.0
        self.later = False
        now = {"switch1": 0, "switch2": 0}
        self.hot, self.switch1, self.switch2 = False, 0, 0
        with (out / "outputs.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["what"] not in now:
                    continue
                t_s, could, gate = int(row["t_ms"]) / 1000, all(now.values()), now["switch1"]
                now[row["what"]] = int(float(row["value"]))
                if t_s < until_s - 0.005:  # then the fault is cleared, which moves switches too
                    self.hot, self.switch1, self.switch2 = all(now.values()), *now.values()
                    if could or self.hot:
                        self.last_s = t_s
                    if gate or self.switch1:
                        self.gate_s = t_s
                elif all(now.values()) and t_s > until_s + 2:
                    self.later = True


# The last second in which the pad really got power: the cut-out may open where no switch does
def _last_watts(out: Path, until_s: float) -> int:
    with (out / "truth.csv").open(encoding="utf-8", newline="") as file:
        rows = [(int(row["t_s"]), float(row["heater_w"])) for row in csv.DictReader(file)]
    return max((t_s for t_s, watts in rows if watts > 0 and t_s <= until_s), default=0)


# (seconds, state, why) of everything that became of warmth. A boot that no host visited has no
# dates, but the world knows when it began.
def _states(
    log: list[reactions.Row], start: datetime, boots_s: list[float]
) -> Iterator[tuple[float, str, str]]:
    for row in log:
        if row["kind"] != "warmth_state":
            continue
        boot = int(row["boot"])
        if row["start_utc"]:
            at = (datetime.fromisoformat(row["start_utc"]) - start).total_seconds()
        elif boot <= len(boots_s):
            at = boots_s[boot - 1] + int(row["uptime_ms"]) / 1000
        else:
            continue
        yield at, row["state"], row["why"]
