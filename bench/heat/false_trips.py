"""Healthy objects that somebody embraces and leaves again: who takes their heat away?"""

from collections.abc import Iterator

from figures import Figure
from heat import plant, sim
from heat.pad import Pad
from heat.pid import Pid, relay_tuned
from heat.plant import Plant
from heat.progress import HOW, told
from heat.watchers import PEERS, each_second

PLANTS = 10
HOURS = 4
_LEVEL_C = 38.0
_THERE_S, _AWAY_S = (60.0, 3600.0), (30.0, 1800.0)
_AGAIN_S = 60.0  # so often warmth is asked for, where its session has ended
_PADS_W = (sim.PAD_W, 12.0)
_OFF = 1  # the guard's weakest reaction: heat may go on by itself


def measure(plants: int = PLANTS) -> list[Figure]:
    """Of `plants` random ones that can reach 38 °C, how many lose their heat within `HOURS`."""
    healthy = [one for one, _ in plant.random_plants(2 * plants, body=True)]
    healthy = [one for one in healthy if one.reaches(_LEVEL_C)][:plants]
    figures: list[Figure] = []
    for pad_w in _PADS_W:
        volts = sim.supply_v(pad_w)
        pid = relay_tuned(Pad(pad_w=pad_w, volts=volts), _LEVEL_C)
        ours = 0
        theirs = dict.fromkeys(PEERS, 0)
        for one in told(f"healthy plants, {pad_w:g} W", healthy):
            ours += firmware_trips(one, pad_w)
            pad = Pad(one.settings, seed=one.seed, pad_w=pad_w, volts=volts)
            for name in peers_that_trip(pad, pid, one.seed):
                theirs[name] += 1
        what = f"healthy plants of {pad_w:g} W that lose their heat in {HOURS} h"
        figures += [
            Figure(what, ours, f"of {len(healthy)}", HOW, name, many, ("==", 0))
            for name, many in theirs.items()
        ]
    return figures


def firmware_trips(one: Plant, pad_w: float) -> bool:
    """Whether the guard latches. Sessions end and are begun anew, as the holder would."""
    table = sim.table(
        {**one.settings, "pad_w": pad_w}, one.seed, level_c=_LEVEL_C, ramp_c_per_min=3.0
    )
    for held, until_s in _visits(one.seed):
        table.place("body" if held else "bed")
        table.hold(held)
        while table.t_s < until_s:
            if not table.heat.active:
                table.heat.begin("hold")
            table.run(min(_AGAIN_S, until_s - table.t_s))
            if table.guard.reaction > _OFF:
                return True
    return False


def peers_that_trip(pad: Pad, pid: Pid, seed: int) -> set[str]:
    """The names of the checks that would shut a heater down which a PID holds at the level."""
    control = pid.again()
    watchers = {name: peer.again() for name, peer in PEERS.items()}
    by: set[str] = set()
    for held, until_s in _visits(seed):
        pad.place(body=held)
        while pad.t_s < until_s:
            pad.cycle()
            pad_c = pad.read()
            pad.drive(control.duty(_LEVEL_C, pad_c))
            by |= each_second(watchers, pad.t_s, pad_c, _LEVEL_C)
    return by


def _visits(seed: int) -> Iterator[tuple[bool, float]]:
    """(whether somebody is there, until when in s): they come, go and come again."""
    noise = sim.noise(seed)
    held = True
    until_s = 0.0
    while until_s < HOURS * 3600:
        low, high = _THERE_S if held else _AWAY_S
        until_s += low + (high - low) * noise.uniform()
        yield held, until_s
        held = not held
