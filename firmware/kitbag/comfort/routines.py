"""Which comfort answers which gesture: the routines a care plan may name."""

# routine: what it begins
PARTS = {
    "none": (),
    "warm": ("warmth", "touch"),
    "scent": ("scent", "touch"),
    "touch": ("touch",),
    "settle": ("warmth", "scent", "touch"),
}


def parts(plan, gesture):
    """What `gesture` ("hold", "long_hold", "double_squeeze", "pat") begins under `plan`.

    A tuple of "warmth", "scent", "touch": only those that the plan has switched on.
    """
    return tuple(part for part in PARTS[plan["gesture." + gesture]] if plan[part + ".enabled"])
