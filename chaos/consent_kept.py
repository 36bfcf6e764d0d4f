"""Whether what was to be withheld never came to lie on flash."""

from __future__ import annotations

from collections.abc import Iterator

import ring
import truth
from findings import Findings
from played import Played
from ring import Slot

_ENDING_S = 30 * 60.0  # chosen again, it still holds for so long
_WITH_GUESTS = (ring.GUARD, ring.EXCEPTION, ring.PLAN, ring.ANCHOR)
_NOTHING, _TOTALS, _EVENTS = 0, 1, 2  # logging.level
_ROW_S = 20.0


def judge(played: Played, found: Findings) -> None:
    logging = played.plan.get("logging", {})
    began = truth.started(played)
    agreed = _agreed(played)
    level = logging.get("level", _EVENTS)
    used = {_NOTHING: (), _TOTALS: (ring.TALLY,)}.get(level, range(256))  # what may tell of use
    for slot in _own(played):
        if slot.seq < agreed:
            continue
        if logging.get("guest") and slot.kind not in _WITH_GUESTS:
            found.found("withheld", f"with guests: {slot}")
        elif slot.kind not in used and ring.of_use(slot):
            found.found("withheld", f"at level {level}: {slot}")
    chosen = truth.choice(played)
    if chosen is not None:
        _tonight_is_mine(played, chosen, began, found)
    _taken_back(played, began, found)


def _tonight_is_mine(
    played: Played, chosen: truth.Press, began: truth.Started, found: Findings
) -> None:
    found.seen["chosen"] += 1
    earlier = [one for one in truth.presses(played) if one.t_s < chosen.t_s and one.hold_s > 1.9]
    if earlier:  # whether that one took nobody knows, so neither what this one meant
        return
    for slot in _own(played):
        when_s = began.when(slot.boot, slot.uptime_ms)
        if when_s is None or not chosen.t_s - 0.02 <= when_s <= chosen.up_s + _ENDING_S:
            continue
        if ring.of_use(slot):
            found.found(
                "withheld", f"chosen at {chosen.t_s:.1f} s, written at {when_s:.1f}: {slot}"
            )


def _taken_back(played: Played, began: truth.Started, found: Findings) -> None:
    """Three choices in a row: of what was before, nothing is on flash any more."""
    if played.plan.get("logging", {}).get("guest"):
        return
    pressed = sorted(truth.presses(played), key=lambda one: one.t_s)
    for three in zip(pressed, pressed[1:], pressed[2:], strict=False):
        first, _, last = three
        before = [one for one in pressed if one.t_s < first.t_s]
        if last.t_s - first.t_s >= _ROW_S - 0.5 or any(first.t_s - b.t_s < 25 for b in before):
            continue
        if not all(2.0 < one.hold_s < 4.9 and truth.alone(played, one) for one in three):
            continue
        if not truth.ran(played, first.t_s - 0.5, last.up_s + 5):
            continue
        found.seen["taken back"] += 1
        for slot in played.end.good.values():
            when_s = began.when(slot.boot, slot.uptime_ms)
            # The last hour goes in any case
            recent = when_s is not None and max(0, last.t_s - 3600) <= when_s < last.t_s
            if recent and ring.of_use(slot) and not _earlier(played, slot):
                found.found("withheld", f"taken back at {last.t_s:.1f} s, and there: {slot}")


def _own(played: Played) -> Iterator[Slot]:
    """What this night wrote, whenever somebody looked."""
    ever = {
        (seq, slot.raw): slot
        for flash in (*(look.flash for look in played.looks), played.end)
        for seq, slot in flash.good.items()
    }
    return (slot for slot in ever.values() if not _earlier(played, slot))


def _earlier(played: Played, slot: Slot) -> bool:
    return slot.seq < played.before.next


# The seq from which the plan of this night was in force: of the visit that set it up
def _agreed(played: Played) -> int:
    plans = (slot.seq for slot in _own(played) if slot.kind == ring.PLAN)
    return min(plans, default=played.end.next)
