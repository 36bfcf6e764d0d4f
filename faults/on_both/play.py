"""Plays a story on a table: the firmware's heat loop in the simulated physics, no whole object.

Runs on CPython and on the VM and gives the same there. What comes back is what was measured;
whether that will do, the host decides.
"""

import board
import machine
from kitbag.tasks import heat as heat_module
from simulated.table import CYCLE_US, Table

_DELIBERATE_S = 3.0
_GUARD = 18  # records.GUARD
_AFTER_OFF_S = 180.0  # heat that went off for good: what was stored still reaches the skin


class Object(Table):
    """A table whose supply can be cut: what is in flash stays, all else starts anew."""

    def __init__(self, settings, seed, plan):
        Table.__init__(self, settings, seed, plan)
        self.on = True
        self.heat_s = -1.0  # the last moment in which heat could flow
        self.could = False
        note = self.world._note_power

        def noted():
            note()
            power = self.world.power
            could = bool(power.switch1 and power.switch2)
            if could or self.could:
                self.heat_s = self.world._true_s
            self.could = could

        self.world._note_power = noted

    def cut(self):
        self.on = False
        machine._pins.reset(True)
        self.world.power_lost()

    def start(self):
        heat = self.heat
        self.on = True
        self.heat = heat_module.Heat(heat._board, self.care, self.log, self.memory, self.touch)
        self.guard = self.heat.guard

    def cycle(self):
        if self.on:
            Table.cycle(self)
        else:
            self._us += CYCLE_US
            self.clock.run_until(self._us)


class Play:
    """One story under way."""

    def __init__(self, story):
        self.story = story = dict(story)
        self.object = Object(story["world"], story["seed"], story["plan"])
        self.hugs = 0
        self.begin_s = None
        self.stop_s = None
        self.state = None  # at the row's moment
        self.full_s = story["at_s"]  # from it until now the heater was to draw all that it can
        self.later = _steps(story)

    def do(self, word, values):
        one = self.object
        if word == "place":
            one.place(values["where"])
        elif word == "hold":
            self._hold(values["by"])
        elif word == "begin":
            if self.hugs and one.on and one.heat.begin("hold") and self.begin_s is None:
                self.begin_s = one.t_s
        elif word == "world":
            for key in values:
                one.world.set(key, values[key])
        elif word == "fault":
            parameters = dict(values)
            one.faults.set(parameters.pop("kind"), parameters)
        elif word == "clear":
            one.faults.clear(values["kind"])
        elif word == "button":
            self.stop_s = one.t_s
            if one.on:
                one.heat.stop("button")
                one.heat.acknowledge()
        elif word == "power":
            one.cut()
        elif word == "restore":
            one.start()
        elif word == "hook":
            _HOOKS[values["name"]](one)
        else:
            raise ValueError(word)

    def _hold(self, by):
        one = self.object
        self.hugs += by
        one.world.hugs += by
        one.world.touch()
        one.hold(self.hugs > 0)

    def run(self):
        """Play it to its end and return what came of it."""
        one, story = self.object, self.story
        seen = None
        while one.t_s < story["ends_s"]:
            if seen is None and one.t_s >= story["watched_s"]:
                seen = self._seen()
            while self.later and self.later[0][0] <= one.t_s:
                _, word, values = self.later.pop(0)
                if word == "moment":
                    self.state = one.heat.state
                else:
                    self.do(word, values)
            one.cycle()
            if story["at_s"] < one.t_s < self.full_s + 1 and one.heat._heater.duty == 1000:
                self.full_s = one.t_s
            self._hurry()
        found = self._seen() if seen is None else seen
        found["kept"] = self._kept()
        return found

    # Nothing comes any more between the end of heat and that of the watch: skip it
    def _hurry(self):
        one, story = self.object, self.story
        if (
            one.t_s < story["watched_s"] - 10
            and one.t_s > story["at_s"]
            and one.heat.guard.reaction >= 2
            and not one.could
            and one.t_s > one.heat_s + _AFTER_OFF_S
            and story["asks_latch"]
            and not story["hook"]
        ):
            by = story["watched_s"] - one.t_s
            story["watched_s"] -= by
            story["ends_s"] -= by
            self.later = [[max(one.t_s, t - by), word, v] for t, word, v in self.later]

    def _seen(self):
        one, heat = self.object, self.object.world.thermal
        one.world.update()
        power = one.world.power
        return {
            "state_before": self.state,
            "begin_s": self.begin_s,
            "stop_s": self.stop_s,
            "heat_s": one.heat_s,
            "full_s": self.full_s,
            "hot": one.could,
            "reactions": [
                [t_s, values[1], values[0]] for t_s, kind, values in one.log.rows if kind == _GUARD
            ],
            "peak_pad_c": heat.peak_pad_c,
            "peak_skin_c": heat.peak_skin_c,
            "cem43": heat.cem43,
            "switch1": power.switch1,
            "switch2": power.switch2,
            "state": one.heat.state,
            "seen_s": one.t_s,
        }

    # A latch is kept where nobody gets any heat after the supply was cut and came back
    def _kept(self):
        one = self.object
        return one.heat.guard.reaction >= 2 and not one.could and not one.heat.active


# The story's steps as a table knows them, in order of time
def _steps(story):
    found = []
    for t_s, do, values in story["steps"]:
        if do == "hug":
            found.append([t_s, "hold", {"by": 1}])
            if values["hold_s"] > _DELIBERATE_S:
                found.append([t_s + _DELIBERATE_S, "begin", {}])
            found.append([t_s + values["hold_s"], "hold", {"by": -1}])
        elif do == "power":
            found.append([t_s, "power", {}])
            found.append([t_s + values["off_s"], "restore", {}])
        else:
            found.append([t_s, do, values])
    found.append([story["at_s"] - 0.5, "moment", {}])
    if story["hook"]:
        found.append([story["at_s"], "hook", {"name": story["hook"]}])
    # Insertion keeps the order of what happens at one time; MicroPython's sort does not
    for i in range(1, len(found)):
        step, j = found[i], i
        while j and found[j - 1][0] > step[0]:
            found[j] = found[j - 1]
            j -= 1
        found[j] = step
    return found


# --- what a scenario has no word for -------------------------------------------------------------


def _motor_on(one):
    machine.PWM(machine.Pin(board.PIN_MOTOR), freq=200, duty_u16=65535)


def _cap_lost(one):
    one.guard.pad.cap = lambda battery_mv: 1000


def _budget_used(one):
    while one.heat.dose.umin < 1_980_000:
        one.heat.dose.add(42_000, 300)


# A bottle of hot water, or a cell that fails: no switch and no current tells of it. It gives
# `watts` for `for_s`, and takes `rise_s` to get there
def _foreign(watts, for_s, rise_s=1.0):
    def begin(one):
        thermal = one.world.thermal
        real = thermal.step
        began_s = one.t_s

        def step(dt, own):
            since_s = one.t_s - began_s
            foreign = watts * min(1.0, since_s / rise_s) if since_s < for_s else 0.0
            real(dt, own + foreign)

        thermal.step = step

    return begin


_HOOKS = {
    "foreign_heat": _foreign(4.5, 60.0),
    "foreign_heat_at_rest": _foreign(4.5, 110.0),
    "foreign_heat_slowly": _foreign(1.1, 3000.0, 2400.0),
    "foreign_heat_pressed": _foreign(2.15, 3000.0, 2400.0),
    "motor_on": _motor_on,
    "cap_lost": _cap_lost,
    "budget_used": _budget_used,
}


def play(story):
    """What came of a story (story.Story as plain data)."""
    return Play(story).run()
