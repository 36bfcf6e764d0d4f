"""The rows of the fault table: what is set when, and what the object must then do by when.

`F17b` and the like are variants of a row: another parameter or moment at which another safety
function has to answer. Reactions: W told, heat goes on; O off, may go on; L off and latched; X
off, for service; none; refused where no heat was given at all when it was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Values = Mapping[str, Any]

PAD_W = 12.0  # of the times below
THERMAL_MAX_S = 240.0

STOPPING = ("O", "L", "X")
LATCHING = ("L", "X")


@dataclass(frozen=True)
class Step:
    """Something that happens `t_s` seconds after the row's moment, as in a scenario."""

    t_s: float
    do: str
    values: Values = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Row:
    """One row. `within_s` is for a pad of 12 W; None where there is nothing to be in time for.

    when      moment: "boot" (before the object starts), "rest" (nobody there), "before" (just
              before switch-on), "start", "warming", "hold" (settled at its level) or
              "late" (at that time, settled or not)
    must      the reaction that is asked for; `accepts` holds others that will do, and why
    thermal   time grows as the pad is weaker, to 240 s at the most
    since     the time counts from the "fault", from the "start" of heat after it, from a "stop",
              or from the "last" of several faults
    measure   until no heat can flow and the log has it ("both"), "heat" alone where a reset lies
              in between, the "gate" of switch 1, "told" where there is no heat to end
    watch_s   how long it is watched after the moment
    clear_s   when the fault is cleared; None: at the end of the watch
    on        where it is played: "vm" needs a whole object, "table" what no scenario can do
    shown_by  where no fault kind exists: the test that shows it
    """

    id: str
    title: str
    must: str
    within_s: float | None = None
    steps: tuple[Step, ...] = ()
    when: str = "hold"
    thermal: bool = False
    since: str = "fault"
    measure: str = "both"
    accepts: Mapping[str, str] = field(default_factory=dict[str, str])
    watch_s: float = 300.0
    clear_s: float | None = None
    hold_s: float | None = None  # of the hug that starts it; None: as the condition has it
    rest_s: float = 0.0  # untouched before that hug
    world: Mapping[str, float] = field(default_factory=dict[str, float])
    plan: Mapping[str, Any] = field(default_factory=dict[str, Any])
    conditions: tuple[str, ...] = ()  # () = all
    pads_w: tuple[float, ...] = (3.0, 12.0)
    on: tuple[str, ...] = ("vm", "table")
    hook: str | None = None  # of play.py: what a scenario has no word for
    at_level: bool = False  # env_c is for a level of 40 °C; as far below another one
    plants: bool = True  # also on random plants, where a table can play it
    shown_by: str = ""

    @property
    def reactions(self) -> tuple[str, ...]:
        """All that will do."""
        return (self.must, *self.accepts)

    def deadline_s(self, pad_w: float) -> float | None:
        """`within_s` on a pad of `pad_w`."""
        if self.within_s is None or not self.thermal:
            return self.within_s
        return min(THERMAL_MAX_S, self.within_s * PAD_W / pad_w)

    @property
    def kind(self) -> str | None:
        """The fault kind that it sets first; None where only the world changes."""
        return next((step.values["kind"] for step in self.steps if step.do == "fault"), None)


def fault(kind: str, t_s: float = 0.0, **parameters: Any) -> Step:
    return Step(t_s, "fault", {"kind": kind, **parameters})


def world(t_s: float = 0.0, **keys: float) -> Step:
    return Step(t_s, "world", keys)


def hug(t_s: float, hold_s: float) -> Step:
    return Step(t_s, "hug", {"peak_pa": 1500, "hold_s": hold_s})


def place(t_s: float, where: str) -> Step:
    return Step(t_s, "place", {"where": where})


_LOCKED = {"X": "starved beyond 2 s the watchdog bites, which is F23"}
_TOLD = {"none": "nothing is wrong with the heat, so there may be nothing to tell"}
_WITHIN = {"none": "as long as pad, skin and dose keep their limits, nobody is the worse for it"}
_TOO_COLD = {"refused": "it reads so low in a cold room that it is too cold to begin"}
_NIGHT_S = 8 * 3600.0
# Let go of for a moment every half hour and held again: one session after the other
_ALL_NIGHT = tuple(hug(1800.0 * n + 10.0, 1790.0) for n in range(16))
_DRIFT_DOWN = tuple(fault("ntc_pad_offset", 15.0 * n, c=-0.2) for n in range(25))
_DRIFT_UP = tuple(fault("ntc_pad_offset", 2.0 * n, c=0.2) for n in range(40))
_ALONE = {"O": "nobody was there for an hour, which ends heat before the drift shows"}
_FACE_DRIFT = tuple(fault("ntc_skin_offset", 15.0 * n, c=-0.2) for n in range(30))
# Twice cleared by its holder, after a minute without a finding
_THRICE = (
    fault("ntc_pad_open"), Step(5.0, "clear", {"kind": "ntc_pad_open"}),
    Step(80.0, "button", {"hold_s": 0.2}),
    fault("ntc_pad_open", 90.0), Step(95.0, "clear", {"kind": "ntc_pad_open"}),
    Step(170.0, "button", {"hold_s": 0.2}),
    fault("ntc_pad_open", 180.0),
)  # fmt: skip
_TOUCH = {"touch.enabled": True, "touch.pattern": "steady", "touch.strength": 1.0}

ROWS = (
    # --- the heater and its first switch -------------------------------------------------------
    Row("F1", "switch 1 shorted at its level", "X", 2, (fault("heater_fet_short"),)),
    Row("F1b", "the same while it warms up", "X", None,
        (fault("heater_fet_short"),), when="warming", watch_s=900),
    Row("F2", "switch 1 shorted at rest", "X", 2, (fault("heater_fet_short"),),
        when="rest", measure="told"),
    Row("F2b", "at rest something else warms the pad quickly, to some 40 °C", "L", None, (),
        when="late", hold_s=1.0, hook="foreign_heat_at_rest", on=("table",), plants=False,
        watch_s=400, conditions=("body", "insulated")),
    Row("F2c", "at its level something else warms the pad for a minute", "L", 70, (),
        hook="foreign_heat", on=("table",), plants=False, watch_s=300,
        conditions=("body", "insulated")),
    Row("F2d", "at rest something else warms the pad slowly, the pad most", "L", None, (),
        when="late", hold_s=1.0, hook="foreign_heat_slowly", on=("table",), plants=False,
        watch_s=3000, conditions=("insulated",), world={"fabric": 4.0}),
    Row("F2e", "at rest something else warms the pad slowly, pressed to the skin", "L", None, (),
        when="late", hold_s=1.0, hook="foreign_heat_pressed", on=("table",), plants=False,
        watch_s=3000, conditions=("pressed",)),
    Row("F3", "switch 1 leaks 35 %", "X", 3, (fault("heater_fet_leak", fraction=0.35),)),
    Row("F4", "heater wire broken", "L", 30, (fault("heater_open"),)),
    Row("F4b", "heater wire broken before switch-on", "L", 30, (fault("heater_open"),),
        when="before", since="start"),
    Row("F5", "heater wire open now and then, 10 %", "L", 60,
        (fault("heater_intermittent", fraction=0.1),)),
    # --- the pad's thermistor ------------------------------------------------------------------
    Row("F6", "pad thermistor shorted", "L", 1, (fault("ntc_pad_short"),)),
    Row("F6b", "the same before the object starts", "L", 5, (fault("ntc_pad_short"),),
        when="boot", measure="told", conditions=("body",)),
    Row("F7", "pad thermistor open", "L", 1, (fault("ntc_pad_open"),)),
    Row("F7b", "the same before the object starts", "L", 5, (fault("ntc_pad_open"),),
        when="boot", measure="told", conditions=("body",)),
    Row("F7c", "pad thermistor open for the third time within a day", "X", 1, _THRICE,
        conditions=("body", "cold"), since="last", watch_s=300, plants=False),
    Row("F7d", "the button pressed too soon after it was open", "L", 1,
        (fault("ntc_pad_open"), Step(5.0, "clear", {"kind": "ntc_pad_open"}),
         Step(30.0, "button", {"hold_s": 0.2})),
        conditions=("body", "cold"), plants=False),
    Row("F8", "pad thermistor off, in air at 22 °C", "L", 15,
        (fault("ntc_pad_detached", env_c=22.0, coupling=0.0),), thermal=True, watch_s=900),
    Row("F9", "pad thermistor off, in warm plush at 35.5 °C", "L", 30,
        (fault("ntc_pad_detached", env_c=35.5, coupling=0.0),), thermal=True, watch_s=900,
        at_level=True),
    # No heat flows until its target has come up to what it reads
    Row("F9b", "pad thermistor off in warm-up, in plush as warm as it is", "L", None,
        (fault("ntc_pad_detached", env_c=30.0, coupling=0.0),), when="warming",
        watch_s=1500, conditions=("body", "insulated")),
    Row("F10", "pad thermistor off, at 38.5 °C", "L", 60,
        (fault("ntc_pad_detached", env_c=38.5, coupling=0.0),), thermal=True, watch_s=900,
        at_level=True),
    Row("F10b", "pad thermistor off, a quarter of a degree below its level", "L", 600,
        (fault("ntc_pad_detached", env_c=39.75, coupling=0.0),), watch_s=900, at_level=True,
        plants=False, conditions=("body", "insulated")),
    Row("F11", "pad thermistor half bonded, 60 %", "L", 60,
        (fault("ntc_pad_detached", env_c=30.0, coupling=0.6),), thermal=True, watch_s=900,
        at_level=True),
    Row("F12", "pad thermistor off at switch-on, in air at 22 °C", "L", 20,
        (fault("ntc_pad_detached", env_c=22.0, coupling=0.0),),
        when="before", thermal=True, since="start", rest_s=180, watch_s=900),
    Row("F13", "pad thermistor off at switch-on, at 34.5 °C", "L", 20,
        (fault("ntc_pad_detached", env_c=34.5, coupling=0.0),),
        when="before", thermal=True, since="start", rest_s=180, watch_s=900),
    Row("F13b", "pad thermistor 2.3 K low, found after half an hour of rest", "L", 5,
        (fault("ntc_pad_offset", c=-2.3),), when="boot", since="start", rest_s=31 * 60.0,
        conditions=("body", "nobody"), accepts=_TOO_COLD),
    Row("F15", "pad reading frozen at its level", "L", 12, (fault("ntc_pad_frozen"),)),
    Row("F16", "pad reading frozen in warm-up", "L", 12, (fault("ntc_pad_frozen"),),
        when="warming"),
    Row("F17", "pad thermistor 4 K low", "L", 240, (fault("ntc_pad_offset", c=-4.0),),
        watch_s=900),
    Row("F17b", "the same, from before switch-on", "L", 240,
        (fault("ntc_pad_offset", c=-4.0),), when="boot", since="start", watch_s=900,
        accepts=_TOO_COLD),
    Row("F17g", "the same, on a body from the moment it starts, which hides it", "L", None,
        (fault("ntc_pad_offset", c=-4.0), place(0, "body")), when="boot",
        watch_s=2400, plants=False, conditions=("body", "cold", "insulated", "pressed")),
    Row("F17c", "pad thermistor drifts 5 K down, 0.8 K a minute", "L", None, _DRIFT_DOWN,
        watch_s=1500, accepts={**_WITHIN, **_ALONE}),
    Row("F17d", "pad thermistor drifts 8 K up, 6 K a minute", "L", None, _DRIFT_UP,
        watch_s=300,
        accepts={"none": "reads too much: the pad is only colder", "W": "as none"}),
    Row("F17e", "pad thermistor 6 K low, from before switch-on", "L", 240,
        (fault("ntc_pad_offset", c=-6.0),), when="boot", since="start", watch_s=900,
        accepts=_TOO_COLD),
    Row("F17f", "pad thermistor 2.3 K low, from before switch-on", "L", None,
        (fault("ntc_pad_offset", c=-2.3),), when="boot", watch_s=2400, plants=False,
        conditions=("body", "insulated")),
    Row("F18", "both thermistors 3 K low, by their common supply", "L", 10,
        (fault("ntc_both_offset", c=-3.0),)),
    Row("F18b", "the same before the object starts", "L", 5,
        (fault("ntc_both_offset", c=-3.0),), when="boot", measure="told", conditions=("body",)),
    Row("F19", "readings that jump by 40 K, 6 a minute", "W", None,
        (fault("adc_spikes", per_min=6.0),), watch_s=900),
    Row("F19b", "one a minute, for eight hours", "W", None,
        (fault("adc_spikes", per_min=1.0), *_ALL_NIGHT), watch_s=_NIGHT_S,
        conditions=("body",), plants=False),
    Row("F20", "the ADC gives errors", "L", 1, (fault("adc_error"),)),
    Row("F21", "thermistors swapped", "L", 60, (fault("ntc_swapped"),),
        when="before", thermal=True, since="start", rest_s=180, watch_s=1500),
    # --- the face's thermistor -----------------------------------------------------------------
    Row("F14", "face thermistor off, in air at 22 °C", "L", 60,
        (fault("ntc_skin_detached", env_c=22.0, coupling=0.0),), thermal=True, watch_s=900),
    Row("F14b", "the same, from before switch-on", "L", 60,
        (fault("ntc_skin_detached", env_c=22.0, coupling=0.0),),
        when="before", thermal=True, since="start", rest_s=180, watch_s=900),
    Row("F14g", "face thermistor off, in plush at 34 °C", "L", 60,
        (fault("ntc_skin_detached", env_c=34.0, coupling=0.0),), thermal=True, watch_s=900,
        conditions=("body", "insulated"),
        accepts={"none": "no colder than a thick cover may make it; the pad's own limit stands"}),
    Row("F14h", "face thermistor off, in cold air: sooner than any cover explains", "L", 25,
        (fault("ntc_skin_detached", env_c=18.0, coupling=0.0),), watch_s=300, plants=False),
    Row("F14i", "the same, at 24 °C, on a mild pad: falls only as a body lets it", "L", 60,
        (fault("ntc_skin_detached", env_c=24.0, coupling=0.0),), thermal=True, watch_s=900,
        plan={"warmth.level_c": 31.0}, plants=False, conditions=("nobody",)),
    Row("F14c", "face thermistor drifts 6 K down, 0.8 K a minute", "L", None, _FACE_DRIFT,
        watch_s=1500,
        accepts={"none": "the pad's own limit and its probe do not need the face", **_ALONE}),
    Row("F14j", "face thermistor 8 K low, from before switch-on", "L", None,
        (fault("ntc_skin_offset", c=-8.0),), when="boot", watch_s=1500, plants=False,
        conditions=("body", "insulated", "pressed")),
    Row("F14d", "face reading frozen", "L", 12, (fault("ntc_skin_frozen"),)),
    Row("F14e", "face thermistor open", "L", 1, (fault("ntc_skin_open"),)),
    Row("F14f", "face thermistor shorted", "L", 1, (fault("ntc_skin_short"),)),
    # --- the firmware --------------------------------------------------------------------------
    *(
        Row(f"F22{letter}", f"an unexpected error in the task {task}", "L", 2,
            (fault("task_exception", task=task),), measure="heat", on=("vm",),
            plan=_TOUCH if task == "comfort" else {},
            conditions=() if task == "warmth" else ("body",), watch_s=60)
        for letter, task in (("", "warmth"), ("b", "senses"), ("c", "link"), ("d", "comfort"),
                             ("e", "journal"), ("f", "app"))
    ),
    Row("F23", "the machine hangs", "X", 1.5, (fault("vm_hang"),), measure="heat", on=("vm",),
        watch_s=60),
    Row("F24", "reset by the watchdog", "X", 1.5, (fault("watchdog_reset"),), measure="heat",
        on=("vm",), watch_s=60),
    Row("F24b", "the same, and the button held while it starts: switch 1", "O", 0.7,
        (fault("watchdog_reset"), Step(0.1, "button", {"hold_s": 3.0}),
         Step(20.0, "power", {"off_s": 2.0})),
        accepts={"X": "as F24", "L": "as F24"}, measure="gate", on=("vm",), watch_s=40,
        conditions=("body",)),
    Row("F25", "it starts again and again and never gets far", "X", 1.5, (fault("crash_loop"),),
        measure="heat", on=("vm",), watch_s=60, clear_s=20),
    Row("F26", "soft reset while it is warm", "O", 0.3, (fault("soft_reset"),), measure="heat",
        on=("vm",), watch_s=60),
    Row("F27", "the supply browns out while it is warm", "O", 0.3, (fault("brownout"),),
        measure="heat", on=("vm",), watch_s=60),
    Row("F34", "the level becomes not a number", "W", 1,
        (fault("setpoint_garbage", value="nan"),), measure="told"),
    Row("F34b", "the level becomes 400 °C", "W", 1, (fault("setpoint_garbage", value="high"),),
        measure="told", conditions=("body",)),
    Row("F34c", "the level becomes −40 °C", "W", 1, (fault("setpoint_garbage", value="low"),),
        measure="told", conditions=("body",)),
    Row("F34d", "the level becomes a text", "W", 1, (fault("setpoint_garbage", value="text"),),
        measure="told", conditions=("body",)),
    Row("F34e", "what caps the power on a strong pad is lost", "O", None, (),
        hook="cap_lost", when="warming", on=("table",), conditions=("body", "cold"),
        plants=False, pads_w=(12.0,)),
    Row("F35", "the line to a host is lost", "none", None, (fault("link_lost"),), on=("vm",)),
    Row("F36", "the real-time clock jumps a day ahead", "W", 65,
        (fault("clock_jump", s=86400),), measure="told"),
    Row("F36b", "the real-time clock jumps a day back", "W", 65,
        (fault("clock_jump", s=-86400),), measure="told", conditions=("body",)),
    Row("F37", "a limit in memory changes", "X", 60, (fault("limits_corrupt"),)),
    Row("F38", "every task late by 400 ms", "O", 1.0, (fault("starvation", ms=400),),
        on=("vm",), clear_s=20, watch_s=60, accepts=_LOCKED),
    Row("F38b", "every task late by 50 ms", "none", None, (fault("starvation", ms=50),),
        on=("vm",), clear_s=20, watch_s=60, conditions=("body",)),
    Row("F38c", "one turn late by 1.2 s", "O", 1.5, (fault("starvation", ms=1200),),
        on=("vm",), clear_s=0.1, watch_s=60),
    Row("F39", "a timer's callback is lost", "none", shown_by=(
        "tests/faults/test_no_timer.py")),
    # --- the world: what looks like a fault and is none ------------------------------------------
    Row("F28", "the cell sags to 3.0 V in a room at 5 °C", "W", None,
        (fault("battery_sag", v=3.0),), world={"room_c": 5.0}, accepts=_TOLD, watch_s=600),
    Row("F28b", "a cell at 3.45 V and a room at 5 °C, from the start", "W", None,
        (fault("battery_sag", v=3.45),), when="before", world={"room_c": 5.0}, accepts=_TOLD,
        watch_s=2400),
    Row("F29", "a blanket folded four times over it", "W", None, (world(insulation=4.0),),
        accepts=_TOLD, watch_s=1200),
    Row("F30", "lain upon", "O", None, (world(fabric=0.5, perfusion=0.4),), accepts=_TOLD,
        watch_s=1800),
    Row("F30b", "lain upon all night, held again and again", "O", None,
        (world(fabric=0.5, perfusion=0.4), *_ALL_NIGHT), accepts=_TOLD, watch_s=_NIGHT_S,
        conditions=("body",), plants=False),
    Row("F30c", "warmed again when hardly any of the dose is left", "O", None, (),
        hook="budget_used", when="before", on=("table",), conditions=("body",), watch_s=3600,
        plants=False),
    Row("F31", "nobody holds it", "O", 3610, (), when="start", hold_s=5.0, watch_s=4500,
        plan={"warmth.fade_min": 60.0}),
    Row("F32", "the body goes and comes back", "none", None,
        (place(0, "bed"), place(240, "body"), hug(240, 200), place(445, "bed"),
         place(700, "body"), hug(700, 300), place(1005, "bed"), place(1040, "body"),
         hug(1040, 100)),
        hold_s=1195.0, watch_s=1500),
    Row("F33", "a room at 5 °C", "W", None, (), when="start", world={"room_c": 5.0},
        accepts=_TOLD, watch_s=2400),
    # --- the second switch, wiring, cell, what else is on the board ------------------------------
    Row("F40", "switch 2 welded, before switch-on", "X", 5, (fault("second_switch_welded"),),
        when="before", since="start", measure="told"),
    Row("F40b", "keep-alive line stuck, before switch-on", "X", 5, (fault("keepalive_stuck"),),
        when="before", since="start"),
    Row("F40c", "switch 2 welded at its level, found when it ends", "X", 5,
        (fault("second_switch_welded"), Step(20.0, "button", {"hold_s": 0.2})),
        since="stop"),
    Row("F40d", "keep-alive line stuck at its level", "X", 5, (fault("keepalive_stuck"),)),
    Row("F41", "the motor's line also opens switch 1", "X", 2,
        (fault("output_miswired", to="motor"),), plan=_TOUCH, hook="motor_on",
        conditions=("body", "cold", "insulated", "pressed")),  # nobody there, no touch
    Row("F42", "the cell is charged while it heats", "O", 1, (fault("charging", amps=0.5),)),
    Row("F42b", "the cell is hot", "O", 1, (fault("cell_hot", c=65.0),)),
    Row("F43", "the pressure sensor's bus hangs", "W", 5, (fault("bme280_bus_hang"),),
        measure="told", on=("vm",)),
    Row("F43b", "the pressure sensor gives garbage", "W", 5, (fault("bme280_garbage"),),
        measure="told", on=("vm",), conditions=("body",)),
    Row("F43c", "the pressure sensor is stuck", "W", 5, (fault("bme280_stuck"),),
        measure="told", on=("vm",), conditions=("body",)),
    Row("F43d", "the bladder leaks", "W", None, (fault("bladder_leak", pa_per_s=10.0),),
        measure="told", on=("vm",), conditions=("body",), accepts=_TOLD),
    Row("F44", "an update stopped half-way", "X", 1.5, (fault("update_interrupted"),),
        measure="heat", on=("vm",), watch_s=60),
    Row("F44b", "the same at rest", "X", 5, (fault("update_interrupted"),), when="rest",
        measure="told", on=("vm",), conditions=("body",)),
    Row("F45", "light or deep sleep while it heats", "none", shown_by=(
        "tests/faults/test_no_sleep.py")),
)  # fmt: skip

BY_ID = {row.id: row for row in ROWS}
