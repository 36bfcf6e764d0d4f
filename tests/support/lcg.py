"""Numbers that look random and are the same on every Python."""


class Random:
    """The generator of Numerical Recipes: 32 bits, the upper ones used."""

    def __init__(self, seed):
        self._state = seed & 0xFFFFFFFF
        self._spare = None

    def below(self, n):
        """A whole number from 0 to n - 1 (n up to 65536)."""
        self._state = (self._state * 1664525 + 1013904223) & 0xFFFFFFFF
        return ((self._state >> 16) * n) >> 16

    def uniform(self, low=0.0, high=1.0):
        return low + (high - low) * (self.below(65536) / 65536)

    def noise(self, sd):
        """About normal (a sum of three uniform numbers), mean 0."""
        return sd * 2 * (self.uniform() + self.uniform() + self.uniform() - 1.5)

    def choice(self, of):
        return of[self.below(len(of))]

    def bytes(self, n):
        return bytes([self.below(256) for _ in range(n)])
