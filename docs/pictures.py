"""Renew what README and docs show of nights: `make pictures` plays the night and calls this.

`night.svg` and README's words are of the scripted night, as `kitbag sim` made them. `weeks.svg` is
drawn from records that were invented here, to show what a clinician meets after some weeks.
`sensing.svg` is drawn by `sensing_picture`.
"""

from __future__ import annotations

import random
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from kitbag.wire import records as wire
from kitbag_tools import reports, vm
from kitbag_tools.object_client import Contact
from kitbag_tools.store import Gap, Store

ROOT = vm.root()
sys.path[:0] = [str(ROOT / "docs"), str(ROOT / "tests")]
import sensing_picture  # noqa: E402

from host_tools import made_nights as made  # noqa: E402
from host_tools.fake_object import Log  # noqa: E402

IMAGES = ROOT / "docs" / "images"
_SHOWN = re.compile(r"(<!-- night -->\n).*?(<!-- end -->)", re.DOTALL)

_NIGHTS = 16
_OFF = 5  # this one it lay without power
_LEFT_ALONE = (8, 12)
_LOST = 10  # part of this one was written over before it was read
_LAST_MORNING = _NIGHTS * made.DAY - 12 * made.HOUR
_WARM_MIN = 56


def night(folder: Path) -> None:
    """The picture and the words of the night that was played into `folder`."""
    shutil.copy(folder / "night" / "night.svg", IMAGES / "night.svg")
    told = (folder / "told.txt").read_text(encoding="utf-8")
    told = told.replace(f"{folder}/night/", "build/night/")
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    readme.write_text(with_night(text, told), encoding="utf-8")


def with_night(page: str, told: str) -> str:
    """`page` with `told` as what `make run` prints."""
    block = f"```console\n$ make run\n{told.rstrip()}\n```\n"
    return _SHOWN.sub(lambda found: f"{found[1]}{block}{found[2]}", page)


def weeks(folder: Path) -> None:
    """Sixteen invented nights of one object, read once a week."""
    path = folder / "weeks.sqlite3"
    path.unlink(missing_ok=True)
    log, boots = _sixteen_nights()
    gap = _a_lost_hour(log, boots)
    with Store(path) as store:
        made.put(store, log, _contacts(boots), boot=2, gaps=[gap])
        reports.night_raster(store, IMAGES / "weeks.svg", zone_name="Europe/London")


Happening = tuple[int, tuple[Any, ...] | None]
"""At so many ms of a boot, a record kind and its values; None: only the quarter-hourly battery."""

Boots = dict[int, tuple[int, int]]
"""Boot -> (when it began, in ms after the first evening; how long it ran, in ms)."""


def _sixteen_nights() -> tuple[Log, Boots]:
    log = Log()
    boots: Boots = {
        1: (0, _OFF * made.DAY - 2 * made.HOUR),
        2: ((_OFF + 1) * made.DAY - 2 * made.HOUR, _LAST_MORNING - (_OFF + 1) * made.DAY),
    }
    draw = random.Random(20260301)
    for boot, (began_ms, length_ms) in boots.items():
        made.boot(log, boot)
        happenings: list[Happening] = [(at, None) for at in range(0, length_ms, 15 * made.MINUTE)]
        for number in range(_NIGHTS):
            evening_ms = number * made.DAY - began_ms
            if 0 <= evening_ms < length_ms - 8 * made.HOUR and number not in _LEFT_ALONE:
                happenings += _an_evening(draw, evening_ms, number)
        for at, event in sorted(happenings, key=lambda pair: pair[0]):
            if event is None:
                log.add(wire.BATTERY, boot, at, 3.9)
            else:
                log.add(event[0], boot, at, *event[1:])
    return log, boots


def _an_evening(draw: random.Random, evening_ms: int, number: int) -> list[Happening]:
    """A hold or two at bedtime and, on some nights, one in the small hours."""
    starts = [evening_ms + draw.randrange(10, 70) * made.MINUTE]
    if draw.random() < 0.5:
        starts.append(starts[0] + draw.randrange(25, 45) * made.MINUTE)
    if draw.random() < 0.9 - 0.05 * number:
        starts.append(evening_ms + draw.randrange(240, 400) * made.MINUTE)
    found: list[Happening] = []
    warm_until = 0
    for start in starts:
        seconds = draw.choice((95, 260, 420, 760, 1080))
        pascal = draw.randrange(500, 2800)
        found.append((start + 2000, (wire.HOLD_START, 2.0, pascal, 0.1, 118)))
        held = (wire.LONG_HOLD, seconds, pascal, 0.85, 0.1, 1.0)
        found.append((start + 1000 * seconds, held))
        if start >= warm_until:
            warm_until = start + _WARM_MIN * made.MINUTE + 3000
            found += _warmth(start + 3000)
        if draw.random() < 0.6:
            at = start + 1000 * seconds + 90_000
            found.append((at, (wire.SQUEEZE, 1.4, 2300, 2, 0.6, 0.1, 1.0)))
            found.append((at + 100, (wire.SCENT, 4, "double_squeeze", 9)))
    return found


def _warmth(start: int) -> list[Happening]:
    """Up in a quarter of an hour, twenty minutes at 36 °C, down to 34 °C in twenty more."""
    found: list[Happening] = [(start, (wire.WARMTH_STATE, "warming", "hold", 21.0, 21.0, 36.0))]
    for minute in range(_WARM_MIN):
        pad_c = min(36.0, 21 + minute, 36 - (minute - 36) / 10)
        sample = (wire.WARMTH_SAMPLE, pad_c, pad_c - 1.5, 0.4, 1.2, 0.001)
        found.append((start + minute * made.MINUTE, sample))
    end = start + _WARM_MIN * made.MINUTE
    return [*found, (end, (wire.WARMTH_STATE, "idle", "faded", 34.0, 32.5, None))]


def _a_lost_hour(log: Log, boots: Boots) -> Gap:
    """Take the records of some hours out of the log, as if they had been written over."""
    began_ms = boots[2][0]
    low = _LOST * made.DAY - began_ms + 3 * made.HOUR
    seqs = [
        seq
        for seq, slot in enumerate(log.slots, log.first)
        if slot[1] == 2 and low <= int.from_bytes(slot[2:6], "little") < low + 4 * made.HOUR
    ]
    for seq in seqs:
        log.slots[seq - log.first] = wire.VOID
    return Gap(log.epoch, seqs[0], seqs[-1], "overwritten")


def _contacts(boots: Boots) -> list[Contact]:
    found: list[Contact] = []
    for boot, (began_ms, length_ms) in boots.items():
        found += [
            Contact(boot, at, made.EVENING_MS + began_ms + at, 8)
            for at in (0, 3 * made.DAY, length_ms)
        ]
    return found


def main(folder: Path) -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    night(folder)
    weeks(folder)
    sensing_picture.draw(IMAGES / "sensing.svg")
    print("renewed: README.md docs/images: night.svg weeks.svg sensing.svg")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
