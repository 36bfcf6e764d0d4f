"""Eight hours of a healthy object that has a lively life: nothing is wrong, nothing may trip.

Somebody holds it, goes and comes back, lies down on it; doors open on a cold hall; the cell runs
down from full to empty; warmth is begun and stopped again and again. Runs on CPython and on the
VM and does the same there.
"""

import plants
from kitbag import limits
from simulated.noise import Noise
from simulated.table import Table

_LEVELS_C = (34.0, 35.0, 36.0, 37.0, 38.0, 39.0, 40.0)
_RAMPS_C_PER_MIN = (0.2, 0.5, 1.0, 2.0, 3.0)
_FULL_V, _EMPTY_V = 4.2, 3.0
_TURN_S = 15
_DOOR_K = 10.0
_GUARD = 18  # records.GUARD


class _Life:
    """What happens to plant `number` in `hours`, and when."""

    def __init__(self, number, hours, seed, pad_w):
        settings = plants.plant(number)
        settings["pad_w"] = pad_w
        settings["battery_v"] = _FULL_V
        plan = {"warmth.session_min": 45.0, "warmth.ceiling_c": 40.0}
        self.noise = Noise(9001 + 1000 * seed + number)
        self.table = Table(settings, number + seed, plan)
        self.room_c = settings["room_c"]
        self.ends_s = hours * 3600
        self.here = self.door = self.pressed = False
        self.next = {"body": 0.0, "door": self.between(0, 5400), "press": self.between(60, 3000),
                     "warm": 5.0}  # fmt: skip
        self.begun = self.stopped = 0
        self.begun_s = self.left_s = 0.0
        self.warm_s = 0
        self.ended = []  # (seconds, reaction, function, whether that is right)
        self.told = []
        log = self.table.log
        real = log.write

        def write(kind, *values, at=None):
            real(kind, *values)
            if kind == _GUARD:
                self.judged(values[1], values[0])

        log.write = write

    # Dose and time are the only ones that may end a healthy object's warmth
    def judged(self, reaction, function):
        heat = self.table.heat
        if reaction == "W":
            self.told.append(function)
            return
        alone_s = self.table.t_s - max(self.left_s, self.begun_s)
        up = heat.dose.umin >= limits.DOSE_STOP_UMIN or (
            not self.here and 1000 * alone_s > limits.ON_TIME_ALONE_MS - 1000 * _TURN_S
        )
        self.ended.append([self.table.t_s, reaction, function, function == "SF10" and up])

    def between(self, low, high):
        return low + (high - low) * self.noise.uniform()

    def one_of(self, choice):
        return choice[int(self.noise.uniform() * len(choice))]

    def due(self, what):
        return self.table.t_s >= self.next[what]

    def later(self, what, low, high):
        self.next[what] = self.table.t_s + self.between(low, high)

    def turn(self):
        table = self.table
        table.run(_TURN_S)
        if table.heat.active:
            self.warm_s += _TURN_S
        gone = table.t_s / self.ends_s
        table.world.set("battery_v", _FULL_V - (_FULL_V - _EMPTY_V) * gone)
        if self.due("body"):
            self.here = not self.here
            self.left_s = table.t_s
            table.place("body" if self.here else "bed")
            table.hold(self.here)
            self.later("body", 30, 3600 if self.here else 1800)
        if self.due("door"):
            self.door = not self.door
            table.world.set("room_c", self.room_c - (_DOOR_K if self.door else 0.0))
            self.later("door", 300, 1500 if self.door else 5700)
        if self.due("press"):
            self.pressed = not self.pressed
            table.world.set("fabric", 0.5 if self.pressed else 1.0)
            table.world.set("perfusion", 0.4 if self.pressed else 1.0)
            self.later("press", 120, 3000)
        if self.due("warm"):
            self.warm()

    def warm(self):
        table = self.table
        if table.heat.active:
            self.later("warm", 120, 240)
            if self.noise.uniform() < 0.08:
                table.heat.stop("button")
                self.stopped += 1
                self.later("warm", 5, 600)
            return
        table.care.plan["warmth.level_c"] = self.one_of(_LEVELS_C)
        table.care.plan["warmth.ramp_c_per_min"] = self.one_of(_RAMPS_C_PER_MIN)
        if table.heat.begin("hold"):
            self.begun += 1
            self.begun_s = table.t_s
        self.later("warm", 60, 120)


def soak(number, hours, seed=1, pad_w=3.0):
    """What came of it; `ended` are the reactions that ended heat: when, what, by which function,
    and whether that was right.
    """
    life = _Life(number, hours, seed, pad_w)
    while life.table.t_s < life.ends_s:
        life.turn()
    heat = life.table.world.thermal
    return {
        "ended": life.ended,
        "told": life.told,
        "begun": life.begun,
        "stopped": life.stopped,
        "warm_s": life.warm_s,
        "peak_pad_c": heat.peak_pad_c,
        "peak_skin_c": heat.peak_skin_c,
        "cem43": heat.cem43,
    }
