"""SF14: a fault stays a fault across resets, until the holder says so.

A latch is cleared by the holder (a press of the button, once nothing trips any more); a lock is
for service. Three latches within 24 h of powered time become a lock.
"""

from .. import limits
from . import guard

# Both in one number (the reaction in its low byte): a power cut between two would leave a latch
# without its cause, or with another one's
_LATCH = "latch"


class Latch:
    """Keeps the guard's reaction in `memory`; `count` is a budget.Rolling of latches."""

    def __init__(self, memory, count):
        self._memory = memory
        self._count = count
        kept = memory.number(_LATCH, 0)
        self.reaction = kept & 0xFF
        self.function = kept >> 8

    def set(self, reaction, function):
        """Latch `reaction`; returns the reaction that now stands (a third latch is a lock)."""
        if reaction < guard.LATCH:
            return reaction
        self._count.add(1)
        self._count.keep()
        if self._count.total >= limits.LATCHES_TO_LOCK:
            reaction = guard.LOCK
        self.reaction, self.function = reaction, function
        self._keep()
        return reaction

    def pass_time(self, ms):
        self._count.pass_time(ms)

    def acknowledge(self):
        """The holder's act. Returns True when the latch is gone."""
        if self.reaction == guard.LOCK:
            return False
        self.reaction = self.function = 0
        self._keep()
        return True

    def _keep(self):
        self._memory.keep_number(_LATCH, self.function << 8 | self.reaction)
