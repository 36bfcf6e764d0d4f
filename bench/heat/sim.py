"""The simulated board on this Python: its world alone, for the peers, or with the firmware."""

import importlib
import sys
from typing import Any

from kitbag_tools import vm
from kitbag_tools.sim import scenario

CYCLE_S = 0.3  # the firmware's, and the peers' too
PAD_W = 3.0
# A bench supply in the cell's place: every plant has the same full power to the end
SUPPLY_V = 4.0
CELL_OHM, IDLE_A = 0.15, 0.04  # between the supply and the pad, and what the rest draws
NOMINAL_V = 4.0  # at which a pad has its watts

sys.path.append(str(vm.root() / "faults"))  # where the random plants and the way in live


def full_w(pad_w: float = PAD_W, volts: float = SUPPLY_V) -> float:
    """What reaches the pad at full duty."""
    ohm = NOMINAL_V * NOMINAL_V / pad_w
    amps = (volts - IDLE_A * CELL_OHM) / (ohm + CELL_OHM)
    return amps * amps * ohm


def supply_v(watts: float) -> float:
    """The supply on which a pad of `watts` really has them."""
    ohm = NOMINAL_V * NOMINAL_V / watts
    return NOMINAL_V * (ohm + CELL_OHM) / ohm + IDLE_A * CELL_OHM


def world(settings: dict[str, float], seed: int) -> tuple[Any, Any]:
    """(clock, world) with nothing on it; `settings` changes a scenario's [world]."""
    importlib.import_module("harness").simulated_only()
    clock = importlib.import_module("simulated.clock").Clock(0)
    defaults = {name: rule.default for name, rule in scenario.WORLD.items()}
    defaults["clock_ppm"] = 0.0
    return clock, importlib.import_module("simulated.world").World(
        clock, {**defaults, **settings}, seed
    )


def table(settings: dict[str, float], seed: int, **plan: float) -> Any:
    """The firmware's heat loop. From now on this process has the simulated board's `machine`."""
    if "simulated.table" not in sys.modules:
        importlib.import_module("harness").take_over()
    care = {"warmth." + key: value for key, value in plan.items()}
    care.setdefault("warmth.ceiling_c", 40.0)
    care.setdefault("warmth.session_min", 45.0)
    return importlib.import_module("simulated.table").Table(settings, seed, care)


def noise(seed: int) -> Any:
    """Random numbers that are the same everywhere."""
    importlib.import_module("harness").simulated_only()
    return importlib.import_module("simulated.noise").Noise(seed)


def random_plant(number: int) -> dict[str, float]:
    """World settings of a healthy object that differs from the nominal one in everything."""
    importlib.import_module("harness").simulated_only()
    return importlib.import_module("plants").plant(number)
