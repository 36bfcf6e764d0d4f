"""The checks that printers run on a heater, as their sources have them, written for this bench.

Each is fed once a second with what the thermistor says and what is wanted, and returns True when
it would shut the heater down.
"""

from typing import Protocol

from heat import sim


class Watcher(Protocol):
    def again(self) -> "Watcher": ...
    def trips(self, now_s: float, pad_c: float, target_c: float) -> bool: ...


class VerifyHeater:
    """Klipper's: too long too far below the target, unless it still gains on it."""

    def __init__(
        self,
        hysteresis_c: float = 5.0,
        max_error: float = 120.0,
        gain_c: float = 2.0,
        gain_s: float = 60.0,  # of a heated bed, which a pad resembles
    ) -> None:
        self._of = (hysteresis_c, max_error, gain_c, gain_s)
        self._hysteresis_c, self._max_error, self._gain_c, self._gain_s = self._of
        self._error = 0.0
        self._last_target_c = 0.0
        self._goal_c = self._goal_s = 0.0
        self._approaching = self._starting = False

    def again(self) -> "VerifyHeater":
        return VerifyHeater(*self._of)

    def trips(self, now_s: float, pad_c: float, target_c: float) -> bool:
        changed = target_c != self._last_target_c
        self._last_target_c = target_c
        below_c = target_c - self._hysteresis_c - pad_c
        if below_c <= 0 or target_c <= 0:
            self._approaching = self._starting = False
            if pad_c <= target_c + self._hysteresis_c:
                self._error = 0.0
            return False
        self._error += below_c
        if not self._approaching:
            if not changed:
                return self._error >= self._max_error
            self._starting = True
            self._aim(now_s, pad_c)
        elif pad_c >= self._goal_c:
            self._starting = False
            self._error = 0.0
            self._aim(now_s, pad_c)
        elif now_s >= self._goal_s:
            self._approaching = False
        elif self._starting:  # it may cool at first
            self._goal_c = min(self._goal_c, pad_c + self._gain_c)
        return False

    def _aim(self, now_s: float, pad_c: float) -> None:
        self._approaching = True
        self._goal_c = pad_c + self._gain_c
        self._goal_s = now_s + self._gain_s


class ThermalRunaway:
    """Marlin's: once at its target, too long below it; and on the way there too little gain."""

    def __init__(
        self,
        hysteresis_c: float = 2.0,
        period_s: float = 20.0,
        watch_c: float = 2.0,
        watch_s: float = 60.0,
    ) -> None:
        self._of = (hysteresis_c, period_s, watch_c, watch_s)
        self._hysteresis_c, self._period_s, self._watch_c, self._watch_s = self._of
        self._target_c = 0.0
        self._stable = False
        self._until_s = 0.0
        self._watched_s: float | None = None
        self._watched_c = 0.0

    def again(self) -> "ThermalRunaway":
        return ThermalRunaway(*self._of)

    def trips(self, now_s: float, pad_c: float, target_c: float) -> bool:
        if target_c != self._target_c:
            self._target_c = target_c
            self._stable = False
            self._watch(now_s, pad_c)
        if target_c <= 0:
            return False
        if self._watched_s is not None and now_s >= self._watched_s:
            if pad_c < self._watched_c:
                return True
            self._watch(now_s, pad_c)
        if not self._stable:
            if pad_c < target_c:
                return False
            self._stable = True
            self._until_s = now_s + self._period_s
        if pad_c >= target_c - self._hysteresis_c:
            self._until_s = now_s + self._period_s
        return now_s >= self._until_s

    # Only far enough below the target is a gain asked for
    def _watch(self, now_s: float, pad_c: float) -> None:
        far = pad_c < self._target_c - (self._watch_c + self._hysteresis_c + 1)
        self._watched_s = now_s + self._watch_s if far else None
        self._watched_c = pad_c + self._watch_c


class MaxTemperature:
    """Everybody's: a highest reading, here as low as a pad for skin could have it."""

    def __init__(self, max_c: float = 45.0) -> None:
        self._max_c = max_c

    def again(self) -> "MaxTemperature":
        return MaxTemperature(self._max_c)

    def trips(self, now_s: float, pad_c: float, target_c: float) -> bool:
        return pad_c > self._max_c


PEERS: dict[str, Watcher] = {
    "Klipper's verify_heater": VerifyHeater(),
    "Klipper's verify_heater, tightened": VerifyHeater(1.0, 20.0, 0.5, 30.0),
    "Marlin's thermal runaway": ThermalRunaway(),
    "Marlin's thermal runaway, tightened": ThermalRunaway(1.0, 10.0),
    "a highest temperature of 45 °C": MaxTemperature(),
}


def each_second(
    watchers: dict[str, Watcher], now_s: float, pad_c: float, target_c: float
) -> set[str]:
    """Ask all of them in the first cycle of a second. The names of those that trip in it."""
    if round(1000 * now_s) % 1000 >= round(1000 * sim.CYCLE_S):
        return set()
    return {name for name, one in watchers.items() if one.trips(now_s, pad_c, target_c)}
