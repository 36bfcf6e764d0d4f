"""A row in a condition as one run: world, plan and steps in seconds, the same for VM and table."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from conditions import Condition
from kitbag import limits
from rows import LATCHING, Row, Step, Values

HUG_S = 60.0
_PLACED_BEFORE_S = 3.0
_DELIBERATE_S = 3.0  # a hold of this length asks for warmth
_SHORT_HUG_S = 5.0

# When a row's moment is: seconds since the start, or since the hug that asks for warmth
_MOMENTS = {"boot": 22.0, "rest": 30.0, "before": 40.0}
_AFTER_HUG = {"start": _DELIBERATE_S, "warming": 100.0}
SETTLE_S = 1200.0
_OFF_AT_S, _OFF_S = 20.0, 4.0  # the power cut in which what is there "from the boot" happens

# After the watch: the fault is cleared, the supply cut, and somebody holds it once more
_AT_LEAST_S = 60.0  # of warmth, where it is given at all
_CUT_S, _HUG_AGAIN_S, _REST_OF_IT_S = 2.0, 10.0, 20.0

# Faults that are over by themselves
MOMENTS = ("vm_hang", "watchdog_reset", "soft_reset", "brownout", "clock_jump", "task_exception")


@dataclass(frozen=True)
class Story:
    """One run. `at_s` is the row's moment, `watched_s` the end of the watch: peaks and switches
    count until then. What comes later only asks whether a latch was kept.
    """

    seed: int
    world: dict[str, Any]
    plan: dict[str, Any]
    body: bool
    kind: str | None
    at_s: float
    watched_s: float
    ends_s: float
    steps: list[list[Any]] = field(default_factory=list[list[Any]])  # [t_s, do, values]
    hook: str | None = None
    asks_latch: bool = False

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


def tell(
    row: Row,
    condition: Condition,
    pad_w: float,
    *,
    level_c: float | None = None,
    world: dict[str, float] | None = None,
    seed: int = 1,
    settle_s: float = SETTLE_S,
) -> Story:
    """`row` in `condition` on a pad of `pad_w`. `world` is one plant's own constants, `settle_s`
    how long it has from the hug until it must be at its level.
    """
    plan: dict[str, Any] = {
        "warmth.level_c": condition.level_c if level_c is None else level_c,
        "warmth.ceiling_c": 40.0,
        "warmth.ramp_c_per_min": 3.0,
        "warmth.session_min": 45.0,
        **row.plan,
    }
    hug_s = HUG_S + row.rest_s
    at_s = _MOMENTS.get(row.when, hug_s + _AFTER_HUG.get(row.when, settle_s))
    watched_s = row.watch_s + (at_s if row.since == "fault" else max(at_s, hug_s))
    watched_s = max(watched_s, hug_s + _AT_LEAST_S)
    hold_s = row.hold_s
    if hold_s is None:
        hold_s = watched_s - hug_s if condition.body else _SHORT_HUG_S
    steps: list[Step] = []
    if condition.body:
        steps.append(Step(hug_s - _PLACED_BEFORE_S, "place", {"where": "body"}))
    steps.append(Step(hug_s, "hug", {"peak_pa": 1500, "hold_s": hold_s}))
    if row.when == "boot":
        steps.append(Step(_OFF_AT_S, "power", {"off_s": _OFF_S}))
    level_now_c = float(plan["warmth.level_c"])
    if 1000 * settle_s > limits.LEVEL_SETTLED_AFTER_MS:
        level_now_c = min(level_now_c, limits.LEVEL_SETTLED_C)
    below_k = 40.0 - level_now_c if row.at_level else 0.0
    steps += [
        Step(at_s + s.t_s, s.do, _shifted(s.values, below_k))
        for s in row.steps
        if at_s + s.t_s <= watched_s
    ]
    ends_s = watched_s
    latch = row.must in LATCHING
    cleared_s = watched_s if row.clear_s is None else at_s + row.clear_s
    for kind in dict.fromkeys(s.values["kind"] for s in row.steps if s.do == "fault"):
        if kind not in MOMENTS:
            steps.append(Step(cleared_s, "clear", {"kind": kind}))
            ends_s = max(ends_s, cleared_s + 2)
    if latch:
        if condition.body:
            steps.append(Step(watched_s, "place", {"where": "bed"}))
        steps.append(Step(watched_s + _CUT_S, "power", {"off_s": 2.0}))
        steps.append(
            Step(watched_s + _HUG_AGAIN_S, "hug", {"peak_pa": 1500, "hold_s": _SHORT_HUG_S})
        )
        ends_s = watched_s + _HUG_AGAIN_S + _REST_OF_IT_S
    return Story(
        seed=seed,
        world={"pad_w": pad_w, **(world or {}), **condition.world, **row.world},
        plan=plan,
        body=condition.body,
        kind=row.kind,
        at_s=at_s,
        watched_s=watched_s,
        ends_s=ends_s,
        steps=[[s.t_s, s.do, dict(s.values)] for s in sorted(steps, key=lambda step: step.t_s)],
        hook=row.hook,
        asks_latch=latch,
    )


def _shifted(values: Values, below_k: float) -> Values:
    if not below_k or "env_c" not in values:
        return values
    return {**values, "env_c": values["env_c"] - below_k}
