"""A night, drawn from its seed: what people do, what breaks, when a host comes, as a scenario.

It is only ever drawn, never arranged: the world then obeys its physics. The last minute and a half
is quiet, so that a last visit can read what the night has left.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import earlier
from earlier import Earlier

WHOLE, SHORT = "whole", "short"
DURATION_S = {WHOLE: 28_800.0, SHORT: 600.0}

QUIET_S = 100.0  # before the end nothing happens but what clears the way for the last visit
LAST_VISIT_S = 15.0  # before the end
LONGEST_OFF_S = 40.0

Event = dict[str, Any]

# Whatever they do, the log has to stand it
_DISTURB = (
    "watchdog_reset", "soft_reset", "brownout", "task_exception", "vm_hang", "crash_loop",
    "clock_jump", "starvation", "link_lost", "update_interrupted",
)  # fmt: skip
# What is felt goes wrong
_BLIND = ("bme280_stuck", "bme280_garbage", "bme280_bus_hang", "bladder_leak")
# What warms goes wrong: one of them a night, as safety.md promises for single faults only
_HEAT = (
    "setpoint_garbage", "battery_sag", "adc_spikes", "adc_error", "ntc_pad_short", "ntc_pad_open",
    "ntc_pad_frozen", "ntc_pad_offset", "ntc_pad_detached", "ntc_skin_short", "ntc_skin_open",
    "ntc_skin_frozen", "ntc_skin_offset", "ntc_skin_detached", "ntc_swapped", "heater_open",
    "heater_intermittent", "heater_fet_short", "heater_fet_leak", "second_switch_welded",
    "keepalive_stuck", "charging", "cell_hot", "limits_corrupt",
)  # fmt: skip
_TASKS = ("warmth", "senses", "link", "comfort", "journal", "app")
_MOMENTS = (
    "watchdog_reset", "soft_reset", "brownout", "task_exception", "vm_hang", "clock_jump",
)  # fmt: skip


@dataclass(frozen=True)
class Name:
    """Which night: `number` of its `kind` under `seed`."""

    kind: str
    number: int
    seed: int

    def __str__(self) -> str:
        return f"{'w' if self.kind == WHOLE else ''}{self.number}"


@dataclass(frozen=True)
class Night:
    """`scenario` and `plan` are TOML; `earlier` is what lies on flash already."""

    name: Name
    scenario: str
    plan: str
    earlier: Earlier | None


def draw(name: Name) -> Night:
    return _Drawing(name).night()


@dataclass
class _Drawing:
    name: Name
    events: list[Event] = field(default_factory=list[Event])

    def __post_init__(self) -> None:
        self.chance = random.Random(f"{self.name.seed} {self.name.kind} {self.name.number}")
        self.duration_s = DURATION_S[self.name.kind]
        self.whole = self.name.kind == WHOLE
        self.until_s = self.duration_s - QUIET_S

    def night(self) -> Night:
        chance = self.chance
        lived = None
        if chance.random() < (0.3 if self.whole else 0.6):
            # Few slots left: it goes round within the night
            left = chance.randrange(24) if chance.random() < 0.8 else chance.randrange(252)
            lived = earlier.drawn(chance, left)
        if chance.random() < 0.92:
            self._use()
        self._visits()
        self._cuts()
        self._faults()
        self._end()
        return Night(self.name, self._scenario(), self._plan(), lived)

    def _scenario(self) -> str:
        chance = self.chance
        start = datetime(2025, 1, 1, 21, tzinfo=UTC) + timedelta(
            days=chance.randrange(700), seconds=chance.randrange(20_000)
        )
        world = {
            "clock_ppm": round(chance.uniform(-38, 38), 1),
            "room_c": round(chance.uniform(8, 28), 1),
            "battery_v": round(chance.uniform(3.7, 4.15), 2),
            "bladder_pa_per_k": round(chance.uniform(20, 300)),
            "ambient_pa": round(chance.uniform(97_000, 103_500)),
        }
        lines = [
            f'name = "night {self.name} of seed {self.name.seed}"',
            f"duration_s = {self.duration_s}",
            f'start = "{start.isoformat()}"',
            f'zone = "{chance.choice(("Europe/London", "UTC", "Asia/Kathmandu"))}"',
            f"seed = {chance.randrange(1 << 31)}",
            'plan = "plan.toml"',
            "[world]",
            *(f"{key} = {value}" for key, value in world.items()),
        ]
        for event in sorted(self.events, key=lambda one: one["t_s"]):
            lines.append("[[event]]")
            lines += [f"{key} = {json.dumps(value)}" for key, value in event.items()]
        return "\n".join(lines) + "\n"

    def _plan(self) -> str:
        chance = self.chance
        routines = ("none", "warm", "scent", "touch", "settle")
        level = chance.choices((2, 3, 1, 0), (45, 30, 15, 10))[0]
        lines = [
            f"placement = {json.dumps(chance.choice(('body', 'neck', 'beside')))}",
            "[holder]",
            f"reduced_sensation = {json.dumps(chance.random() < 0.1)}",
            "[warmth]",
            f"enabled = {json.dumps(chance.random() < 0.9)}",
            f"level_c = {chance.uniform(32, 38):.1f}",
            f"session_min = {chance.randint(5, 45)}",
            f"ramp_c_per_min = {chance.uniform(0.5, 3):.1f}",
            "[scent]",
            f"enabled = {json.dumps(chance.random() < 0.6)}",
            'name = "orange blossom"',
            f"gap_s = {chance.randint(60, 720)}",
            "[touch]",
            f"enabled = {json.dumps(chance.random() < 0.6)}",
            f"pattern = {json.dumps(chance.choice(('heartbeat', 'breath', 'purr', 'steady')))}",
            "[gesture]",
            f"hold = {json.dumps(chance.choice(('warm', 'warm', *routines)))}",
            f"long_hold = {json.dumps(chance.choice(routines))}",
            f"double_squeeze = {json.dumps(chance.choice(('scent', *routines)))}",
            f"pat = {json.dumps(chance.choice(routines))}",
            "[logging]",
            f"level = {level}",
            f"marker = {json.dumps(chance.random() < 0.8)}",
            f"guest = {json.dumps(chance.random() < (0.0 if self.whole else 0.07))}",
        ]
        return "\n".join(lines) + "\n"

    # --- what happens ------------------------------------------------------------------------

    def _add(self, t_s: float, do: str, **values: Any) -> None:
        self.events.append({"t_s": round(t_s, 4), "do": do, **values})

    def _when(self, longest_s: float = 0.0) -> float:
        return self.chance.uniform(12, self.until_s - longest_s)

    def _times(self, most: int) -> range:
        """Some, of which a whole night has more."""
        return range(self.chance.randint(0, 3 * most if self.whole else most))

    def _use(self) -> None:
        chance = self.chance
        for _ in self._times(3):
            hold_s = chance.choice((0.4, 1.0, 2.0, 3.2, 6.0, 15.0, chance.uniform(20, 50)))
            if self.whole and chance.random() < 0.3:
                hold_s = chance.uniform(60, 900)
            self._add(self._when(hold_s), "hug", peak_pa=round(chance.uniform(400, 6000)),
                      hold_s=round(hold_s, 2))  # fmt: skip
        for _ in self._times(2):
            self._add(self._when(8), "squeeze", peak_pa=round(chance.uniform(1000, 9000)),
                      count=chance.randint(1, 4))  # fmt: skip
        for _ in self._times(1):
            self._add(self._when(8), "pat", count=chance.randint(2, 7))
        if chance.random() < 0.2:
            self._add(self._when(), "place", where=chance.choice(("body", "neck", "bed", "floor")))
        for _ in self._times(3):
            self._press()

    def _press(self) -> None:
        chance = self.chance
        kinds = ("stop", "choice", "three", "link", "forget")
        what = chance.choices(kinds, (45, 20, 12, 13, 10))[0]
        if what == "three":
            t_s = self._when(30)
            for _ in range(3):
                hold_s = chance.uniform(2.1, 4)
                self._add(t_s, "button", hold_s=round(hold_s, 3))
                t_s += hold_s + chance.uniform(0.3, 2.5)
            return
        low, high = {
            "stop": (0.05, 1.9), "choice": (2.1, 4.8), "link": (5.1, 9.8), "forget": (10.2, 13),
        }[what]  # fmt: skip
        self._add(self._when(15), "button", hold_s=round(chance.uniform(low, high), 3))

    def _visits(self) -> None:
        chance = self.chance
        for _ in self._times(3):
            t_s = self._when(20)
            self._add(t_s, "usb", attached=True)
            self._add(t_s, "sync")
            away_s = chance.uniform(0.02, 3.0)
            trouble = chance.choices(
                ("none", "unplugged", "cut", "amid", "lost", "reset"), (35, 15, 15, 15, 10, 10)
            )[0]
            if trouble == "unplugged":
                self._add(t_s + away_s, "usb", attached=False)
            elif trouble == "cut":
                self._cut(t_s + away_s)
            elif trouble == "amid":
                self._cut(t_s, "program")
            elif trouble == "lost":
                self._fault(t_s + away_s, "link_lost", chance.uniform(1, 10))
            elif trouble == "reset":
                kind = chance.choice(("soft_reset", "watchdog_reset", "vm_hang", "task_exception"))
                self._fault(t_s + away_s, kind, 0)

    def _cuts(self) -> None:
        for _ in self._times(2):
            self._cut(self._when(LONGEST_OFF_S), self.chance.choice(("anything", "program")))
        if self.chance.random() < 0.15:
            self._cut(self._when(LONGEST_OFF_S), "erase")

    def _cut(self, t_s: float, amid: str = "anything") -> None:
        off_s = self.chance.choice((0.05, 1.0, 5.0, self.chance.uniform(1, LONGEST_OFF_S)))
        self._add(t_s, "power", off_s=round(off_s, 2), amid=amid)

    def _faults(self) -> None:
        chance = self.chance
        for _ in self._times(2):
            self._fault(self._when(45), chance.choice(_DISTURB), chance.uniform(1, 40))
        if chance.random() < 0.25:
            self._fault(self._when(160), chance.choice(_BLIND), chance.uniform(2, 150))
        if chance.random() < 0.4:
            self._fault(self._when(250), chance.choice(_HEAT), chance.uniform(5, 240))

    def _fault(self, t_s: float, kind: str, lasts_s: float) -> None:
        # Two of a kind at once would be one that ends early
        if kind not in _MOMENTS and any(one.get("kind") == kind for one in self.events):
            return
        self._add(t_s, "fault", kind=kind, **self._parameters(kind))
        if kind not in _MOMENTS:
            self._add(t_s + lasts_s, "clear", kind=kind)

    def _parameters(self, kind: str) -> dict[str, Any]:
        chance = self.chance
        if kind == "task_exception":
            return {
                "task": chance.choice(_TASKS), "error": chance.choice(("unexpected", "memory")),
            }  # fmt: skip
        if kind == "clock_jump":
            return {"s": chance.choice((-1, 1)) * chance.choice((1, 3600, 86_400, 400_000_000))}
        if kind == "starvation":
            return {"ms": round(chance.uniform(20, 700))}
        if kind == "battery_sag":
            return {"v": round(chance.uniform(2.6, 3.5), 2)}
        if kind in ("ntc_pad_offset", "ntc_skin_offset"):
            return {"c": round(chance.uniform(-12, 12), 1)}
        if kind == "setpoint_garbage":
            return {"value": chance.choice(("nan", "high", "low", "text"))}
        if kind == "bladder_leak":
            return {"pa_per_s": round(chance.uniform(1, 2000), 1)}
        return {}

    # --- the end -----------------------------------------------------------------------------

    def _end(self) -> None:
        """What may still keep a host out is ended as a person would end it: a press closes a
        window for the radio; the power, taken away and given back, closes the makers' door, and
        what has waited for its moment until then waits no longer.
        """
        end_s = self.duration_s
        if any(one["do"] == "button" and one["hold_s"] >= 5 for one in self.events):
            self._add(end_s - 80, "button", hold_s=0.2)
        if _may_open_the_door(self.events) or any(map(_waits, self.events)):
            self._add(end_s - 70, "power", off_s=2.0)
        self._add(end_s - LAST_VISIT_S, "usb", attached=True)
        self._add(end_s - LAST_VISIT_S, "sync")


# A reset while the button is down, at whatever moment after its cause
def _may_open_the_door(events: list[Event]) -> bool:
    presses = [(one["t_s"], one["t_s"] + one["hold_s"]) for one in events if one["do"] == "button"]
    resets = [one["t_s"] for one in events if one["do"] in ("power", "fault", "clear")]
    return any(
        t_s < up_s and down_s < t_s + LONGEST_OFF_S + 20
        for down_s, up_s in presses
        for t_s in resets
    )


def _waits(event: Event) -> bool:
    return event.get("amid", "anything") != "anything" or event.get("kind") == "task_exception"
