"""Recordings that play into the world: CSV columns made into knots of straight lines."""

from __future__ import annotations

import csv
import math
import struct
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import KitbagError, Reason

_KNOT = struct.Struct("<dd")


@dataclass(frozen=True)
class Knots:
    """Times in s, strictly increasing, and values in Pa; straight lines between them."""

    times: Sequence[float]
    values: Sequence[float]

    def placed(self, start_s: float, gain: float, relative: bool) -> Knots:
        """In the scenario's time, with value = gain * (v - v0); v0 = 0 unless `relative`."""
        zero = self.values[0] if relative else 0.0
        return Knots(
            array("d", (t + start_s for t in self.times)),
            array("d", (gain * (v - zero) for v in self.values)),
        )

    def at(self, t: float) -> float:
        """The value at `t`; before the first knot the first, after the last the last."""
        times, values = self.times, self.values
        if t <= times[0]:
            return values[0]
        if t >= times[-1]:
            return values[-1]
        low, high = 0, len(times) - 1
        while high - low > 1:
            middle = (low + high) // 2
            if times[middle] <= t:
                low = middle
            else:
                high = middle
        share = (t - times[low]) / (times[high] - times[low])
        return values[low] + share * (values[high] - values[low])


def added(several: Sequence[Knots]) -> Knots:
    """Their sum: straight between the knots of all of them."""
    if len(several) == 1:
        return several[0]
    times = sorted({t for knots in several for t in knots.times})
    return Knots(
        array("d", times),
        array(
            "d", (sum(column) for column in zip(*(_on(k, times) for k in several), strict=True))
        ),
    )


def _on(knots: Knots, times: Sequence[float]) -> list[float]:
    """`knots` at ascending `times`, in one walk."""
    found: list[float] = []
    i = 0
    last = len(knots.times) - 1
    for t in times:
        while i < last and knots.times[i + 1] <= t:
            i += 1
        if t <= knots.times[0] or i == last:
            found.append(knots.values[i])
            continue
        share = (t - knots.times[i]) / (knots.times[i + 1] - knots.times[i])
        found.append(knots.values[i] + share * (knots.values[i + 1] - knots.values[i]))
    return found


def write_knots(knots: Knots, path: Path) -> None:
    """As the simulated board reads them: pairs of little-endian doubles."""
    packed = bytearray()
    for t, value in zip(knots.times, knots.values, strict=True):
        packed += _KNOT.pack(t, value)
    path.write_bytes(packed)


def read_knots(
    path: Path, *, time: str | None, rate_hz: float | None, value: str, session: str | None
) -> Knots:
    """The columns `time` and `value` of the CSV file `path`; `rate_hz` instead of times.

    Only rows whose column `session` is `session`, if given. Raises KitbagError (exit 2) with file,
    line and column.
    """
    try:
        if path.is_char_device():  # /dev/zero has no end
            raise _error(path, "not a file", "a readable recording (CSV)", "check the path")
        with path.open(newline="", encoding="utf-8-sig") as file:
            return _read(csv.reader(file), path, time, rate_hz, value, session)
    except OSError as error:
        given = "no such file" if error.errno == 2 else error.strerror or str(error)
        raise _error(path, given, "a readable recording (CSV)", "check the path") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise _error(path, str(error), "a CSV file in UTF-8", "check the file") from None


def _read(
    rows: Iterator[list[str]],
    path: Path,
    time: str | None,
    rate_hz: float | None,
    value: str,
    session: str | None,
) -> Knots:
    header = [name.strip() for name in next(rows, [])]
    value_column = _column(path, header, value, "value")
    time_column = None if rate_hz else _column(path, header, time or "t_s", "time")
    session_column = _column(path, header, "session", "session") if session is not None else None
    times = array("d")
    values = array("d")
    sessions: dict[str, None] = {}
    for line, row in enumerate(rows, 2):
        if not row:
            continue
        if session_column is not None:
            found = row[session_column].strip() if session_column < len(row) else ""
            sessions.setdefault(found)
            if found != session:
                continue
        values.append(_number(path, line, row, value_column, header))
        if time_column is None:
            assert rate_hz is not None
            times.append((len(values) - 1) / rate_hz)
            continue
        t = _number(path, line, row, time_column, header)
        if times and t <= times[-1]:
            raise _error(
                path,
                f"{t:g} s after {times[-1]:g} s",
                "times that increase from row to row",
                "give `session` if the file holds several recordings one after another",
                f"line {line}, column {header[time_column]}",
            )
        times.append(t)
    if not values:
        if session is not None:
            raise _error(
                path,
                f"no row of session {session}",
                ", ".join(list(sessions)[:20]) or "a session that the file has",
                "correct `session`",
            )
        raise _error(path, "no rows", "at least one row below the header", "check the file")
    return Knots(times, values)


def _column(path: Path, header: list[str], name: str, key: str) -> int:
    if name not in header:
        raise _error(
            path,
            f"no column {name}",
            ", ".join(header) or "a header line",
            f"set `{key}` to one of them",
        )
    return header.index(name)


def _number(path: Path, line: int, row: list[str], column: int, header: list[str]) -> float:
    text = row[column].strip() if column < len(row) else ""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise _error(
            path,
            text or "nothing",
            "a number",
            "correct or remove that row",
            f"line {line}, column {header[column]}",
        )
    return number


def _error(path: Path, given: str, allowed: str, next_step: str, place: str = "") -> KitbagError:
    return KitbagError(
        where=f"{path}: {place}" if place else str(path),
        reason=Reason.INVALID_FILE,
        given=given,
        allowed=allowed,
        next_step=next_step,
    )
