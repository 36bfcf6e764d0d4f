"""How heat is regulated and a thermistor that came off is noticed, beside what printers do."""

from figures import Figure
from heat import detachments, false_trips, regulation


def measure() -> list[Figure]:
    """Everything of heat; some minutes on one core."""
    return [*regulation.measure(), *detachments.measure(), *false_trips.measure()]
