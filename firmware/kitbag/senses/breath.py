"""The holder's breathing, from the bladder's pressure during a long hold.

Pure and streaming: one sample at a time, bounded memory, a dozen operations a sample. A breath
under an arm is a few pascals on a hold of thousands, beside a heartbeat as large; so:

- single-sample spikes go in a median of three, the heartbeat in a mean over one second and a pole
  behind it, the hold's own creep in two slow high-passes;
- a breath is a rise and a fall that are both large enough (hysteresis), in pascals and beside the
  breaths before it. Periodicity alone does not tell breathing from an empty room, amplitude does
  (docs/sensing.md);
- what the sensor's own noise would make of itself is measured, sample to sample, and is no breath;
- a rate is told when the last breaths agree in length and in size. Otherwise: unknown.
"""

from array import array
from math import pi, sin, sqrt

from micropython import const

_BIN_MS = const(200)
_BINS = const(5)  # a mean over 1 s: nothing is left of a heart at 60 a minute, little at 50 or 100
_POLE = const(0.45)  # a bin
_CREEP_S = const(6)
_GAP_MS = const(1_000)  # without a sample: what was before says nothing about what comes

_LEAST_PA = const(1)  # rise and fall of the smallest breath that can be told, as filtered
_TOLD_PA = const(1.6)  # ... and the half of the usual one: quiet air makes as much as 1.4
_OF_USUAL = const(0.5)  # ... and of the usual breath's own rise
_OF_NOISE = const(2)  # a breath's half must be larger than so much of the noise of one sample
_USUAL_OF = const(7)  # breaths that the usual size is the median of
_FORGET_AFTER_MS = const(12_000)  # with no breath for so long, the usual was too large
_FORGET = const(0.98)  # a bin

_CYCLES = const(16)
_WINDOW_MS = const(30_000)
_LEAST_CYCLES = const(3)
_SHORTEST_MS = const(1_500)
_LONGEST_MS = const(13_000)
_LATE = const(1.7)  # of a breath: the next is overdue
_LATE_MS = const(1_000)
_LENGTHS_APART = const(0.35)  # mean deviation of their lengths, of the mean
_SIZES_APART = const(0.6)  # ... and of their sizes, of the usual
_BIN_S = const(0.2)


class Breath:
    """Feed it with `sample`, ask it with `look`. Then `per_min` is the rate or None for unknown,
    `amplitude_pa` half of a breath's swing in the bladder, `quality` how well the last breaths
    agree, 0 to 1.
    """

    def __init__(self):
        self._bins = array("f", [0] * _BINS)
        self._began = array("i", [0] * _CYCLES)  # ms since `begin`, when breath n rose
        self._halves = array("f", [0] * _CYCLES)
        self.begin()

    def begin(self):
        """A hold begins: forget the one before."""
        self.per_min = None
        self.amplitude_pa = 0
        self.quality = 0
        self._first_ms = self._last_ms = None
        self._bin_ms = 0
        self._sum = 0
        self._n = 0
        self._noise_pa = 0
        self._smooth = self._creep = None
        self._slope = 0
        self._at = 0
        self._rising = False
        self._top = self._bottom = 0
        self._usual = 0
        self._count = 0

    def sample(self, now_ms, pressure_pa):
        """One reading of the barometer at `now_ms` (monotone ms), 25 a second."""
        if pressure_pa != pressure_pa:
            return
        if self._last_ms is None or not 0 <= now_ms - self._last_ms <= _GAP_MS:
            self.begin()
            self._first_ms = now_ms
            self._offset_pa = pressure_pa  # keeps float32's last digits
            self._before = self._last = 0
        self._last_ms = now_ms
        at_ms = now_ms - self._first_ms
        new = pressure_pa - self._offset_pa
        last, before = self._last, self._before
        # Of white noise of 1 Pa the mean second difference is 1.95 Pa; a spike is none of it
        noise_pa = self._noise_pa
        noise_pa += (min(abs(new - 2 * last + before) / 1.95, 4 * noise_pa + 1) - noise_pa) * 0.004
        self._noise_pa = noise_pa
        low, high = (last, before) if last < before else (before, last)
        self._sum += low if new < low else high if new > high else new
        self._n += 1
        self._before, self._last = last, new
        if at_ms - self._bin_ms >= _BIN_MS:
            mean = self._sum / self._n
            self._sum = 0
            self._n = 0
            self._bin_ms = at_ms
            self._bin(at_ms, mean)

    def _bin(self, at_ms, mean):
        bins = self._bins
        if self._smooth is None:
            for i in range(_BINS):
                bins[i] = mean
            self._smooth = self._creep = mean
        bins[self._at] = mean
        self._at = (self._at + 1) % _BINS
        self._smooth += (sum(bins) / _BINS - self._smooth) * _POLE
        self._creep += (self._smooth - self._creep) * (_BIN_S / _CREEP_S)
        now = self._smooth - self._creep
        self._slope += (now - self._slope) * (_BIN_S / _CREEP_S)
        self._hear(at_ms, now - self._slope)

    def _hear(self, at_ms, now):
        swing = max(_LEAST_PA, _OF_USUAL * self._usual)
        if self._rising:
            if now > self._top:
                self._top = now
            elif now < self._top - swing:
                self._rising = False
                self._halves[(self._count - 1) % _CYCLES] = (self._top - self._bottom) / 2
                self._usual = self._median()
                self._bottom = now
        elif now < self._bottom:
            self._bottom = now
        elif now > self._bottom + swing:
            self._rising = True
            self._top = now
            self._began[self._count % _CYCLES] = at_ms
            self._count += 1
        if self._count and at_ms - self._began[(self._count - 1) % _CYCLES] > _FORGET_AFTER_MS:
            self._usual *= _FORGET

    def _median(self):
        n = min(self._count, _USUAL_OF)
        last = sorted(self._halves[(self._count - 1 - back) % _CYCLES] for back in range(n))
        return last[n // 2]

    def look(self):
        """Judge what was breathed until now."""
        self.per_min = None
        self.amplitude_pa = self.quality = 0
        if self._count <= _LEAST_CYCLES or self._usual < max(_TOLD_PA, _OF_NOISE * self._noise_pa):
            return
        now_ms = self._last_ms - self._first_ms
        newest = self._count - 1
        # All breaths of the window, but at least so many
        n = _LEAST_CYCLES
        most = min(newest, _CYCLES - 1)
        while n < most and now_ms - self._began[(newest - n - 1) % _CYCLES] <= _WINDOW_MS:
            n += 1
        last_ms = self._began[newest % _CYCLES]
        mean_ms = (last_ms - self._began[(newest - n) % _CYCLES]) / n
        if not _SHORTEST_MS <= mean_ms <= _LONGEST_MS:
            return
        if now_ms - last_ms > _LATE * mean_ms + _LATE_MS:
            return
        lengths = sizes = 0
        later_ms = last_ms
        for back in range(1, n + 1):
            i = (newest - back) % _CYCLES
            lengths += abs(later_ms - self._began[i] - mean_ms)
            sizes += abs(self._halves[i] - self._usual)
            later_ms = self._began[i]
        lengths /= n * mean_ms
        sizes /= n * self._usual
        if lengths > _LENGTHS_APART or sizes > _SIZES_APART:
            return
        self.per_min = 60_000 / mean_ms
        self.amplitude_pa = self._usual / _passes(1000 / mean_ms)
        self.quality = 1 - (lengths / _LENGTHS_APART + sizes / _SIZES_APART) / 2


# What the filters let pass of a breath, `hz` of them a second
def _passes(hz):
    turn = 2 * pi * hz
    mean = sin(turn / 2) / (turn / 2)
    pole_s = _BIN_S * (1 - _POLE) / _POLE + _BIN_S / 2
    creep = (turn * _CREEP_S) ** 2
    return mean / sqrt(1 + (turn * pole_s) ** 2) * creep / (1 + creep)
