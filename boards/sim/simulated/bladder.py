"""The sealed air bladder inside the stuffing: absolute pressure, linearised where it was sealed.

    P = Pa_seal + (1 - phi) (Pa - Pa_seal) + k (T_air - T_seal) + what presses on it - what leaked

with k the tautness (world key bladder_pa_per_k) and phi = k / (P/T): a slack bladder (k = 0)
follows the ambient pressure and ignores heat, a rigid one (k = P/T, about 340 Pa/K) does the
opposite.
"""

import math

KELVIN = 273.15


class Bladder:
    """`pressure(t)` is cheap, for every sample; `rebase` where air or heat changed."""

    def __init__(self, world, air_c, ambient=None, replaces=False, pressed=None):
        self._ambient = ambient  # recordings, or None
        self._replaces = replaces  # the recording is the ambient pressure, not an addition to it
        self._pressed = pressed
        self.leak_pa_per_s = 0.0
        self.leaked_pa = 0.0
        self.held_pa = 0.0  # plateaus of gestures
        self.edges = []  # (start s, length s, from Pa, to Pa)
        self.breath = None  # (start s, radians per s, amplitude Pa, until s)
        self._offset = 0.0
        self._fixed_pa = float(world["ambient_pa"])
        self._seal_pa = self.ambient_pa(0.0)
        self._seal_c = air_c
        self._base = self._seal_pa
        self._slope = 0.0
        self._t = 0.0
        self._k = 0.0
        self._follow = 1.0
        self.settle(world, 0.0, air_c)
        self._offset = 0.0

    def settle(self, world, t, air_c):
        """Take over changed conditions; a changed tautness does not make the pressure jump."""
        self._fixed_pa = float(world["ambient_pa"])
        before = self._still(t, air_c)
        self._k = float(world["bladder_pa_per_k"])
        self._follow = 1 - min(1.0, self._k * (self._seal_c + KELVIN) / self._seal_pa)
        self._offset += before - self._still(t, air_c)
        self.rebase(t, air_c, 0.0)

    def ambient_pa(self, t):
        if self._ambient is None:
            return self._fixed_pa
        return self._ambient.at(t) + (0.0 if self._replaces else self._fixed_pa)

    def _still(self, t, air_c):
        follow = self._follow * (self.ambient_pa(t) - self._seal_pa)
        return self._seal_pa + follow + self._k * (air_c - self._seal_c) + self._offset

    def rebase(self, t, air_c, air_c_per_s):
        """Say how warm the air is at `t` (s) and how that changes."""
        dt = t - self._t
        if self.leak_pa_per_s and dt > 0 and self.pressure(t) > self.ambient_pa(t):
            self.leaked_pa += self.leak_pa_per_s * dt
        self._t = t
        self._slope = self._k * air_c_per_s
        self._base = (
            self._seal_pa + self._k * (air_c - self._seal_c) + self._offset - self.leaked_pa
        )
        if self._ambient is None:
            self._base += self._follow * (self._fixed_pa - self._seal_pa)
        self.lively = bool(self._ambient or self._pressed or self.edges or self.breath)

    def pressure(self, t):
        """Absolute pressure in Pa at `t` seconds; times must not go back."""
        p = self._base + self._slope * (t - self._t) + self.held_pa
        if self.lively:
            if self._ambient is not None:
                p += self._follow * (self.ambient_pa(t) - self._seal_pa)
            if self._pressed is not None:
                p += self._pressed.at(t)
            for start, length, low, high in self.edges:
                x = (t - start) / length
                if x >= 1:
                    p += high
                elif x > 0:
                    p += low + (high - low) * (0.5 - 0.5 * math.cos(math.pi * x))
                else:
                    p += low
            if self.breath is not None:
                start, speed, amplitude, until = self.breath
                if start <= t < until:
                    p += amplitude * math.sin(speed * (t - start))
        return p

    # An edge is a raised cosine; when it is over its end stays in `held_pa`
    def begin_edge(self, t, length, low, high):
        edge = (t, length, low, high)
        self.held_pa -= low
        self.edges.append(edge)
        self.lively = True
        return edge

    def end_edge(self, edge):
        self.edges.remove(edge)
        self.held_pa += edge[3]
        if not self.edges and abs(self.held_pa) < 1e-6:
            self.held_pa = 0.0  # what rounding left

    KEPT = (
        "leak_pa_per_s",
        "leaked_pa",
        "held_pa",
        "edges",
        "breath",
        "_offset",
        "_fixed_pa",
        "_seal_pa",
        "_seal_c",
        "_base",
        "_slope",
        "_t",
        "_k",
        "_follow",
    )
