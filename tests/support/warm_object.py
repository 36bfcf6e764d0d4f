"""The firmware's own heat loop, cycle by cycle, around a plant: no part of it is imitated."""

from kitbag import limits
from kitbag.tasks.heat import Heat
from kitbag.wire import plan as care_plan
from support import chip
from support.fakes import Memory
from support.plant import Board, Plant

CYCLE_S = limits.CYCLE_MS / 1000


class Care:
    def __init__(self, plan):
        self.plan = plan


class Log:
    def __init__(self):
        self.rows = []

    def write(self, kind, *values, at=None):
        self.rows.append((kind, values))


class Touch:
    def __init__(self):
        self.held = True
        self.quiet_ms = 0


class WarmObject:
    """`cycle` lets one cycle pass. `spoil`, if set, is called between reading and judging."""

    def __init__(self, plant=None, memory=None, **plan):
        self.plant = Plant() if plant is None else plant
        self.memory = Memory() if memory is None else memory
        self.care = Care(care_plan.defaults())
        for key, value in plan.items():
            self.care.plan[key.replace("__", ".")] = value
        self.log = Log()
        self.touch = Touch()
        self.t_s = 0.0
        self.spoil = None
        chip.bench = self
        self.heat = Heat(Board, self.care, self.log, self.memory, self.touch)
        self.r = self.heat.readings
        self.heat._read(self.r)
        self.run(2)  # no warmth is wanted sooner: a hold takes 3 s

    # --- The bench of `chip` ---

    def read_uv(self, pin):
        return self.plant.read_uv(pin)

    def duty_set(self, pin, duty):
        assert pin == Board.PIN_HEATER
        self.plant.duty = duty

    def pin_set(self, pin, level):
        if pin == Board.PIN_KEEPALIVE and level != getattr(self, "_line", 0):
            self.plant.since_edge_s = 0.0
        if pin == Board.PIN_KEEPALIVE:
            self._line = level

    # --- Time ---

    def cycle(self, dt_ms=limits.CYCLE_MS):
        chip.bench = self
        self.plant.step(dt_ms / 1000)
        self.t_s += dt_ms / 1000
        self.r.dt_ms = dt_ms
        self.heat._read(self.r)
        if self.spoil:
            self.spoil(self.r)
        self.heat._cycle(self.r)

    def run(self, seconds, each=None):
        until = self.t_s + seconds
        while self.t_s < until - 1e-6:
            self.cycle()
            if each:
                each()

    def until_off(self, seconds):
        """Seconds until the guard has reacted and no power flows; None within `seconds`."""
        began = self.t_s
        while self.t_s < began + seconds:
            self.cycle()
            if self.guard.reaction and self.plant.watts == 0:
                return self.t_s - began
        return None

    @property
    def guard(self):
        return self.heat.guard


def held_warm(level_c=36.0, seed=1, memory=None, settle_s=240, **plan):
    """An object that somebody holds, warm at `level_c` and settled."""
    plant = Plant(start_c=level_c - 0.3, seed=seed)
    plant.cover_c = plant.face_ntc.celsius = level_c - 1.0
    plant.skin_c = 34.0 + (level_c - 34) * 0.55
    warm = WarmObject(
        plant,
        memory,
        warmth__level_c=level_c,
        warmth__ceiling_c=40.0,
        warmth__session_min=45.0,
        **plan,
    )
    assert warm.heat.begin("hold")
    warm.run(settle_s)
    assert warm.heat.state == "holding", warm.heat.state
    assert warm.guard.reaction == 0, warm.guard.function
    return warm
