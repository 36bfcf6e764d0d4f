"""A visit: what the host does with an object while it is plugged in.

`set_up` leaves a care plan and an anchor behind; `sync` brings the log home. Both end with the
store as it was or with the whole visit in it, never in between, and neither erases anything on
the object: `ack` is a mark, sent only after the store has committed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from typing import Any, TypeVar

from kitbag.wire import requests

from .errors import KitbagError, LinkLost, Reason, RequestRefused
from .object_client import Contact, Hello, ObjectClient, StoredPlan
from .records import Chunk, LogRecord, decode
from .store import Gap, Store, Visit

# A clock before this was never set: no anchor is better than a wrong one
CLOCK_EARLIEST_UTC_MS = 1_577_836_800_000  # 2020-01-01

LOG_FIRST_SEQ = 1  # a new log begins here

# So many of the newest stored slots are read again: a log that was put back to an earlier state
# and written anew would else pass unseen
OVERLAP_SLOTS = 4

_CLOCK_NOT_SET = (
    "This computer's clock is not set, so this visit gives the nights no times. "
    "Set the clock and run `kitbag sync` again."
)

_NOT_ACKNOWLEDGED = (
    "Everything is stored, but the object could not be told so any more. "
    "Until the next `kitbag sync` it will say that it still holds records for you."
)

_UNPROVEN = (
    "The object read part of its log differently twice, so it was not told that this computer has"
    " it. What came down whole is stored; have the object's flash looked at (`kitbag doctor`)."
)

_T = TypeVar("_T")

Progress = Callable[[int, int], None]
"""Called with (slots read, slots to read in all)."""

_BROKEN = (Reason.LINK_LOST, Reason.NO_ANSWER, Reason.BAD_ANSWER)


@dataclass(frozen=True)
class SetUpResult:
    """What a set-up left behind. `plan` is the care plan as read back from the object."""

    device: str
    firmware: str
    plan: StoredPlan
    contact: Contact | None


@dataclass(frozen=True)
class SyncResult:
    """What a sync brought home.

    `gaps` are the ones found in this visit; `complete` is false when any of them is one (what
    earlier visits already told is not told again). `conflicts` are seqs whose content differs from
    what an earlier visit stored. `warnings` are sentences for people. `read_bytes` of log came
    down in `read_ms` by the host's clock.
    """

    device: str
    firmware: str
    epoch: int
    records_new: int
    records_total: int
    gaps: list[Gap]
    conflicts: list[int]
    warnings: list[str]
    status: dict[str, Any] = field(default_factory=dict[str, Any])
    read_bytes: int = 0
    read_ms: int = 0

    @property
    def complete(self) -> bool:
        return not self.gaps and not self.conflicts


def set_up(
    client: ObjectClient, plan_tree: dict[str, Any] | None, store: Store | None = None
) -> SetUpResult:
    """Adopt the object for its holder: the care plan `plan_tree` (None: as it is) and an anchor.

    With a `store` the contact is kept there too, which later gives the first night its times.
    Raises KitbagError.
    """
    hello = client.hello()
    contact, _ = _anchor(client, hello)
    plan = client.plan_get() if plan_tree is None else client.plan_apply(plan_tree)
    if store is not None:
        contacts = [contact] if contact else []
        store.add(
            Visit(
                "set_up",
                hello,
                client.now_utc_ms(),
                contacts=contacts,
                plan=plan,
                plan_crc=plan.crc,
            )
        )
    client.bye()
    return SetUpResult(hello.device, hello.firmware, plan, contact)


def sync(client: ObjectClient, store: Store, progress: Progress | None = None) -> SyncResult:
    """Bring home what the store does not hold yet of the object's log.

    A lost link is waited for (ObjectClient.reconnect) and the download goes on where it stopped.
    Raises KitbagError with exit code 4, the store untouched, when the object stays away.
    """
    hello = client.hello()
    try:
        return _sync(client, store, hello, progress)
    except KitbagError as error:
        if error.reason not in _BROKEN:
            raise
        raise KitbagError(
            where=error.where,
            reason=error.reason,
            problem=f"{error.problem} before everything had come down, so nothing was stored",
            given=error.given,
            next_step="plug the object in and run `kitbag sync` again: nothing was erased on it",
            exit_code=Reason.DATA_INCOMPLETE.exit_code,
        ) from error


def _sync(
    client: ObjectClient, store: Store, hello: Hello, progress: Progress | None
) -> SyncResult:
    found = store.check()  # before anything of it is taken for held
    contact, warnings = _anchor(client, hello)
    warnings = [*found, *warnings]
    status = client.status()
    plan = _plan_unless_known(client, store, hello.device, status)
    hello = client.hello()  # again: the anchor is a record of its own
    held = store.held(hello.device, hello.epoch)

    stored = store.seqs(hello.device, hello.epoch, range(LOG_FIRST_SEQ, hello.next))
    known = stored | {
        seq
        for gap in store.gaps(hello.device, hello.epoch)
        for seq in range(gap.first_seq, gap.last_seq + 1)
    }
    download = Download(client, hello, known, progress)
    began_ms = client.now_utc_ms()
    for wanted in missing(held, hello.first, hello.next):
        download.read(wanted)
    read_ms = client.now_utc_ms() - began_ms
    overwritten = [
        Gap(hello.epoch, part.start, part.stop - 1, "overwritten")
        for gone in missing(held, LOG_FIRST_SEQ, hello.first, overlap=0)
        for part in without(gone, stored)  # a record outlives the raw bytes that it came in
    ]
    gaps = overwritten + download.gaps

    added = store.add(
        Visit(
            act="sync",
            hello=download.hello,
            utc_ms=client.now_utc_ms(),
            chunks=download.chunks,
            records=download.records,
            gaps=gaps,
            contacts=[contact] if contact else [],
            plan=plan,
            plan_crc=plan.crc if plan else status.get("plan_crc"),
        )
    )
    try:
        if download.unproven:
            warnings = [*warnings, _UNPROVEN]
        else:
            client.acknowledge(hello.next)
        client.bye()
    except KitbagError:
        # Only a mark is missing on the object; the next visit sets it
        warnings = [*warnings, _NOT_ACKNOWLEDGED]
    return SyncResult(
        device=hello.device,
        firmware=hello.firmware,
        epoch=hello.epoch,
        records_new=added.records_new,
        records_total=added.records_total,
        gaps=gaps,
        conflicts=added.conflicts,
        warnings=warnings,
        status=status,
        read_bytes=sum(len(chunk.slots) for chunk in download.chunks),
        read_ms=read_ms,
    )


def missing(
    held: Sequence[range], first: int, end: int, overlap: int = OVERLAP_SLOTS
) -> list[range]:
    """The parts of [first, end) that are not in `held` (ascending, not touching), to be read.

    The last `overlap` held slots before the end are asked for again. Where the store holds more
    than the object has ever written (its log was put back), all that the object has is asked for.
    """
    if overlap and held:
        if held[-1].stop > end:
            held = []
        else:
            newest = held[-1]
            held = [*held[:-1], range(newest.start, max(newest.start, newest.stop - overlap))]
    edges = [range(first), *(r for r in held if r.stop > first and r.start < end)]
    parts = [range(a.stop, b.start) for a, b in pairwise([*edges, range(end, end)])]
    return [part for part in parts if len(part)]


def without(part: range, known: Set[int]) -> list[range]:
    """What is left of `part` when the seqs in `known` are taken out."""
    edges = [part.start - 1, *(seq for seq in part if seq in known), part.stop]
    return [range(a + 1, b) for a, b in pairwise(edges) if b - a > 1]


@dataclass
class _Came:
    """Of one window: the slots that came, and what will not come, with the reason."""

    chunks: list[Chunk] = field(default_factory=list[Chunk])
    gone: list[tuple[range, str]] = field(default_factory=list[tuple[range, str]])


class Download:
    """The slots of one visit as they come in, across lost links, each proven by the object.

    `known` are seqs that are stored already, or told to be gone.
    """

    def __init__(
        self,
        client: ObjectClient,
        hello: Hello,
        known: Set[int] = frozenset(),
        progress: Progress | None = None,
    ) -> None:
        self._client = client
        self.hello = hello
        self._known = known
        self._progress = progress
        self._done = 0
        self.chunks: list[Chunk] = []
        self.records: list[LogRecord] = []
        self.gaps: list[Gap] = []
        self.unproven: list[range] = []  # what the object's own digest did not agree with, twice

    def read(self, wanted: range) -> None:
        """Bring down the slots of `wanted`, a window after the other. Raises KitbagError."""
        for first in range(wanted.start, wanted.stop, requests.WINDOW_MAX):
            window = range(first, min(first + requests.WINDOW_MAX, wanted.stop))
            came = self._window(window)
            if not self._proven(window, came):
                # Once more: flash may have been read badly, or have changed meanwhile
                came = self._window(window)
                if not self._proven(window, came):
                    self.unproven.append(window)
            for chunk in came.chunks:
                self._take(chunk)
            for gone, reason in came.gone:
                for part in without(gone, self._known):
                    self._gap(part.start, part.stop - 1, reason)

    def _window(self, wanted: range) -> _Came:
        """What there is of `wanted`, as it lies on the object's flash."""
        came = _Came()
        at = wanted.start
        while at < wanted.stop:
            chunk = self._chunk(at, wanted.stop - at)
            if chunk is None:
                # The ring may have come round to it while we were reading
                first = self._object(lambda: self._client.hello().first)
                if first <= at:
                    came.gone.append((range(at, wanted.stop), "lost"))
                    break
                came.gone.append((range(at, min(first, wanted.stop)), "overwritten"))
                at = first
                continue
            came.chunks.append(chunk)
            at = chunk.end_seq
            self._done += chunk.count
            if self._progress:
                self._progress(self._done, max(self._done, self.hello.next - self.hello.first))
        return came

    def _proven(self, window: range, came: _Came) -> bool:
        """Whether what came is all that the object finds there on its flash, by SHA-256."""
        gone = [part for part, _ in came.gone]
        for part in missing(gone, window.start, window.stop, overlap=0):
            mine = hashlib.sha256(b"".join(c.slots for c in came.chunks if c.first_seq in part))
            try:
                theirs = self._object(partial(self._client.digest, part.start, len(part)))
            except RequestRefused as error:
                if error.code != requests.E_NO_SUCH_RECORD:
                    raise
                continue  # the ring has come round to it: nothing is left to compare with
            if mine.hexdigest() != theirs:
                return False
        return True

    def _chunk(self, at: int, count: int) -> Chunk | None:
        """The slots from `at` on; None when the object says that it has none there."""
        try:
            return self._object(lambda: self._client.read(at, count, self.hello.epoch))
        except RequestRefused as error:
            if error.code == requests.E_NO_SUCH_RECORD:
                return None
            raise

    def _object(self, ask: Callable[[], _T]) -> _T:
        """The answer to `ask`, over as many lost links as the client has patience with."""
        while True:
            try:
                return ask()
            except LinkLost:
                self.hello = self._client.reconnect(self.hello)

    def _take(self, chunk: Chunk) -> None:
        decoded = decode(chunk, self.hello.boot)
        if decoded.damaged:
            # Once more: a slot may be whole on flash and have been read badly
            again = self._chunk(chunk.first_seq, chunk.count)
            if again and (again.first_seq, again.count) == (chunk.first_seq, chunk.count):
                second = decode(again, self.hello.boot)
                if len(second.damaged) < len(decoded.damaged):
                    chunk, decoded = again, second
        self.chunks.append(chunk)
        self.records += decoded.records
        for seqs, reason in ((decoded.damaged, "damaged"), (decoded.erased, "overwritten")):
            for seq in seqs:
                if seq not in self._known:
                    self._gap(seq, seq, reason)

    def _gap(self, first: int, last: int, reason: str) -> None:
        before = self.gaps[-1] if self.gaps else None
        if before and before.reason == reason and before.last_seq + 1 == first:
            self.gaps[-1] = replace(before, last_seq=last)
        else:
            self.gaps.append(Gap(self.hello.epoch, first, last, reason))


def _anchor(client: ObjectClient, hello: Hello) -> tuple[Contact | None, list[str]]:
    """Compare clocks and leave the result in the object's log; (contact, warnings)."""
    contact = client.exchange_time(hello.boot)
    if contact.utc_ms < CLOCK_EARLIEST_UTC_MS:
        return None, [_CLOCK_NOT_SET]
    try:
        client.set_anchor(contact)
    except RequestRefused:
        # The store keeps the contact all the same; only a second computer would miss it
        return contact, [
            "The object did not believe this computer's clock. Check date and time here."
        ]
    return contact, []


def _plan_unless_known(
    client: ObjectClient, store: Store, device: str, status: dict[str, Any]
) -> StoredPlan | None:
    """The care plan in force, so that a night can be read beside what was set for it."""
    crc = status.get("plan_crc")
    if isinstance(crc, int) and store.plan(device, crc) is not None:
        return None
    return client.plan_get()
