"""Repeatable noise that no other code draws from, one call and one table look-up a number."""

import math
from array import array

# Quantiles of the standard normal distribution at the middles of 4096 equal slices: a uniform
# index gives a normal number (cut at 3.7 sigma), independent of all the others.
_BITS = 12
_SHIFT = 31 - _BITS
_table = None


class Noise:
    """Park and Miller's generator with Schrage's multiplier 48271 (period 2^31 - 2)."""

    def __init__(self, seed):
        global _table
        if _table is None:
            _table = _quantiles(1 << _BITS)
        self.state = seed * 2654435761 % 2147483646 + 1

    def normal(self):
        """One number of mean 0 and standard deviation 1."""
        self.state = state = self.state * 48271 % 2147483647
        return _table[state >> _SHIFT]

    def uniform(self):
        """One number from 0 to 1, neither included."""
        self.state = state = self.state * 48271 % 2147483647
        return state / 2147483647


def _quantiles(count):
    numbers = array("f", [0.0] * count)
    total = 0.0
    for i in range(count // 2):
        x = _quantile((i + 0.5) / count)
        numbers[i] = x
        numbers[count - 1 - i] = -x
        total += 2 * x * x
    correction = math.sqrt(count / total)  # the cut tails: standard deviation exactly 1
    for i in range(count):
        numbers[i] *= correction
    return numbers


# Abramowitz and Stegun 26.2.23, for p <= 0.5; then two steps of Newton on the error function
def _quantile(p):
    t = math.sqrt(-2 * math.log(p))
    x = (2.515517 + t * (0.802853 + t * 0.010328)) / (
        1 + t * (1.432788 + t * (0.189269 + t * 0.001308))
    ) - t
    for _ in range(2):
        x -= (
            (0.5 * math.erfc(-x / math.sqrt(2)) - p) * math.sqrt(2 * math.pi) * math.exp(x * x / 2)
        )
    return x
