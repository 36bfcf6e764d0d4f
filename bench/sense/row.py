"""A row of this group."""

from figures import Figure

_HOW = ".venv/bin/python bench sense"


def row(
    name: str,
    value: float,
    unit: str,
    bound: tuple[str, float] | None = None,
    peer: str = "",
    beside: float | None = None,
) -> Figure:
    """`beside` is what `peer` reaches in the same run; without it `peer` is only words."""
    return Figure(name, value, unit, _HOW, peer, beside, bound)


def percent(part: int, whole: int) -> float:
    """100 where there is nothing to be part of."""
    return 100 * part / whole if whole else 100.0
