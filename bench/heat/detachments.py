"""A thermistor comes off the warm pad: who notices, and how warm it gets until then.

The thermistor shows `coupling` parts of the pad and the rest of something at `env_c`: what it came
to lie on. Without a guard, the controller then heats a pad that it does not feel.
"""

import statistics
from dataclasses import dataclass

from figures import Figure
from heat import sim
from heat.pad import Pad
from heat.pid import Pid, relay_tuned
from heat.progress import HOW, told
from heat.watchers import PEERS, each_second

DRAWS = 200
LEVEL_C = 40.0
_SEED = 2026
_ENV_C, _COUPLING = (20.0, 39.0), (0.0, 0.8)
_HARM_C = 48.0  # at the pad: 10 minutes of it burn
_PAD_MAX_C, _SKIN_MAX_C = 46.0, 41.5
_STRONG_W = 12.0
_WITHIN_S = 40 * 60.0
_HELD_S = 20 * 60.0  # until the unguarded pad has settled
_WARMED_S = 14 * 60.0  # until the firmware's has, well before its level is lowered
_AFTER_S = 5 * 60.0  # a pad without heat has passed its peak


@dataclass(frozen=True)
class Detachment:
    env_c: float
    coupling: float


@dataclass(frozen=True)
class Unguarded:
    """How warm it got under a controller alone, and the names of the checks that would see it."""

    pad_c: float
    skin_c: float
    by: set[str]


@dataclass(frozen=True)
class Guarded:
    """How warm it got under the firmware. `after_s`: until heat was taken away, None if never."""

    pad_c: float
    skin_c: float
    after_s: float | None


def draws(count: int) -> list[Detachment]:
    noise = sim.noise(_SEED)

    def uniform(low: float, high: float) -> float:
        return low + (high - low) * noise.uniform()

    return [Detachment(uniform(*_ENV_C), uniform(*_COUPLING)) for _ in range(count)]


def measure(count: int = DRAWS) -> list[Figure]:
    """The harmful ones of `count`: how many the printers' checks notice, and the guard."""
    drawn = draws(count)
    volts = sim.supply_v(_STRONG_W)
    pid = relay_tuned(Pad(pad_w=_STRONG_W, volts=volts), LEVEL_C)
    alone = {
        one: unguarded(one, pid, Pad(pad_w=_STRONG_W, volts=volts))
        for one in told("detachments, unguarded", drawn)
    }
    harmful = [one for one in drawn if alone[one].pad_c > _HARM_C]
    strong = [guarded(one, _STRONG_W) for one in told("detachments, 12 W", harmful)]
    weak = [guarded(one, sim.PAD_W) for one in told("detachments, 3 W", drawn)]
    return [
        Figure("detachments that heat a pad of 12 W past 48 °C", len(harmful), f"of {count}", HOW),
        *_noticed([alone[one] for one in harmful], strong),
        *_peaks("  warmest {} among them", strong, [alone[one] for one in harmful]),
        *_peaks("warmest {} on 3 W, any detachment", weak),
    ]


def unguarded(one: Detachment, pid: Pid, pad: Pad) -> Unguarded:
    """With a controller alone, as printers have it, and no cap on its power."""
    control = pid.again()
    watchers = {name: peer.again() for name, peer in PEERS.items()}
    by: set[str] = set()
    detached = False
    peak_c = 0.0
    while pad.t_s < _HELD_S + _WITHIN_S:
        pad.cycle()
        pad_c = pad.read()
        pad.drive(control.duty(LEVEL_C, pad_c))
        tripped = each_second(watchers, pad.t_s, pad_c, LEVEL_C)
        if detached:
            peak_c = max(peak_c, pad.pad_c)
            by |= tripped
        elif pad.t_s >= _HELD_S:
            detached = True
            pad.thermal.pad_sensor_bond = (one.coupling, (1 - one.coupling) * one.env_c)
    return Unguarded(peak_c, pad.thermal.peak_skin_c, by)


def guarded(one: Detachment, pad_w: float) -> Guarded:
    """The same under the firmware, on a board of `pad_w`."""
    table = sim.table({"pad_w": pad_w}, 1, level_c=LEVEL_C, ramp_c_per_min=3.0)
    table.place("body")
    table.hold(True)
    table.run(3)
    table.heat.begin("hold")
    table.run(_WARMED_S)
    too_early = table.heat.state != "holding"
    table.faults.set("ntc_pad_detached", {"env_c": one.env_c, "coupling": one.coupling})
    began_s = table.t_s
    while not table.guard.reaction and table.t_s < began_s + _WITHIN_S:
        table.cycle()
    after_s = None if too_early or not table.guard.reaction else table.t_s - began_s
    table.run(_AFTER_S)
    heat = table.world.thermal
    return Guarded(heat.peak_pad_c, heat.peak_skin_c, after_s)


def _noticed(alone: list[Unguarded], strong: list[Guarded]) -> list[Figure]:
    ours = sum(one.after_s is not None for one in strong)
    times_s = sorted(_WITHIN_S if one.after_s is None else one.after_s for one in strong)
    all_of_them = f"of {len(strong)}"
    return [
        *(
            Figure("  noticed of them", ours, all_of_them, HOW, name,
                   sum(name in one.by for one in alone), ("==", len(strong)))
            for name in PEERS
        ),
        Figure("  noticed after, median", statistics.median(times_s), "s", HOW),
        Figure("  noticed after, 95 of 100", _quantile(times_s, 0.95), "s", HOW),
    ]  # fmt: skip


def _peaks(what: str, of: list[Guarded], alone: list[Unguarded] | None = None) -> list[Figure]:
    peer = "nobody guards" if alone else ""
    return [
        Figure(what.format("pad"), max(one.pad_c for one in of), "°C", HOW, peer,
               max(one.pad_c for one in alone) if alone else None, ("<=", _PAD_MAX_C)),
        Figure(what.format("skin"), max(one.skin_c for one in of), "°C", HOW, peer,
               max(one.skin_c for one in alone) if alone else None, ("<=", _SKIN_MAX_C)),
    ]  # fmt: skip


def _quantile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
