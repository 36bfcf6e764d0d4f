"""Watching an object through a minute of rest and one hug, over its port.

All times are the object's own (`uptime_ms`): a simulated one may live faster than the host.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ..errors import KitbagError, Reason, RequestRefused
from ..object_client import Felt, Hello, ObjectClient
from ..records import decode

# A question and its answer take about 15 ms at 115200 baud: 20 a second leave the line, and the
# object, most of their time. Too slow for the noise, which the object therefore measures itself
POLL_S = 0.05  # of the host's time

REST_TRIES = 3  # so many times as long as the rest, a quiet one is looked for
HUG_WAIT_MS = 60_000
HUG_MS = 5_000  # what is asked for
HUG_ENOUGH_MS = 15_000  # nobody has to let go for us
BUMP_MS = 1_500  # a touch shorter than this was no hug

Tell = Callable[[str], None]
Progress = Callable[[float, str], None]
"""Called with the share that is done (0 to 1) and a word on what is going on."""


@dataclass(frozen=True)
class Watched:
    """What was seen. Lists are empty where it did not come to that.

    `rest` is one stretch in which nothing touched the object, `hug` all from the end of that rest
    to the end of the hug, or of the wait for one. `lost`: the sensor did not answer.
    """

    rest: list[Felt] = field(default_factory=list[Felt])
    hug: list[Felt] = field(default_factory=list[Felt])
    noticed_after_s: float | None = None
    lost: bool = False


def watch(
    client: ObjectClient,
    rest_s: float,
    tell: Tell,
    progress: Progress | None = None,
    nap: Callable[[float], None] = time.sleep,
) -> Watched:
    """Ask for `rest_s` seconds of rest and then for a hug, and watch both.

    Raises KitbagError; LinkLost when the port went.
    """
    looking = _Looking(client, progress, nap)
    hello = client.hello()
    if client.status().get("state") == "link":
        raise KitbagError(
            where=client.name,
            reason=Reason.REQUEST_REFUSED,
            problem="in its link window the object has its radio and nothing that feels",
            next_step="press its button, which ends the window, plug it in by USB and repeat the "
            "command without --port",
        )
    how_long = "a minute" if rest_s == 60 else f"{rest_s:g} seconds"
    tell(f"Lay it down and leave it alone for {how_long}.")
    rest = looking.rest(rest_s * 1000, tell)
    if looking.lost or not rest:
        return Watched(lost=looking.lost)
    tell(
        "Now hug it for five seconds, evenly, then let go. (It may begin to warm, as after any "
        "hug; its button or three squeezes stop that.)"
    )
    hug = looking.hug(tell)
    if looking.lost:
        return Watched(rest, lost=True)
    tell("Thank you.")
    return Watched(rest, hug, _noticed_after_s(client, hello))


class _Looking:
    """Reads the object again and again, in its own time."""

    def __init__(
        self, client: ObjectClient, progress: Progress | None, nap: Callable[[float], None]
    ) -> None:
        self._client = client
        self._progress = progress
        self._nap = nap
        self._last_ms = 0
        self.lost = False

    def _next(self) -> Felt:
        self._nap(POLL_S)
        felt = self._client.feel()
        if felt.uptime_ms < self._last_ms:
            raise KitbagError(
                where=self._client.name,
                reason=Reason.DATA_INCOMPLETE,
                problem="the object started anew while it was watched",
                next_step="repeat the command; if it starts anew again, charge it, then look for "
                "the cause in the `boot` records of its log",
            )
        self._last_ms = felt.uptime_ms
        self.lost = felt.lost
        return felt

    def _show(self, share: float, doing: str) -> None:
        if self._progress is not None:
            self._progress(min(share, 1.0), doing)

    def rest(self, rest_ms: float, tell: Tell) -> list[Felt]:
        """The first stretch of `rest_ms` that nothing touched; empty when none came, or lost."""
        quiet: list[Felt] = []
        first = felt = self._next()
        while not self.lost and felt.uptime_ms - first.uptime_ms <= REST_TRIES * rest_ms:
            if not felt.touched:
                quiet.append(felt)
            elif quiet:
                quiet = []
                tell("Something touched it, so the time begins anew. Leave it alone.")
            passed_ms = felt.uptime_ms - quiet[0].uptime_ms if quiet else 0
            if passed_ms >= rest_ms:
                return quiet
            self._show(passed_ms / rest_ms, "leave it alone")
            felt = self._next()
        return []

    def hug(self, tell: Tell) -> list[Felt]:
        """All from now to the end of a hug, or of the wait for one."""
        seen: list[Felt] = []
        touched_ms: int | None = None
        first = felt = self._next()
        while not self.lost:
            seen.append(felt)
            if touched_ms is None:
                if felt.touched:
                    touched_ms = felt.uptime_ms
                elif felt.uptime_ms - first.uptime_ms > HUG_WAIT_MS:
                    break
            elif felt.uptime_ms - touched_ms > HUG_ENOUGH_MS:
                break
            elif not felt.touched:
                if felt.uptime_ms - touched_ms >= BUMP_MS:
                    break
                seen = []
                touched_ms = None
                tell("That was too short for a hug. Hug it for five seconds.")
            if touched_ms is None:
                self._show((felt.uptime_ms - first.uptime_ms) / HUG_WAIT_MS, "hug it now")
            else:
                held_ms = felt.uptime_ms - touched_ms
                self._show(held_ms / HUG_MS, "hold it" if held_ms < HUG_MS else "let go")
            felt = self._next()
        return seen


def _noticed_after_s(client: ObjectClient, before: Hello) -> float | None:
    """How long after its onset the object noticed the hug, as its log has it since `before`.

    None where the care plan lets no hugs be written, or the record cannot be read.
    """
    found: float | None = None
    at, end = before.next, client.hello().next
    try:
        while at < end:
            chunk = client.read(at, end - at, before.epoch)
            for record in decode(chunk, before.boot).records:
                after_s = record.fields.get("noticed_after_s")
                if record.name == "hold_start" and isinstance(after_s, (int, float)):
                    found = after_s
            at = chunk.end_seq
    except RequestRefused:  # a lost part of the log; the hug was seen all the same
        return None
    return found
