"""The heated object as a printer's firmware would have it: one thermistor, one duty."""

import math
from typing import Any

from heat import sim

_KELVIN = 273.15
_BETA_K, _R25_OHM, _PULLUP_OHM, _NTC_SUPPLY_MV = 3950.0, 10_000.0, 10_000.0, 3300.0
_READINGS = 8  # a cycle, averaged as printers do it: the derivative lives on that


class Pad:
    """`cycle` lets one pass, `read` is what the thermistor at the pad says, `drive` lasts until
    changed. `world` and its `thermal` are there to be changed and looked at.
    """

    def __init__(
        self,
        settings: dict[str, float] | None = None,
        *,
        body: bool = True,
        seed: int = 1,
        pad_w: float = sim.PAD_W,
        volts: float = sim.SUPPLY_V,
    ) -> None:
        self._clock, self.world = sim.world({**(settings or {}), "pad_w": pad_w}, seed)
        self.world.power.sag_v = volts
        self.world.power.held = True  # nobody guards here: the second switch stays closed
        self.world.power.settle()
        self.thermal: Any = self.world.thermal
        self.place(body=body)
        self._us = 0

    @property
    def t_s(self) -> float:
        return self._us / 1e6

    @property
    def pad_c(self) -> float:
        """The pad's true temperature."""
        return self.thermal.pad_c

    def place(self, *, body: bool) -> None:
        self.world.place = "body" if body else "bed"
        self.world.touch()

    def cycle(self) -> None:
        self._us += round(sim.CYCLE_S * 1e6)
        self._clock.run_until(self._us)
        self.world.update()

    def read(self) -> float:
        ntc, world = self.world.pad_ntc, self.world
        mv = sum(ntc.sense(self.thermal.pad_sensor_c, world.adc_gain) for _ in range(_READINGS))
        mv /= _READINGS
        ohm = _PULLUP_OHM * mv / (_NTC_SUPPLY_MV - mv)
        return 1 / (1 / (25 + _KELVIN) + math.log(ohm / _R25_OHM) / _BETA_K) - _KELVIN

    def drive(self, duty: float) -> None:
        self.world.drive_heater(min(1.0, max(0.0, duty)))
