"""How the pad follows its level: the firmware beside two controllers written for this bench."""

from collections.abc import Callable

from figures import Figure
from heat import course, plant
from heat.course import Controller, Course, WarmUp
from heat.pad import Pad
from heat.pid import relay_tuned
from heat.plant import Plant
from heat.progress import HOW, told
from heat.two_point import TwoPoint

RAMPS_C_PER_MIN = (3.0, 1.0)
PLANTS = 120
_SAID_WITHIN_MIN = 10.0

_MEASURES: tuple[tuple[str, str, float, Callable[[Course], float]], ...] = (
    ("overshoot", "K", 0.5, lambda one: one.overshoot_k),
    ("ripple", "K", 0.1, lambda one: one.ripple_k),
    ("settled after the ramp, of what full power takes", "×", 1.5,
     lambda one: one.settled_of_bound),
)  # fmt: skip


def measure(plants: int = PLANTS) -> list[Figure]:
    """On the five conditions, on random plants that can reach their level, and where none can."""
    peers: dict[str, Controller] = {
        "a PID, tuned by a relay test": relay_tuned(Pad(), 40.0),
        "two-point, ± 0.25 °C": TwoPoint(),
    }
    random = plant.random_plants(plants, body=True)
    reached = [one for one in random if one[0].reaches(one[1])]
    figures: list[Figure] = []
    ours: list[Course] = []
    for where, wanted in (
        ("five conditions", list(plant.CONDITIONS.values())),
        ("random plants", reached),
    ):
        asked = _asked(wanted)
        courses = [course.of_firmware(one) for one in told(where, asked)]
        ours += courses
        for name, peer in peers.items():
            theirs = [course.of_peer(peer, one) for one in told(f"{where}, {name}", asked)]
            figures += _compared(where, courses, name, theirs)
    return [
        *figures,
        Figure("random plants that can reach their level", len(reached), f"of {plants}", HOW),
        *_uneventful(ours),
        *_out_of_reach(plants),
    ]


def _asked(wanted: list[tuple[Plant, float]]) -> list[WarmUp]:
    return [
        WarmUp(one, level_c, ramp, bound_s)
        for one, level_c in wanted
        for bound_s in (one.bound_s(level_c),)
        for ramp in RAMPS_C_PER_MIN
    ]


def _compared(where: str, ours: list[Course], peer: str, theirs: list[Course]) -> list[Figure]:
    return [
        Figure(f"{what}, {where}", max(map(of, ours)), unit, HOW, peer, max(map(of, theirs)),
               ("<=", bound))
        for what, unit, bound, of in _MEASURES
    ]  # fmt: skip


def _uneventful(ours: list[Course]) -> list[Figure]:
    of = f"of {len(ours)}"
    tripped = sum(one.function != 0 for one in ours)
    wrong = sum("cannot_reach" in one.states for one in ours)
    return [
        Figure("  warm-ups in which heat was taken away", tripped, of, HOW, bound=("==", 0)),
        Figure("  that said that they cannot reach it", wrong, of, HOW, bound=("==", 0)),
    ]


# Left alone, many plants cannot reach their level
def _out_of_reach(plants: int) -> list[Figure]:
    alone = plant.random_plants(plants, body=False)
    short = [one for one in alone if one[0].falls_short(one[1])]
    asked = [WarmUp(*one, ramp, 0.0) for one in short for ramp in RAMPS_C_PER_MIN]
    courses = [course.of_firmware(one) for one in told("out of reach", asked)]
    last_s = max(one.after_ramp_s("cannot_reach") for one in courses)
    tripped = sum(one.function != 0 for one in courses)
    return [
        Figure("random plants that cannot, left alone", len(short), f"of {plants}", HOW),
        Figure("  said so after the ramp, the last", last_s / 60, "min", HOW,
               bound=("<=", _SAID_WITHIN_MIN)),
        Figure("  latched", tripped, f"of {len(courses)}", HOW, bound=("==", 0)),
    ]  # fmt: skip
