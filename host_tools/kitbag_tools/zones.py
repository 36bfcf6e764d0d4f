"""Which time zone the holder's nights are in, and how a moment reads there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from .errors import KitbagError, Reason

VARIABLE = "KITBAG_ZONE"


def zone(name: str) -> tzinfo:
    """The zone called `name`, such as Europe/London. Raises KitbagError with the nearest names."""
    if name.upper() in ("UTC", "Z"):
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        from difflib import get_close_matches

        known = sorted(available_timezones())
        lower = {place.lower(): place for place in known}
        near = [lower[n] for n in get_close_matches(name.lower(), list(lower), n=3, cutoff=0.6)]
        step = "install the time zones: pip install tzdata" if not known else "correct the name"
        raise KitbagError(
            where="time zone",
            reason=Reason.USAGE,
            problem="there is no such time zone",
            given=name,
            allowed=f"a name such as {', '.join(near) or 'Europe/London'}, or UTC",
            next_step=step,
        ) from error


def chosen(name: str | None, variables: Mapping[str, str]) -> tuple[tzinfo, str]:
    """(zone, its name): `name`, else KITBAG_ZONE, else this computer's, else UTC."""
    wanted = name or variables.get(VARIABLE) or variables.get("TZ", "").lstrip(":")
    if wanted:
        return zone(wanted), wanted
    # The link's target, not the file: only a name keeps its summer time
    try:
        target = Path("/etc/localtime").readlink().as_posix()
    except OSError:
        return UTC, "UTC"
    _, found, local = target.partition("zoneinfo/")
    return (zone(local), local) if found else (UTC, "UTC")


def local(utc_ms: int, where: tzinfo) -> datetime:
    """The local time of a moment, with its offset."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=utc_ms)).astimezone(where)


def to_utc_ms(moment: datetime) -> int:
    """Milliseconds since 1970 of an aware datetime."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def night_of(utc_ms: int, where: tzinfo) -> date:
    """The night that a moment belongs to: the day on whose noon it began."""
    return (local(utc_ms, where).replace(tzinfo=None) - timedelta(hours=12)).date()


def night_bounds(night: date, where: tzinfo) -> tuple[int, int]:
    """(from, to) of a night, noon to noon in local time: 23 or 25 hours when the clocks change."""
    noon = datetime(night.year, night.month, night.day, 12, tzinfo=where)
    return to_utc_ms(noon), to_utc_ms(
        datetime.combine(night + timedelta(days=1), noon.time(), tzinfo=where)
    )
