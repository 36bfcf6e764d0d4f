"""Whether the times are right: against when the world knows that things were."""

from __future__ import annotations

from itertools import pairwise

import ring
import truth
from findings import Findings
from played import Played, Row

_CLAIM_S = 1.0  # what `anchored` promises
_NO_TIME = ("start_utc", "start_s", "start_local", "start_clock")


def judge(played: Played, found: Findings) -> None:
    began = truth.started(played)
    order = [began_s for _, began_s in sorted(began.by_boot.items())]
    if any(one >= other for one, other in pairwise(order)):
        found.found("time", f"boots in another order than they were: {began.by_boot}")
    # The boot that the last visit came to is known, whatever went before
    last = max((int(row["boot"]) for row in played.events), default=0)
    syncs = [look for look in played.looks if look.kind == "sync"]
    visited = bool(syncs) and syncs[-1].done is not None
    for row in played.events:
        if visited and int(row["boot"]) == last and not row["start_s"]:
            found.found("time", f"{row['seq']} has none, in the boot of the last visit")
        if row["time_quality"].startswith("anchored"):
            _anchored(row, began, found)
        elif any(row[name] for name in _NO_TIME):
            found.found("time", f"{row['seq']} is {row['time_quality']} and has a time")
    _presses_are_told(played, began, found)


def _anchored(row: Row, began: truth.Started, found: Findings) -> None:
    true_s = began.when(int(row["boot"]), int(row["uptime_ms"]))
    if true_s is None:
        found.found("time", f"{row['seq']} has a time, and there was no boot")
        return
    found.seen["times"] += 1
    off_s = abs(float(row["start_s"]) - true_s)
    if off_s > _CLAIM_S:
        found.found("time", f"{row['seq']} ({row['kind']}) is off by {off_s:.2f} s")


def _presses_are_told(played: Played, began: truth.Started, found: Findings) -> None:
    """Every press that only stops is in the log, once, when it was; and no other is."""
    told = [
        when_s for slot in _ever(played)
        if slot.kind == ring.STOP and slot.raw[6] == ring.BY_BUTTON
        and (when_s := began.when(slot.boot, slot.uptime_ms)) is not None
    ]  # fmt: skip
    pressed = truth.presses(played)
    for when_s in told:
        # One that is held while the object starts is felt at the start
        if not any(one.t_s - _CLAIM_S < when_s < one.up_s + _CLAIM_S for one in pressed):
            found.found("time", f"a stop at {when_s:.1f} s, when nobody pressed")
    chosen = [one.t_s for one in pressed if one.hold_s > 1.9]
    logging = played.plan.get("logging", {})
    if logging.get("guest") or logging.get("level", 2) < 2 or not played.stored.next:
        return
    for one in pressed:
        # Once it may have been chosen, it may be withheld; and the ring may have lost the boot
        if min(chosen, default=1e9) < one.t_s or one.hold_s > 1.9 or not _alone(played, one):
            continue
        found.seen["presses"] += 1
        near = sum(abs(when_s - one.t_s) < _CLAIM_S for when_s in told)
        if near != 1:
            found.found("silent", f"the press at {one.t_s:.1f} s is told {near} times")


# And in a boot of which the time is known
def _alone(played: Played, press: truth.Press) -> bool:
    if not truth.alone(played, press):
        return False
    began_s = max(boot_s for boot_s in played.boots_s if boot_s < press.t_s)
    return began_s in truth.started(played).by_boot.values()


def _ever(played: Played) -> list[ring.Slot]:
    """Every record that was on flash when somebody looked."""
    ever = {
        seq: slot
        for flash in (*(look.flash for look in played.looks), played.end)
        for seq, slot in flash.good.items()
    }
    return list(ever.values())
