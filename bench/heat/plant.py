"""The plants that heat is measured on, and what each can do at full power."""

from dataclasses import dataclass, field

from heat import sim
from heat.pad import Pad

MARGIN_C = 1.0  # a level is in or out of reach when full power settles so far above or below it
NEAR_C = 0.5  # as near as this is there
_LONGEST_S = 7200.0


@dataclass(frozen=True)
class Plant:
    """`settings` of the simulated world, whether somebody holds it, and what makes its noise."""

    name: str
    settings: dict[str, float] = field(default_factory=dict[str, float])
    body: bool = True
    seed: int = 1

    def pad(self) -> Pad:
        return Pad(self.settings, body=self.body, seed=self.seed)

    def full_power_c(self) -> float:
        """Where the pad settles at full power, from the plant's constants."""
        world = self.pad().world.settings
        insulation, fabric = world["insulation"], world["fabric"]
        back = (world["pad_stuffing_k_per_w"] + world["stuffing_room_k_per_w"]) * insulation
        front = world["pad_fabric_k_per_w"] * fabric
        if self.body:
            front += world["fabric_skin_k_per_w"] * fabric
            front += world["skin_core_k_per_w"] / world["perfusion"]
        else:
            front += world["fabric_room_k_per_w"] * insulation
        far_c = world["body_c"] if self.body else world["room_c"]
        return (sim.full_w() + far_c / front + world["room_c"] / back) / (1 / front + 1 / back)

    def reaches(self, level_c: float) -> bool:
        return self.full_power_c() >= level_c + MARGIN_C

    def falls_short(self, level_c: float) -> bool:
        return self.full_power_c() <= level_c - MARGIN_C

    def bound_s(self, level_c: float) -> float:
        """What nobody can beat: full power from rest until the pad is near `level_c`."""
        pad = self.pad()
        while pad.pad_c < level_c - NEAR_C and pad.t_s < _LONGEST_S:
            pad.drive(1.0)
            pad.cycle()
        return pad.t_s


CONDITIONS = {
    # name: (plant, the level 3 W reach there)
    "held": (Plant("held"), 40.0),
    "nobody there": (Plant("nobody there", body=False), 38.0),
    "room at 10 °C": (Plant("room at 10 °C", {"room_c": 10.0}), 40.0),
    "insulation × 4": (Plant("insulation × 4", {"insulation": 4.0}), 40.0),
    "pressed": (Plant("pressed", {"fabric": 0.5, "perfusion": 0.4}), 40.0),
}
_LEVELS_C = (36.0, 38.0, 40.0)


def random_plants(count: int, *, body: bool) -> list[tuple[Plant, float]]:
    """Random plants from the first on, each with the level it is asked for: the three in turn."""
    return [
        (Plant(f"plant {n}", sim.random_plant(n), body, n + 1), _LEVELS_C[n % 3])
        for n in range(count)
    ]
