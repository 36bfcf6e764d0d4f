"""What is known of a night without asking the object: when it ran, and what its holder did."""

from __future__ import annotations

from dataclasses import dataclass

from drawn import LONGEST_OFF_S
from played import Played

# So long a hang may last until the watchdog ends it, and a start takes
_DEAD_S = 12.0
_WINDOW_S = 16 * 60.0  # link mode is over by then
_SETTLED_S = 3.0  # after a start, its tasks run


@dataclass(frozen=True)
class Press:
    """The button, down for `hold_s`."""

    t_s: float
    hold_s: float

    @property
    def up_s(self) -> float:
        return self.t_s + self.hold_s


def presses(played: Played) -> list[Press]:
    return [
        Press(one.t_s, one.values["hold_s"])
        for one in played.scenario.events
        if one.do == "button"
    ]


def ran(played: Played, from_s: float, until_s: float) -> bool:
    """Whether the object ran as it should in all of that time, for certain: doubt is a no."""
    boots = played.boots_s
    if not any(boot_s + _SETTLED_S <= from_s for boot_s in boots):
        return False
    # A start soon after: it was off, or hung, and nobody knows since when
    if any(from_s - _SETTLED_S < boot_s < until_s + _DEAD_S + LONGEST_OFF_S for boot_s in boots):
        return False
    for one in presses(played):
        if 4.5 < one.hold_s < 10.5 and one.t_s < until_s and from_s < one.up_s + _WINDOW_S:
            return False
        # Held while it starts, it opens the makers' door
        if any(one.t_s - 1 < boot_s < one.up_s + 1 for boot_s in boots if boot_s < until_s):
            return False
    return not any(
        first_s - 1 < until_s and from_s < last_s + 1 for first_s, last_s in _slow(played)
    )


# Tasks that come late, or none of the firmware there
def _slow(played: Played) -> list[tuple[float, float]]:
    kinds = ("starvation", "crash_loop", "update_interrupted", "adc_error")
    return [
        (begun_s, min((t_s for t_s in played.times("clear", kind) if t_s >= begun_s),
                      default=played.scenario.duration_s))
        for kind in kinds
        for begun_s in played.times("fault", kind)
    ]  # fmt: skip


def choice(played: Played) -> Press | None:
    """The first press that surely chose *tonight is mine*, if any did."""
    if played.plan.get("logging", {}).get("guest"):
        return None
    for one in presses(played):
        if 2.0 < one.hold_s < 4.9 and alone(played, one):
            return one
    return None


def alone(played: Played, press: Press) -> bool:
    """Whether it was pressed while the object ran, and nothing else at the button then."""
    others = [one for one in presses(played) if one != press]
    if any(one.t_s < press.up_s + 0.2 and press.t_s < one.up_s + 0.2 for one in others):
        return False
    return ran(played, press.t_s - 0.5, press.up_s + 1)


@dataclass(frozen=True)
class Started:
    """When each boot of the log began, in true seconds; only of those that are known."""

    by_boot: dict[int, float]
    rate: float  # true seconds a second of the object's

    def when(self, boot: int | None, uptime_ms: int) -> float | None:
        began_s = self.by_boot.get(boot) if boot is not None else None
        return None if began_s is None else began_s + uptime_ms / 1000 * self.rate


def started(played: Played) -> Started:
    """From what the log's times say of when their boot began, and from when boots really did."""
    rate = 1 / (1 + played.scenario.world["clock_ppm"] * 1e-6)
    found: dict[int, float] = {}
    for row in played.events:
        boot = int(row["boot"])
        if row["start_s"] and boot not in found and played.boots_s:
            began_s = float(row["start_s"]) - int(row["uptime_ms"]) / 1000 * rate
            found[boot] = min(played.boots_s, key=lambda one: abs(one - began_s))
    return Started(found, rate)
