"""Whether the log came home: every seq there or named, nothing lost, nothing given out twice."""

from __future__ import annotations

import struct

import ring
from findings import Findings
from played import Look, Played, Stored
from ring import Ring


def judge(played: Played, found: Findings) -> None:
    _named(played, found)
    _gaps_are_true(played, found)
    _kept(played, found)
    _once(played, found)
    _acknowledged(played, found)


def _syncs(played: Played) -> list[Look]:
    return [look for look in played.looks if look.done is not None]


# From the first seq that ever was to the last sync's end: a record, a gap, or a slot that says
# nothing. Those are torn by a cut, at most one each, or were taken back.
def _named(played: Played, found: Findings) -> None:
    stored = played.stored
    seqs = range(1, stored.next)
    void = {seq for seq, raw in stored.slots.items() if raw == ring.VOID}
    unnamed = [
        seq for seq in seqs
        if seq not in stored.records and seq not in stored.gaps and seq not in void
    ]  # fmt: skip
    found.found("unnamed", f"{unnamed[:5]}", len(unnamed))
    if not _taken_back(played):
        torn = void - played.before.void
        excess = len(torn) - played.power_went()
        said = f"{len(torn)} slots are void, {played.power_went()} times the power went"
        found.found("unnamed", said, max(0, excess))
    found.seen["seqs"] += len(seqs)
    found.seen["gaps"] += len(stored.gaps)


# Three presses of the choice at the least
def _taken_back(played: Played) -> bool:
    presses = [e for e in played.scenario.events if e.do == "button" and e.values["hold_s"] < 5.3]
    return sum(e.values["hold_s"] > 1.9 for e in presses) >= 3


def _gaps_are_true(played: Played, found: Findings) -> None:
    stored, cuts = played.stored, played.power_went()
    within: dict[str, list[int]] = {}
    for seq, reason in stored.gaps.items():
        within.setdefault(reason, []).append(seq)
    damaged = within.get("damaged", [])
    found.found("false_gap", f"damaged: {damaged[:5]}, {cuts} cuts", max(0, len(damaged) - cuts))
    lost = within.get("lost", [])
    found.found("false_gap", f"lost: {lost[:5]}", len(lost))
    # All but the oldest sector are there whatever happens: also an erase that the power ended was
    # of a sector that was the next to go
    sectors = played.end.sectors or 1
    held_from = stored.next - (sectors - 1) * ring.PER_SECTOR
    early = [seq for seq in within.get("overwritten", []) if seq >= held_from]
    found.found("false_gap", f"overwritten before its time: {early[:5]}", len(early))
    there = [seq for seq in stored.gaps if seq in stored.records]
    found.found("false_gap", f"there all the same: {there[:5]}", len(there))


def _kept(played: Played, found: Findings) -> None:
    """What was on flash at a sync is in the store from then on, as it was."""
    kept: dict[int, tuple[int, bytes]] = {}
    for look in _syncs(played):
        _on_flash(look.flash, look.stored, found)
        _same(kept, look.stored, found)
        kept = look.stored.records
    _same(kept, played.stored, found)
    if _syncs(played):
        _on_flash(played.end, played.stored, found)


def _on_flash(flash: Ring, stored: Stored, found: Findings) -> None:
    for seq, slot in flash.good.items():
        if seq >= stored.next:
            continue
        found.seen["compared"] += 1
        there = stored.records.get(seq)
        if there is None:
            found.found("not_stored", f"{seq}")
        elif there[1] != slot.raw or slot.boot not in (None, there[0]):
            found.found("not_stored", f"{seq} is {there}, on flash {slot}")


def _same(before: dict[int, tuple[int, bytes]], now: Stored, found: Findings) -> None:
    gone = [seq for seq, record in before.items() if now.records.get(seq) != record]
    found.found("lost", f"{gone[:5]}", len(gone))


def _once(played: Played, found: Findings) -> None:
    """One log, whose seqs only grow and never come to say something else."""
    ever: dict[int, bytes] = {}
    next_seq = 0
    rings = [*([played.before] if played.before.next else []),
             *(look.flash for look in played.looks), played.end]  # fmt: skip
    for flash in rings:
        for seq, slot in flash.good.items():
            if ever.setdefault(seq, slot.raw) != slot.raw:
                found.found("reused", f"{seq} was {ever[seq].hex()}, is {slot.raw.hex()}")
        if flash.next < next_seq:
            found.found("reused", f"the next seq was {next_seq}, is {flash.next}")
        next_seq = flash.next
    epochs = {flash.epoch for flash in rings} | played.stored.epochs
    found.found("reused", f"{len(epochs)} logs", len(epochs) - 1)
    found.found("reused", "in quarantine", played.stored.quarantined)
    conflicts = sum(len(look.done.conflicts) for look in _syncs(played) if look.done)
    found.found("reused", "conflicts told", conflicts)
    found.seen["wrapped"] += played.before.next > 0 and _begun(played.end) > _begun(played.before)


def _begun(flash: Ring) -> int:
    return (flash.next - 2) // ring.PER_SECTOR


# By this host: what an earlier one said stands until then
def _acknowledged(played: Played, found: Findings) -> None:
    lived = played.night.earlier
    earlier = lived.settings.get("acked", b"") if lived else b""
    for look in played.looks:
        if look.acked == earlier:
            continue
        stored = look.stored
        epoch, acked = struct.unpack("<II", look.acked)
        found.found("acked", f"of the log {epoch:08x}", epoch != look.flash.epoch)
        missing = [
            seq for seq in range(1, acked)
            if seq not in stored.records and seq not in stored.gaps and seq not in stored.slots
        ]  # fmt: skip
        found.found("acked", f"{missing[:5]}", len(missing))
