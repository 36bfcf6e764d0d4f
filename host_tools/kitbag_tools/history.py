"""All that the store knows of one object, with times: what nights and tables are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kitbag.wire import plan as care_plan
from kitbag.wire import records as wire

from .errors import KitbagError, Reason
from .records import LogRecord
from .store import Gap, PastVisit, Store
from .timeline import Timeline, timeline

LEVEL_NOTHING = 0  # of the care plan's logging.level

# All that an object writes while guests have it; anything else says that they are gone
_WITH_GUESTS = (wire.GUARD, wire.EXCEPTION, wire.PLAN, wire.ANCHOR)


@dataclass(frozen=True)
class Log:
    """One log of an object: from one formatting of its flash to the next."""

    epoch: int
    timeline: Timeline
    gaps: list[Gap]
    conflicts: int  # records in quarantine
    levels: list[tuple[int, int]]  # (first seq, logging level from there on), never empty
    guests: list[range]  # seqs at which it was lent: what follows each was not written down

    def level_at(self, seq: int) -> int:
        """What the holder let be written around `seq`."""
        level = self.levels[0][1]
        for first, set_level in self.levels:
            if first > seq:
                break
            level = set_level
        return level

    def lent_at(self, seq: int) -> bool:
        """Whether guests had the object just after `seq` was written."""
        return any(seq in lent for lent in self.guests)


@dataclass(frozen=True)
class History:
    """One object's logs, in the order in which they began, and the visits that brought them."""

    device: str
    firmware: str
    logs: list[Log]
    visits: list[PastVisit]
    plan: dict[str, Any] | None  # the last care plan that is known

    @property
    def doubts(self) -> list[str]:
        return [doubt for log in self.logs for doubt in log.timeline.doubts]


def load(store: Store, device: str | None = None) -> History:
    """The history of `device` (its id or the beginning of it), or of the only one in the store.

    The store is checked first (Store.check). Raises KitbagError when it is empty or damaged past
    mending, or does not say which object is meant.
    """
    store.check()
    device = _which(store, device)
    visits = store.visits(device)
    plans = {v.plan_crc: store.plan(device, v.plan_crc) for v in visits if v.plan_crc is not None}
    logs = [_log(store, device, epoch, plans) for epoch in store.epochs(device)]
    last = next((plan for v in reversed(visits) if (plan := plans.get(v.plan_crc or -1))), None)
    return History(device, visits[-1].firmware, logs, visits, last)


def _which(store: Store, wanted: str | None) -> str:
    devices = store.devices()
    if not devices:
        raise KitbagError(
            where=str(store.path),
            reason=Reason.NOTHING_STORED,
            next_step="plug an object in and run `kitbag sync`",
        )
    if wanted is None:
        found = devices
    else:
        found = [device for device in devices if device.startswith(wanted.lower())]
    if len(found) != 1:
        raise KitbagError(
            where="--object",
            reason=Reason.USAGE,
            problem="the store holds no such object" if not found else "which object is meant?",
            given=wanted or "",
            allowed=", ".join(sorted(devices)),
            next_step="name one of them with --object",
        )
    return found[0]


def _log(store: Store, device: str, epoch: int, plans: Mapping[int, dict[str, Any] | None]) -> Log:
    records = store.records(device, epoch)
    default = int(care_plan.defaults()["logging.level"])
    levels: list[tuple[int, int]] = []
    for record in records:
        if record.kind == wire.PLAN:
            crc = record.fields["crc"]
            plan = plans.get(crc) if isinstance(crc, int) else None
            levels.append((record.seq, plan["logging.level"] if plan else default))
    if not levels:
        first = next(
            (plan for v in store.visits(device) if (plan := plans.get(v.plan_crc or -1))), None
        )
        levels = [(0, first["logging.level"] if first else default)]
    return Log(
        epoch=epoch,
        timeline=timeline(records, store.anchors(device, epoch)),
        gaps=store.gaps(device, epoch),
        conflicts=store.quarantined(device, epoch),
        levels=levels,
        guests=_guests(records, plans),
    )


def _guests(
    records: Sequence[LogRecord], plans: Mapping[int, dict[str, Any] | None]
) -> list[range]:
    found: list[range] = []
    since: int | None = None
    for record in records:
        guest = False
        if record.kind == wire.PLAN:
            crc = record.fields["crc"]
            plan = plans.get(crc) if isinstance(crc, int) else None
            guest = bool(plan and plan.get("logging.guest"))
        if since is not None and (record.kind not in _WITH_GUESTS or record.kind == wire.PLAN):
            found.append(range(since, record.seq))
            since = None
        if guest:
            since = record.seq
    if since is not None:
        found.append(range(since, records[-1].seq + 1))
    return found
