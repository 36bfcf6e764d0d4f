"""One warm-up to a level and its hold, as the true temperature of the pad shows it."""

from dataclasses import dataclass, field
from typing import Protocol

from heat import sim
from heat.plant import NEAR_C, Plant

_HOLD_S = 20 * 60.0  # after the ramp's end or what full power takes, whichever is later
_RIPPLE_S = 600.0
_HAND_S = 3.0  # a hold lasts so long before it asks for warmth


@dataclass(frozen=True)
class WarmUp:
    """What is asked of a plant. `bound_s`: what full power takes from rest to near the level."""

    plant: Plant
    level_c: float
    ramp_c_per_min: float
    bound_s: float

    def ramp_s(self, from_c: float) -> float:
        return max(0.0, self.level_c - from_c) / self.ramp_c_per_min * 60

    def hold_end_s(self, ramp_s: float) -> float:
        return max(ramp_s, self.bound_s) + _HOLD_S


@dataclass
class Course:
    """Cycle by cycle from the moment when warmth was asked for. `ramp_end_s`: when the target
    reached the level, or would have at the plan's rate, whichever was earlier.
    """

    warm_up: WarmUp
    ramp_end_s: float
    pads_c: list[float] = field(default_factory=list[float])
    states: dict[str, float] = field(default_factory=dict[str, float])  # state: s of its first
    function: int = 0  # the safety function that ended it

    @property
    def overshoot_k(self) -> float:
        return max(self.pads_c) - self.warm_up.level_c

    @property
    def ripple_k(self) -> float:
        """Peak to peak in the last ten minutes of the hold."""
        last = self.pads_c[-round(_RIPPLE_S / sim.CYCLE_S) :]
        return max(last) - min(last)

    @property
    def settled_s(self) -> float:
        """From the ramp's end until it stays near; all of the course where it never does."""
        for at in range(len(self.pads_c) - 1, -1, -1):
            if abs(self.pads_c[at] - self.warm_up.level_c) > NEAR_C:
                return max(0.0, (at + 1) * sim.CYCLE_S - self.ramp_end_s)
        return 0.0

    @property
    def settled_of_bound(self) -> float:
        return self.settled_s / self.warm_up.bound_s

    def after_ramp_s(self, state: str) -> float:
        """From the ramp's end until `state` was said; all of the course where it never was."""
        return self.states.get(state, len(self.pads_c) * sim.CYCLE_S) - self.ramp_end_s


class Controller(Protocol):
    def again(self) -> "Controller": ...
    def duty(self, target_c: float, pad_c: float) -> float: ...


def of_peer(controller: Controller, asked: WarmUp) -> Course:
    """The same ramp and the same hold under another controller, which never rests."""
    control = controller.again()
    pad = asked.plant.pad()
    pad.cycle()
    from_c = pad.read()
    course = Course(asked, asked.ramp_s(from_c))
    began_s = pad.t_s
    while pad.t_s - began_s < asked.hold_end_s(course.ramp_end_s):
        ramped_c = from_c + asked.ramp_c_per_min / 60 * (pad.t_s - began_s)
        pad.drive(control.duty(min(asked.level_c, ramped_c), pad.read()))
        pad.cycle()
        course.pads_c.append(pad.pad_c)
    return course


def of_firmware(asked: WarmUp) -> Course:
    """As whoever holds it gets it: the switches are proved and the coupling probed on the way.
    It ends when the level is lowered, as 40 °C are after 20 minutes.
    """
    plant = asked.plant
    table = sim.table(
        {**plant.settings, "pad_w": sim.PAD_W},
        plant.seed,
        level_c=asked.level_c,
        ramp_c_per_min=asked.ramp_c_per_min,
    )
    table.world.power.sag_v = sim.SUPPLY_V
    table.place("body" if plant.body else "bed")
    table.hold(True)  # also where nobody warms it: left alone, its level would be lowered
    table.run(_HAND_S)
    table.heat.begin("hold")
    ramp_s = asked.ramp_s(table.heat.readings.pad_mc / 1000)
    course = Course(asked, ramp_s)
    began_s = table.t_s
    arrived = False
    while table.t_s - began_s < asked.hold_end_s(ramp_s):
        table.cycle()
        target_c = table.heat.target_c
        course.states.setdefault(table.heat.state, table.t_s - began_s)
        if target_c is None or (arrived and target_c < asked.level_c):
            break
        if not arrived and target_c >= asked.level_c:
            arrived = True
            course.ramp_end_s = min(course.ramp_end_s, table.t_s - began_s)
        course.pads_c.append(table.world.thermal.pad_c)
    course.function = table.guard.function
    return course
