"""The controller of printers: a PID whose gains a relay test found (Ziegler and Nichols)."""

import math
from typing import Self

from heat import sim
from heat.pad import Pad

_SWING_C = 5.0  # of the relay test, below the level
_SWINGS = 6
_SLOPE_S = 1.0  # over which the derivative is smoothed


class Pid:
    """Duty from 0 to 1. The derivative is the reading's, the integral waits at either end."""

    def __init__(self, kp: float, ki: float, kd: float) -> None:
        self.kp, self.ki, self.kd = kp, ki, kd
        self._integral = 0.0
        self._slope = 0.0
        self._last_c: float | None = None

    def again(self) -> Self:
        """The same gains, and nothing learnt yet."""
        return type(self)(self.kp, self.ki, self.kd)

    def duty(self, target_c: float, pad_c: float) -> float:
        if self._last_c is not None:
            change = pad_c - self._last_c - self._slope * sim.CYCLE_S
            self._slope += change / _SLOPE_S
        self._last_c = pad_c
        error = target_c - pad_c
        integral = self._integral + error * sim.CYCLE_S
        integral = min(1 / self.ki, max(0.0, integral))
        wanted = self.kp * error + self.ki * integral - self.kd * self._slope
        duty = min(1.0, max(0.0, wanted))
        if duty == wanted:
            self._integral = integral
        return duty


def relay_tuned(pad: Pad, level_c: float) -> Pid:
    """Gains from how the pad swings under full power up to the level and none to 5 °C below."""
    highs, lows = _swings(pad, level_c)
    amplitude = (_mean([pad_c for _, pad_c in highs]) - _mean(lows)) / 2
    period_s = (highs[-1][0] - highs[0][0]) / (len(highs) - 1)
    kp = 0.6 * 4 / (math.pi * amplitude)
    return Pid(kp, kp / (period_s / 2), kp * period_s / 8)


# (s, °C) of every highest reading and °C of every lowest, without the first half of the swings,
# which still carry the warm-up
def _swings(pad: Pad, level_c: float) -> tuple[list[tuple[float, float]], list[float]]:
    highs: list[tuple[float, float]] = []
    lows: list[float] = []
    heating = True
    lowest = math.inf
    highest = (0.0, -math.inf)
    while len(highs) < _SWINGS:
        pad.drive(1.0 if heating else 0.0)
        pad.cycle()
        pad_c = pad.read()
        lowest = min(lowest, pad_c)
        if pad_c > highest[1]:
            highest = (pad.t_s, pad_c)
        if heating and pad_c >= level_c:
            heating = False
            lows.append(lowest)
            highest = (pad.t_s, pad_c)
        elif not heating and pad_c <= level_c - _SWING_C:
            heating = True
            highs.append(highest)
            lowest = pad_c
    return highs[_SWINGS // 2 :], lows[_SWINGS // 2 :]


def _mean(of: list[float]) -> float:
    return sum(of) / len(of)
