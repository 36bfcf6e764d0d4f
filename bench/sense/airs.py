"""The pressure of rooms, in Pa over seconds, 0 at first: recorded where RECORDINGS is set."""

import bisect
import csv
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Pressure = Callable[[float], float]

_RIDE_S = 120.0
_HOUSE_S = 7200.0
_DAY_S = 86_400.0
_ROOMS = ("ambient_night_bmp280.csv", "ambient_desk_bme280.csv", "ambient_walk_phone.csv")
_LIFTS = "ambient_lifts_phone.csv"


def recordings() -> Path | None:
    """The folder of recordings, if there is one."""
    folder = os.environ.get("RECORDINGS")
    return Path(folder) if folder else None


@dataclass(frozen=True)
class Air:
    """Goes on for ever; after `length_s` seconds nothing new comes."""

    pressure: Pressure
    length_s: float


def rooms() -> list[Air]:
    """Always in the same order."""
    folder = recordings()
    found = (
        [air for name in _ROOMS for air in _read(folder / name)]
        if folder
        else [Air(_steepest_weather, _DAY_S), Air(lambda t: -0.03 * t, _DAY_S)]
    )
    return [*found, Air(_house_with_a_lift, _HOUSE_S)]


def rides() -> list[Air]:
    """Every lift and stair that was recorded; else none."""
    folder = recordings()
    return _read(folder / _LIFTS) if folder else []


def later(air: Pressure, by_s: float) -> Pressure:
    """The same air, entered `by_s` later."""
    return lambda t: air(t + by_s)


# A door now and then
def _steepest_weather(t: float) -> float:
    return 0.11 * t + (30.0 if t % 600 < 0.4 else 0.0)


# Slowly seven floors up, later down
def _house_with_a_lift(t: float) -> float:
    t %= _HOUSE_S
    up = min(1.0, t / _RIDE_S) if t < _HOUSE_S / 2 else 1 - min(1.0, (t - _HOUSE_S / 2) / _RIDE_S)
    return -250 * up


# One for each of its sessions, if it has any
def _read(path: Path) -> list[Air]:
    found: dict[str, tuple[list[float], list[float]]] = {}
    with path.open(newline="") as file:
        for line in csv.DictReader(file):
            times, values = found.setdefault(line.get("session", ""), ([], []))
            times.append(float(line["t_s"]))
            values.append(float(line["p_Pa"]))
    return [Air(_to_and_fro(*of), of[0][-1] - of[0][0]) for of in found.values()]


# There and back again, so that it never jumps
def _to_and_fro(times: list[float], values: list[float]) -> Pressure:
    length_s = times[-1] - times[0]

    def at(t: float) -> float:
        t %= 2 * length_s
        t = times[0] + (t if t <= length_s else 2 * length_s - t)
        i = min(max(1, bisect.bisect(times, t)), len(times) - 1)
        share = (t - times[i - 1]) / (times[i] - times[i - 1])
        return values[i - 1] + share * (values[i] - values[i - 1]) - values[0]

    return at
