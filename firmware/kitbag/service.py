"""For whoever has repaired the object, at the prompt behind the maker's door.

>>> from kitbag import service
>>> service.unlock()
"""

from .memory import Memory

KEPT = ("latch", "latches")


def unlock():
    """Forget a lock and what led to it. The next heat has to prove itself as ever."""
    memory = Memory()
    for key in KEPT:
        memory.forget(key)
    memory.count_starts(0)
    print("Unlocked. Warmth has to prove itself at its next start.")
