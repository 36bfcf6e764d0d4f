"""Objects on the table: the firmware's own heat loop in the simulated board, for tests."""

from kitbag import limits
from simulated.table import Table

CYCLE_S = limits.CYCLE_MS / 1000


def laid(world=None, seed=1, memory=None, body=True, pad_c=None, **plan):
    """An object at rest that nobody has warmed; `pad_c` is how warm it happens to be.

    Keys of the care plan are written with two underscores for the point.
    """
    settings = {key.replace("__", "."): value for key, value in plan.items()}
    settings.setdefault("warmth.ceiling_c", 40.0)
    settings.setdefault("warmth.session_min", 45.0)
    table = Table(world, seed, settings, memory)
    if pad_c is not None:
        heat = table.world.thermal
        heat.pad_c = heat.pad_sensor_c = pad_c
        heat.fabric_c = heat.face_sensor_c = pad_c - 1.0
        heat.skin_c = 34.0 + max(0.0, pad_c - 34.0) * 0.5
        heat.stuffing_c = (pad_c + 20.0) / 2
        heat.peak_pad_c = pad_c
    if body:
        table.place("body")
        table.hold(True)
    table.run(2)
    return table


def held_warm(level_c=36.0, world=None, seed=1, memory=None, **plan):
    """An object that somebody holds, settled at `level_c`, its probes behind it."""
    table = laid(
        world,
        seed,
        memory,
        pad_c=level_c - 2.0,
        warmth__level_c=level_c,
        warmth__ramp_c_per_min=3.0,
        **plan,
    )
    assert table.heat.begin("hold")
    table.run(400)
    assert table.heat.state == "holding", table.heat.state
    assert table.guard.reaction == 0, table.guard.function
    return table


def until_off(table, seconds):
    """Seconds until the guard has reacted and no power flows; None within `seconds`."""
    began = table.t_s
    while table.t_s < began + seconds:
        table.cycle()
        if table.guard.reaction and not table.world.power.watts:
            return table.t_s - began
    return None


def safe(table):
    """Nothing has got hot, by the world's own account."""
    heat = table.world.thermal
    assert heat.peak_pad_c <= 46, heat.peak_pad_c
    assert heat.peak_skin_c is None or heat.peak_skin_c <= 41.5, heat.peak_skin_c
    assert heat.cem43 <= 2


def guard_rows(table):
    """(seconds, function, reaction) of the guard's records."""
    from kitbag.wire import records

    return [(t, v[0], v[1]) for t, kind, v in table.log.rows if kind == records.GUARD]
