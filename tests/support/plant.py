"""The heated object as docs/safety.md models it, small enough to be stepped cycle by cycle.

Nodes: pad - cover (fabric) - skin - body's core; pad - stuffing - room. Two thermistors behind
their lags, with noise and whole millivolts, the heater behind its two switches, and the faults
that the guard is there for.
"""

from math import exp

from support.lcg import Random

KEEPALIVE_HOLD_S = 1.25


class Board:
    """board.py, as far as heat needs it."""

    PIN_HEATER, PIN_KEEPALIVE = 12, 13
    ADC_PAD, ADC_FACE, ADC_CURRENT, ADC_BATTERY, ADC_REFERENCE = 1, 2, 4, 5, 6
    HEATER_PWM_HZ = 100
    PAD_W, PAD_NOMINAL_V = 3.0, 4.0
    NTC_R25_OHM, NTC_BETA_K, NTC_PULLUP_OHM, NTC_SUPPLY_MV = 10_000, 3950, 10_000, 3300
    CURRENT_OFFSET_MV, CURRENT_MV_PER_A = 250, 600
    BATTERY_DIVIDER, REFERENCE_MV = 2.0, 1650


def ntc_mv(celsius):
    """The divider's voltage: thermistor to ground, pull-up to the supply."""
    ohm = Board.NTC_R25_OHM * exp(Board.NTC_BETA_K * (1 / (celsius + 273.15) - 1 / 298.15))
    return Board.NTC_SUPPLY_MV * ohm / (ohm + Board.NTC_PULLUP_OHM)


class Ntc:
    """A thermistor that follows its node. `fault`: None, "short", "open", "frozen" or "error"."""

    def __init__(self, celsius, lag_s, random):
        self.celsius = celsius
        self._lag_s = lag_s
        self._random = random
        self.fault = None
        self.offset_c = 0.0
        self.bond = 1.0  # share of the node; the rest is `elsewhere_c`
        self.elsewhere_c = 22.0
        self.spike_c = 0.0  # for the next reading only
        self._last_mv = 0

    def follow(self, node_c, dt_s):
        seen_c = self.bond * node_c + (1 - self.bond) * self.elsewhere_c
        self.celsius += (seen_c - self.celsius) * dt_s / self._lag_s

    def mv(self, gain):
        if self.fault == "error":
            raise OSError(116)
        if self.fault == "short":
            return 0
        if self.fault == "open":
            return 3100
        if self.fault != "frozen":
            shown_c = self.celsius + self.offset_c + self.spike_c + self._random.noise(0.03)
            self.spike_c = 0.0
            self._last_mv = round(gain * ntc_mv(shown_c))
        return self._last_mv


class Plant:
    """`room_c`, `body` (somebody holds it), `insulation`, `fabric`, `perfusion` and `battery_v`
    may be changed at any time. Pad and cover begin at `start_c`, the skin at 34.
    """

    def __init__(self, start_c=20.0, room_c=20.0, body=True, pad_w=3.0, seed=1, **conditions):
        random = Random(seed)
        self.room_c = room_c
        self.body = body
        self.pad_w = pad_w
        self.insulation = conditions.get("insulation", 1.0)
        self.fabric = conditions.get("fabric", 1.0)
        self.perfusion = conditions.get("perfusion", 1.0)
        self.capacity = conditions.get("capacity", 1.0)
        self.battery_v = conditions.get("battery_v", 4.0)
        self.pad_c = self.cover_c = start_c
        self.stuffing_c = room_c + (start_c - room_c) / 2
        self.skin_c = 34.0
        self.pad_ntc = Ntc(start_c, 10.0, random)
        self.face_ntc = Ntc(start_c, 15.0, random)
        self.reference_gain = 1.0
        self.short = 0.0  # share of full power that flows although switch 1 is open
        self.open = False
        self.duty = 0.0
        self.since_edge_s = 1e9
        self.watts = 0.0
        self.peak_pad_c = start_c
        self.peak_skin_c = 34.0
        self.cem43 = 0.0

    @property
    def full_w(self):
        return self.pad_w * (self.battery_v / Board.PAD_NOMINAL_V) ** 2

    def step(self, dt_s):
        duty = 0.0 if self.open else max(self.duty, self.short)
        closed_s = max(0.0, min(dt_s, KEEPALIVE_HOLD_S - self.since_edge_s))
        self.since_edge_s += dt_s
        self.watts = self.full_w * duty * closed_s / dt_s
        steps = 3
        for _ in range(steps):
            self._euler(dt_s / steps)
        self.pad_ntc.follow(self.pad_c, dt_s)
        self.face_ntc.follow(self.cover_c, dt_s)
        self.peak_pad_c = max(self.peak_pad_c, self.pad_c)
        if self.body:
            self.peak_skin_c = max(self.peak_skin_c, self.skin_c)
            base = 0.5 if self.skin_c >= 43 else 0.25
            self.cem43 += base ** (43 - self.skin_c) * dt_s / 60

    def _euler(self, h):
        front = (self.pad_c - self.cover_c) / (1.5 * self.fabric)
        back = (self.pad_c - self.stuffing_c) / (10 * self.insulation)
        if self.body:
            out = (self.cover_c - self.skin_c) / (1.5 * self.fabric)
        else:
            out = (self.cover_c - self.room_c) / (8.3 * self.insulation)
        core = (self.skin_c - 34.0) * self.perfusion / 3.3
        self.skin_c += ((out if self.body else 0.0) - core) * h / 100
        self.cover_c += (front - out) * h / 25
        to_room = (self.stuffing_c - self.room_c) / (20 * self.insulation)
        self.stuffing_c += (back - to_room) * h / 40
        self.pad_c += (self.watts - front - back) * h / (35 * self.capacity)

    def read_uv(self, pin):
        """What the ADC sees on `pin` of `Board`."""
        gain = self.reference_gain
        if pin == Board.ADC_PAD:
            mv = self.pad_ntc.mv(gain)
        elif pin == Board.ADC_FACE:
            mv = self.face_ntc.mv(gain)
        elif pin == Board.ADC_CURRENT:
            ampere = self.watts / self.battery_v
            mv = gain * (Board.CURRENT_OFFSET_MV + Board.CURRENT_MV_PER_A * ampere)
        elif pin == Board.ADC_BATTERY:
            mv = gain * 1000 * self.battery_v / Board.BATTERY_DIVIDER
        else:
            mv = gain * Board.REFERENCE_MV
        return int(1000 * mv)
