"""The highest level that a plant can hold with room to spare, from its own constants."""

from __future__ import annotations

import math
from collections.abc import Mapping

from rows import Row

SHARE = 0.75  # of full power, at the most
_FULL_W = 2.83  # 3 W at 4.0 V, less what the cell sags by: also what a strong pad may have
_BODY_C = 34.0
_HIGHEST_C, _LOWEST_C = 40.0, 30.0


def watts(level_c: float, world: Mapping[str, float], *, body: bool) -> float:
    """What flows out of a pad that has settled at `level_c`."""
    room_c = world["room_c"]
    insulation, fabric = world.get("insulation", 1.0), world.get("fabric", 1.0)
    back = (world["pad_stuffing_k_per_w"] + world["stuffing_room_k_per_w"]) * insulation
    cover = world["pad_fabric_k_per_w"] * fabric
    if body:
        front = cover + world["fabric_skin_k_per_w"] * fabric
        front += world["skin_core_k_per_w"] / world.get("perfusion", 1.0)
        return (level_c - _BODY_C) / front + (level_c - room_c) / back
    front = cover + world["fabric_room_k_per_w"] * insulation
    return (level_c - room_c) / front + (level_c - room_c) / back


def reaches(row: Row, world: Mapping[str, float], *, body: bool) -> bool:
    """Whether it can hold any level at all with that room to spare."""
    return watts(_LOWEST_C, {**world, **row.world}, body=body) <= SHARE * _FULL_W


def level_c(row: Row, world: Mapping[str, float], *, body: bool) -> float:
    """To half a degree. Where the row sets another room or cover, those are counted with."""
    whole = {**world, **row.world}
    level = _HIGHEST_C
    while level > _LOWEST_C and watts(level, whole, body=body) > SHARE * _FULL_W:
        level -= 0.5
    return math.floor(2 * level) / 2
