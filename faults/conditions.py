"""The five conditions that every fault is set in, and the level each can hold on 3 W."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Condition:
    """`world` changes the board's defaults. `body`: somebody holds it all the time; otherwise a
    short hug starts it and it is left in the bed.
    """

    name: str
    title: str
    level_c: float
    world: dict[str, float] = field(default_factory=dict[str, float])
    body: bool = True


CONDITIONS = (
    Condition("body", "held by a body, room at 20 °C", 40.0),
    Condition("nobody", "left alone after a hug", 36.0, body=False),
    Condition("cold", "held, room at 10 °C", 38.0, {"room_c": 10.0}),
    Condition("insulated", "held under blankets: losses to the room a quarter", 40.0,
              {"insulation": 4.0}),
    Condition("pressed", "lain upon: half the cover, two fifths of the blood", 40.0,
              {"fabric": 0.5, "perfusion": 0.4}),
)  # fmt: skip

BY_NAME = {one.name: one for one in CONDITIONS}

# Of our boards, and of the pad for which the times of detection were first worked out
PADS_W = (3.0, 12.0)
