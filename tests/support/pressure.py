"""Pressure as the barometer in the bladder gives it: hands and arms over a restless room.

Times in seconds, pressures in Pa. A shape is a function of time that is 0 before and after.
"""

from math import cos, exp, pi

from kitbag.senses.hug import HELD, HugSense
from support.lcg import Random

ACTIVE_MS, IDLE_MS = 40, 100
FILTER_S = 0.065  # the chip's filter of 4 at 60 conversions a second
ROOM_PA = 101_325.0


def edge(x):
    """A raised cosine from 0 to 1 while x goes from 0 to 1."""
    return 0.0 if x <= 0 else 1.0 if x >= 1 else 0.5 - 0.5 * cos(pi * x)


class Shape:
    """Gauge pressure over time, called with seconds; over at `ends_s`."""

    def __init__(self, pressure, ends_s):
        self._pressure = pressure
        self.ends_s = ends_s

    def __call__(self, t):
        return self._pressure(t)


def hold(start_s, peak_pa, hold_s, rise_s=0.4, release_s=0.5, creep=0.0, dips=()):
    """Arms that close, stay and open. `creep`: share lost over the time; `dips`: (from s after the
    start, for s, down to this share) where the grip is changed.
    """
    falls_s = start_s + rise_s + hold_s

    def shape(t):
        if t <= start_s or t >= falls_s + release_s:
            return 0.0
        p = peak_pa * edge((t - start_s) / rise_s)
        p *= 1 - creep * max(0.0, min(1.0, (t - start_s - rise_s) / max(hold_s, 0.001)))
        for at_s, for_s, share in dips:
            into = t - start_s - at_s
            if 0 <= into <= for_s:
                p *= 1 - (1 - share) * min(1.0, into / 0.05, (for_s - into) / 0.05)
        return p * (1 - edge((t - falls_s) / release_s))

    return Shape(shape, falls_s + release_s)


def squeezes(start_s, peak_pa, count, each_s=0.5, gap_s=0.4):
    edge_s = 0.3 * each_s
    found = [
        hold(start_s + i * (each_s + gap_s), peak_pa, each_s - 2 * edge_s, edge_s, edge_s)
        for i in range(count)
    ]
    return together(found)


def pats(start_s, peak_pa, count, each_s=0.15, period_s=0.5):
    edge_s = each_s / 3
    found = [hold(start_s + i * period_s, peak_pa, edge_s, edge_s, edge_s) for i in range(count)]
    return together(found)


def together(shapes):
    return Shape(lambda t: sum([one(t) for one in shapes]), max([one.ends_s for one in shapes]))


def slope(pa_per_s, from_s=0.0, until_s=1e9):
    return lambda t: pa_per_s * (max(from_s, min(until_s, t)) - from_s)


class Felt:
    """What the sense told: `gestures` (and when, `told_ms`), `touches` (ms), `holds` (ms),
    `squeezed` ((count, ms)).
    """

    def __init__(self):
        self.gestures = []
        self.told_ms = []
        self.touches = []
        self.holds = []
        self.squeezed = []
        self.resumed = 0
        self.now_ms = 0

    def on_touch(self, now_ms):
        self.touches.append(now_ms)

    def on_hold(self, start_ms, noticed_ms, peak_pa, tautness_pa_per_k):
        self.holds.append((self.now_ms, start_ms))

    def on_resume(self):
        self.resumed += 1

    def on_squeeze(self, count, now_ms):
        self.squeezed.append((count, now_ms))

    def on_gesture(self, gesture):
        self.gestures.append(gesture)
        self.told_ms.append(self.now_ms)

    def kinds(self):
        return [(g.kind, g.count) for g in self.gestures]


class Barometer:
    """Feeds a sense as the firmware does: 25 Hz while it is active, else 10 Hz.

    `sense` makes another one of a listener: a peer of the firmware's.
    """

    def __init__(self, start_ms=0, seed=1, noise_pa=0.8, sense=HugSense):
        self.felt = Felt()
        self._made = sense
        self.sense = sense(self.felt)
        self.start_ms = start_ms
        self.ms = 0
        self._noise = Random(seed)
        self._noise_pa = noise_pa
        self._filtered = None
        self.samples = 0

    def play(self, pressure, until_s, bladder_c=lambda t: 22.0):
        """`pressure(t)` over the room's, until `until_s` of this barometer's life."""
        while self.ms < 1000 * until_s:
            dt_ms = ACTIVE_MS if self.sense.active else IDLE_MS
            self.ms += dt_ms
            t = self.ms / 1000
            exact = ROOM_PA + pressure(t)
            if self._filtered is None:
                self._filtered = exact
            # Between two samples what is measured moves on a straight line
            self._filtered += (exact - self._filtered) * (1 - exp(-dt_ms / 1000 / FILTER_S))
            self.give(self._filtered + self._noise.noise(self._noise_pa), bladder_c(t))
        return self.felt

    def restart(self, off_s=2.0):
        """The object is reset, and remembers what was before a hold that is on."""
        before = self.sense
        self.sense = self._made(self.felt)
        if before.phase == HELD:
            self.sense.resume(before.rest_pa, before.rest_c)
        self.ms += int(1000 * off_s)
        self._filtered = None

    def give(self, pressure_pa, bladder_c=22.0):
        now_ms = self.start_ms + self.ms
        self.felt.now_ms = now_ms
        self.samples += 1
        self.sense.sample(now_ms, pressure_pa, bladder_c)


def felt(*shapes, seconds=None, extra=None, bladder_c=lambda t: 22.0, **settings):
    """What is felt of `shapes` over a quiet room and `extra`, until all is long over."""
    barometer = Barometer(**settings)
    whole = together(list(shapes)) if shapes else None
    until_s = seconds if seconds is not None else whole.ends_s + 8

    def pressure(t):
        return (whole(t) if whole else 0.0) + (extra(t) if extra else 0.0)

    return barometer.play(pressure, until_s, bladder_c)
