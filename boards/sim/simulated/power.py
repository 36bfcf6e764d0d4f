"""The electrical side: cell, heater with its two switches and the sense of its current.

    cell - 0.15 ohm - [cut-out] - switch 2 (one-shot) - node - heater - switch 1 (PWM) - ground

Duties stand for their mean over a PWM period; the cell sags by the current while switch 1
conducts. The node is looked at through 100 k + 100 k and biased weakly, by 220 k from 3.3 V: with
switch 2 open it shows whether switch 1 conducts.
"""

import math

CELL_OHM = 0.15
CELL_AH = 3.0
IDLE_A = 0.04
DIFFUSER_A = 0.10
MOTOR_A = 0.08  # at full drive
NOMINAL_V = 4.0
RC_TAU_S = 0.05  # before the current sense, and before the look at the node
BIAS_V = 3.3
BIAS_OHM = 220_000.0
NODE_OHM = 200_000.0  # of the divider, to ground
FULL_V = 4.2  # a charger holds the cell there and lets the current go down

# Open-circuit voltage of a lithium-ion cell over its charge
_CHARGE = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_OCV = (3.0, 3.55, 3.68, 3.74, 3.77, 3.79, 3.82, 3.87, 3.92, 3.98, 4.06, 4.2)


def ocv(charge):
    """Open-circuit voltage at `charge` 0..1 of a full cell."""
    return _between(_CHARGE, _OCV, charge)


def charge_at(volts):
    """The charge 0..1 at which `ocv` is `volts`; outside the curve its end."""
    return _between(_OCV, _CHARGE, volts)


def _between(xs, ys, x):
    if x <= xs[0]:
        return ys[0]
    for i in range(1, len(xs)):
        if x <= xs[i]:
            return ys[i - 1] + (ys[i] - ys[i - 1]) * (x - xs[i - 1]) / (xs[i] - xs[i - 1])
    return ys[-1]


class Power:
    """`watts` and `battery_v` hold until `settle` is called after a change of anything."""

    def __init__(self, world):
        self.ohm = NOMINAL_V * NOMINAL_V / world["pad_w"]
        self._charge = charge_at(world["battery_v"])
        # Above a full cell or below an empty one: a bench supply
        self._extra_v = world["battery_v"] - ocv(self._charge)
        self.sag_v = None  # fault: the cell is at this voltage whatever it holds
        # What the pins ask for
        self.duty = 0.0
        self.held = False  # the one-shot holds switch 2
        self.scent = 0.0
        self.motor = 0.0
        # Faults
        self.short = False
        self.leak = 0.0
        self.open = False
        self.welded = False
        self.wired_to = None  # "motor" or "diffuser": that line also opens switch 1
        self.cut_out = False  # the hardware cut-out has latched
        self.charger_a = None  # what a charger gives, at most; None without one
        self.conducting = 0.0
        self.switch1 = 0
        self.switch2 = 0
        self.watts = 0.0
        self.amps = 0.0  # heater, mean
        self._sensed_a = 0.0
        self.node_v = 0.0  # between switch 2 and the heater, mean
        self.battery_v = 0.0
        self.used_ah = 0.0
        self.settle()
        self._sensed_v = self.node_v

    def replace_cell(self, volts):
        self._charge = charge_at(volts)
        self._extra_v = volts - ocv(self._charge)
        self.used_ah = 0.0

    def settle(self):
        """Work out what flows now."""
        duty = self.duty
        if self.wired_to is not None:
            duty = max(duty, self.motor if self.wired_to == "motor" else self.scent)
        if self.short:
            duty = 1.0
        pulled = duty
        if self.leak:
            duty += (1 - duty) * self.leak
        self.conducting = duty
        self.switch1 = 1 if duty > 0 else 0
        self.switch2 = 1 if self.held or self.welded else 0
        volts = self.sag_v
        if volts is None:
            volts = ocv(self._charge - self.used_ah / CELL_AH) + self._extra_v
        if not self.switch2 or self.open or self.cut_out:
            duty = 0.0
        others_a = IDLE_A + DIFFUSER_A * self.scent + MOTOR_A * self.motor
        if self.charger_a is not None:
            others_a -= max(0.0, min(self.charger_a, others_a + (FULL_V - volts) / CELL_OHM))
        on_a = (volts - others_a * CELL_OHM) / (self.ohm + CELL_OHM)
        self.amps = on_a * duty
        self.watts = on_a * on_a * self.ohm * duty
        self.battery_v = volts - CELL_OHM * (others_a + self.amps)
        self._drawn_a = others_a + self.amps
        if self.switch2 and not self.cut_out:
            self.node_v = self.battery_v
        else:
            self.node_v = self._biased_v(pulled)

    # The node with no cell on it, while switch 1 conducts for a share `pulled` of the time
    def _biased_v(self, pulled):
        if self.open:  # the heater's wire: nothing pulls
            return BIAS_V * NODE_OHM / (NODE_OHM + BIAS_OHM)
        # What lets a share of the heater's current through is a resistance
        to_ground = 1 / NODE_OHM + self.leak / self.ohm
        return (1 - pulled) * BIAS_V / (1 + BIAS_OHM * to_ground)

    def step(self, dt):
        """Let `dt` seconds pass at what flows now."""
        self.used_ah += self._drawn_a * dt / 3600
        left = math.exp(-dt / RC_TAU_S) if dt < 1 else 0.0
        self._sensed_a = self.amps + (self._sensed_a - self.amps) * left
        self._sensed_v = self.node_v + (self._sensed_v - self.node_v) * left

    def sensed_a(self, dt):
        """The heater's current behind the RC, `dt` seconds after the last step."""
        return self.amps + (self._sensed_a - self.amps) * math.exp(-dt / RC_TAU_S)

    def sensed_v(self, dt):
        """The node's voltage behind its RC, `dt` seconds after the last step."""
        return self.node_v + (self._sensed_v - self.node_v) * math.exp(-dt / RC_TAU_S)

    KEPT = (
        "_charge",
        "_extra_v",
        "sag_v",
        "duty",
        "held",
        "scent",
        "motor",
        "short",
        "leak",
        "open",
        "welded",
        "wired_to",
        "cut_out",
        "charger_a",
        "used_ah",
        "_sensed_a",
        "_sensed_v",
    )
