"""How warm a care plan may be, whatever it asks for: the one rule of lower-wins."""

from .. import limits


def level_c(plan):
    """The pad temperature that the plan asks for, every limit on it applied: the lowest wins."""
    level = min(plan["warmth.level_c"], plan["warmth.ceiling_c"], limits.LEVEL_MAX_C)
    return min(level, limits.LEVEL_TENDER_C) if tender(plan) else level


def tender(plan):
    """Whether the lower ceiling and the shorter time apply (L8)."""
    return plan["holder.reduced_sensation"] or plan["placement"] == "neck"
