"""Lines of a scenario file, as tests write them."""

import json
from pathlib import Path


def event(t_s: float, do: str, **values: object) -> str:
    """One event."""
    keys = {"t_s": t_s, "do": do, **values}
    return "[[event]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())


def hug(t_s: float, hold_s: float, peak_pa: float = 1500, **values: object) -> str:
    return event(t_s, "hug", peak_pa=peak_pa, hold_s=hold_s, **values)


def squeeze(t_s: float, count: int, peak_pa: float = 2500, **values: object) -> str:
    return event(t_s, "squeeze", count=count, peak_pa=peak_pa, **values)


def recording(path: Path, **values: object) -> str:
    """A table of pressures that plays: the ambient, unless told otherwise."""
    keys = {"file": str(path), "time": "t_s", "value": "p_Pa", "into": "ambient", **values}
    lines = [
        f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}"
        for key, value in keys.items()
    ]
    return "[[pressure]]\n" + "\n".join(lines) + "\n"
