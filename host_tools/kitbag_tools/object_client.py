"""The host's half of the conversation with an object: one request, one answer.

Every request carries a turn number that its answer repeats. An answer that comes damaged (frame
CRC), late (an older turn) or not at all makes the client ask again under a new turn, so that no
answer can pass for another one. Nothing here sleeps between frames, sends ahead, or reads any
clock but the one it was given: with the same inputs the bytes on the wire are the same.

With a key (`unlock`) every request goes sealed, and nothing but what the object of that key has
sealed is believed. An object that was restarted meanwhile is challenged again.
"""

from __future__ import annotations

import contextlib
import math
import secrets
import struct
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kitbag.wire import asking, frames, plan, requests, sealing
from kitbag.wire.records import SLOT

from . import sealed
from .errors import KitbagError, LinkLost, Reason, RequestRefused
from .keys import HostKey
from .records import Chunk
from .transports.base import Transport

ANSWER_TIMEOUT_S = 2.0  # real time; the object answers within a few loop turns
TRIES = 4
RECONNECT_S = 8.0  # how long a lost link may stay away before the visit is given up
TIME_EXCHANGES = 5
TURN_MAX = 255  # turns travel in one byte; 0 is the object's word for "I could not read that"

Fields = dict[str, Any]  # a JSON object


@dataclass(frozen=True)
class Greeting:
    """What an object tells a stranger. `adopted`: some computer has been adopted by it."""

    device: str
    firmware: str
    adopted: bool


@dataclass(frozen=True)
class Hello:
    """Who the object is and which records it holds: seq `first` up to, not including, `next`."""

    device: str
    firmware: str
    schema: int
    epoch: int
    boot: int
    uptime_ms: int
    first: int
    next: int
    acked: int


@dataclass(frozen=True)
class Contact:
    """One look at both clocks: at `uptime_ms` of boot `boot` it was `utc_ms`, ± `rtt_ms` / 2."""

    boot: int
    uptime_ms: int
    utc_ms: int
    rtt_ms: int


@dataclass(frozen=True)
class Felt:
    """What the bladder feels at `uptime_ms`.

    `step_pa` is the mean difference of one sample to the next while nothing touches the object,
    None too soon after a touch; `tautness_pa_per_k` is None until the object has learned it.
    `lost`: the sensor does not answer, and what stands here is old.
    """

    uptime_ms: int
    pressure_pa: float
    bladder_c: float
    step_pa: float | None
    tautness_pa_per_k: float | None
    touched: bool
    lost: bool


@dataclass(frozen=True)
class StoredPlan:
    """The care plan an object follows: its stored form (JSON text) and that form's CRC-32."""

    text: str
    crc: int


@dataclass
class _Ahead:
    """Records that the object sends without being asked again: those from seq `at` up to, not
    including, `end`, in answer to `turn`. `size` is how many are asked for at once.
    """

    turn: int
    at: int
    end: int
    size: int

    @property
    def left(self) -> int:
        """Frames that may still come."""
        return -((self.at - self.end) // requests.READ_MAX) + 1 if self.at < self.end else 0


class ObjectClient:
    """A conversation with one object. Close it, or use it in `with`.

    `now_utc_ms` is the host's clock (milliseconds since 1970). `patience_s` bounds how long
    `reconnect` waits, in real seconds. Methods raise KitbagError; LinkLost when the port went.
    """

    def __init__(
        self,
        transport: Transport,
        now_utc_ms: Callable[[], int],
        *,
        answer_timeout_s: float = ANSWER_TIMEOUT_S,
        tries: int = TRIES,
        patience_s: float = RECONNECT_S,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._transport = transport
        self._now_utc_ms = now_utc_ms
        self._answer_timeout_s = answer_timeout_s
        self._tries = tries
        self._patience_s = patience_s
        self._random_bytes = random_bytes
        self._key: tuple[HostKey, str] | None = None  # and the id of its object
        self._session: sealed.SealedSession | None = None
        self._decoder = frames.Decoder(frames.ANSWER_MAX)
        self._came: deque[bytes] = deque()  # bodies that came in and were not looked at yet
        self._damaged = 0  # frames of the decoder's that have been told
        self._turn = 0
        self._ahead = _Ahead(0, 0, 0, requests.WINDOW_MAX)
        self._sent_ms = 0  # when the last request went out
        self.repeats = 0  # requests that had to be asked again

    def __enter__(self) -> ObjectClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def name(self) -> str:
        """What a person calls the port."""
        return self._transport.name

    def now_utc_ms(self) -> int:
        """The host's clock, as this conversation sees it."""
        return self._now_utc_ms() + self._transport.clock_ahead_ms

    def close(self) -> None:
        """Let go of the port. An object that is still sending is told that it need not."""
        if self._ahead.turn == self._turn and self._ahead.left:
            with contextlib.suppress(KitbagError):
                self._send(lambda turn: bytes(asking.request("abort", turn)))
        self._transport.close()

    def trust(self) -> None:
        """There is an object: from now on give its answers the time that they may take."""
        self._answer_timeout_s = ANSWER_TIMEOUT_S
        self._tries = TRIES

    # --- who is there, and who asks ------------------------------------------------------------

    def greet(self) -> Greeting:
        """Who is there, as anybody may know. The first request of every conversation."""
        key, self._key, self._session = self._key, None, None
        try:
            fields = self._greeted()
        finally:
            self._key = key
        return Greeting(
            device=str(fields["id"]),
            firmware=str(fields.get("fw", "")),
            adopted=fields.get("adopted") is True,
        )

    def adopt(self, device: str, role: str) -> HostKey:
        """Have the object `device` adopt this computer, and go on as that; the key to keep.

        The object keeps it with the first sealed request. Raises KitbagError (exit 5) where it
        takes no further one.
        """
        self._key = self._session = None  # a key of before is one that the object does not know
        share = self._random_bytes(sealing.NONCE)
        body = self._converse("adopt", lambda turn: sealed.adopt(turn, role, share))
        if body[0] == frames.ANSWER:
            self._fields("adopt", body)  # raises: it is a refusal
        try:
            key = sealed.adopted(body, role, share, device)
        except ValueError:
            raise self._nonsense("adopt", "share", body[:2].hex()) from None
        self.unlock(key, device)
        return key

    def unlock(self, key: HostKey, device: str) -> None:
        """From now on everything goes sealed, with `key`, between this computer and `device`."""
        self._key = (key, device)
        self._session = None

    def hosts(self) -> list[tuple[str, str]]:
        """(id, role) of each computer that the object has been adopted by."""
        found = self._ask("hosts").get("hosts")
        try:
            return [(str(host), str(role)) for host, role in found or ()]
        except (TypeError, ValueError):
            raise self._nonsense("hosts", "hosts", found) from None

    def admit(self, role: str) -> None:
        """For ten minutes one more computer may be adopted, in that role."""
        self._ask("admit", role=role)

    def revoke(self, host: str) -> bool:
        """Send the computer with that id away; whether it was one."""
        return self._ask("revoke", host=host).get("gone") is True

    # --- what can be asked ---------------------------------------------------------------------

    def hello(self) -> Hello:
        """Who is there and which records it holds."""
        fields = self._greeted()
        hello = Hello(
            device=str(fields["id"]),
            firmware=str(fields.get("fw", "")),
            schema=self._number("hello", fields, "schema"),
            epoch=self._number("hello", fields, "epoch"),
            boot=self._number("hello", fields, "boot"),
            uptime_ms=self._number("hello", fields, "uptime_ms"),
            first=self._number("hello", fields, "first"),
            next=self._number("hello", fields, "next"),
            acked=self._number("hello", fields, "acked"),
        )
        if hello.first > hello.next:
            raise self._nonsense("hello", "first", hello.first)
        return hello

    def _greeted(self) -> Fields:
        fields = self._ask("hello")
        if fields.get("kitbag") != requests.PROTOCOL:
            raise KitbagError(
                where=self.name,
                reason=Reason.BAD_ANSWER,
                problem="this object speaks another version of the protocol",
                given=fields.get("kitbag"),
                allowed=str(requests.PROTOCOL),
                next_step="use the version of this tool that belongs to the object's firmware",
            )
        device = fields.get("id")
        if not isinstance(device, str) or not device.isalnum() or len(device) > 64:
            raise self._nonsense("hello", "id", device)
        return fields

    def status(self) -> Fields:
        """What the object does and feels now, as it says it (kitbag.wire.requests)."""
        fields = self._ask("status")
        return {key: fields[key] for key in fields if key not in ("n", "ok")}

    def feel(self) -> Felt:
        """What the bladder feels now."""
        fields = self._ask("feel")
        return Felt(
            uptime_ms=self._number("feel", fields, "uptime_ms"),
            pressure_pa=self._real(fields, "pressure_pa"),
            bladder_c=self._real(fields, "bladder_c"),
            step_pa=self._real_or_none(fields, "step_pa"),
            tautness_pa_per_k=self._real_or_none(fields, "tautness_pa_per_k"),
            touched=fields.get("touched") is True,
            lost=fields.get("lost") is True,
        )

    def exchange_time(self, boot: int, times: int = TIME_EXCHANGES) -> Contact:
        """Both clocks at one moment: of `times` exchanges the one with the shortest way."""
        best: Contact | None = None
        for _ in range(times):
            uptime_ms = self._number("time", self._ask("time"), "uptime_ms")
            rtt_ms = self.now_utc_ms() - self._sent_ms
            if rtt_ms < 0:
                continue  # this computer's clock was set meanwhile
            if best is None or rtt_ms < best.rtt_ms:
                best = Contact(boot, uptime_ms, self._sent_ms + rtt_ms // 2, rtt_ms)
        if best is None:
            raise KitbagError(
                where=self.name,
                reason=Reason.NO_ANSWER,
                problem="the two clocks could not be compared",
                next_step="try another USB cable or port, then repeat the command",
            )
        return best

    def set_anchor(self, contact: Contact) -> None:
        """Have the object write `contact` into its log, beside what it says itself."""
        self._ask(
            "anchor",
            utc_ms=contact.utc_ms,
            uptime_ms=contact.uptime_ms,
            rtt_ms=contact.rtt_ms,
        )

    def read(self, first_seq: int, count: int, epoch: int) -> Chunk:
        """Up to `count` slots from `first_seq` on, of the log `epoch`.

        The object may give fewer: a chunk has at most 126, and never crosses a sector. Whoever
        goes on reading where the chunk ends gets what the object has sent meanwhile, a window of
        several chunks to a request. Raises RequestRefused with E_NO_SUCH_RECORD when it has none
        from there on.
        """
        body = self._sent_ahead(first_seq)
        if body is None:
            body = self._converse("read", self._window_from(first_seq, count), first_seq)
        if body[0] != frames.RECORDS:
            self._fields("read", body)  # raises when it is a refusal
            raise self._nonsense("read", "answer", "no records")
        header = struct.unpack_from(requests.RECORDS_HEADER, body)
        _, _, got_epoch, got_first, boot, slots = header
        data = body[asking.RECORDS_HEADER_SIZE :]
        if len(data) != slots * SLOT or slots > requests.READ_MAX:
            raise self._nonsense("read", "count", slots)
        if got_epoch != epoch:
            raise self._nonsense("read", "epoch", got_epoch)
        if slots == 0 or got_first < first_seq:
            raise self._nonsense("read", "first seq", got_first)
        self._ahead.at += slots
        return Chunk(got_epoch, boot, got_first, data)

    def count(self, first_seq: int) -> int:
        """How many records the object holds from `first_seq` on."""
        return self._number("count", self._ask("count", **{"from": first_seq}), "count")

    def digest(self, first_seq: int, count: int) -> str:
        """SHA-256 (hex) over the `count` slots from `first_seq` on, as they lie on flash now; of
        at most requests.WINDOW_MAX. Raises RequestRefused where the object has none there.
        """
        given = self._ask("digest", **{"from": first_seq, "count": count}).get("digest")
        if not isinstance(given, str):
            raise self._nonsense("digest", "digest", given)
        return given

    def _window_from(self, first_seq: int, count: int) -> Callable[[int], bytes]:
        def make(turn: int) -> bytes:
            window = min(count, self._ahead.size)
            self._ahead = _Ahead(turn, first_seq, first_seq + window, self._ahead.size)
            return bytes(asking.request("read", turn, **{"from": first_seq, "count": window}))

        return make

    def _sent_ahead(self, first_seq: int) -> bytes | None:
        """The next body of the window, where it goes on at `first_seq` and comes whole."""
        ahead = self._ahead
        if ahead.turn != self._turn or not ahead.at == first_seq < ahead.end:
            return None
        body = self._answer_to(ahead.turn, first_seq)
        if body is None:
            self._damp()
            self.repeats += 1
        elif ahead.at + requests.READ_MAX >= ahead.end:
            ahead.size = min(2 * ahead.size, requests.WINDOW_MAX)
        return body

    def _damp(self) -> None:
        """A line that damages gets little at a time, so that little has to be sent again."""
        self._ahead.size = requests.READ_MAX

    def acknowledge(self, seq: int) -> None:
        """Tell the object that everything below `seq` is safely stored. It erases nothing."""
        self._ask("ack", seq=seq)

    def plan_get(self) -> StoredPlan:
        """The care plan in force, read in pieces and checked against its CRC."""
        data = b""
        while True:
            fields = self._ask("plan_get", at=len(data))
            size = self._number("plan_get", fields, "size")
            piece = fields.get("data")
            if size > requests.PLAN_MAX or not isinstance(piece, str):
                raise self._nonsense("plan_get", "size", size)
            data += piece.encode()
            if len(data) >= size:
                break
            if not piece:
                raise self._nonsense("plan_get", "data", "an empty piece")
        crc = self._number("plan_get", fields, "crc")
        if len(data) != size or frames.crc32(data) != crc:
            raise self._nonsense("plan_get", "crc", crc)
        return StoredPlan(data.decode(), crc)

    def plan_apply(self, tree: Fields) -> StoredPlan:
        """Put the care plan `tree` (nested, as TOML gives it) in force; the plan as read back.

        Raises KitbagError: INVALID_PLAN before anything is sent, PLAN_DIFFERS when the object
        keeps anything but what was sent. Until the object has the whole plan it follows the old.
        """
        checked, problems = plan.parse(tree)
        if problems:
            key, given, allowed = problems[0]
            raise KitbagError(
                where=str(key) or "care plan",
                reason=Reason.INVALID_PLAN,
                given=given,
                allowed=str(allowed),
                next_step="check the whole plan with `kitbag plan check FILE`",
            )
        data = bytes(plan.to_json(checked))
        crc = frames.crc32(data)
        self._ask("plan_open", size=len(data), crc=crc)
        for at in range(0, len(data), asking.PART_MAX):
            piece = data[at : at + asking.PART_MAX]
            self._fields("plan_part", self._converse("plan_part", self._part(at, piece)))
        kept_crc = self._number("plan_apply", self._ask("plan_apply", crc=crc), "crc")
        kept = self.plan_get()
        if kept_crc != crc or kept.text.encode() != data:
            raise KitbagError(
                where=self.name,
                reason=Reason.PLAN_DIFFERS,
                next_step="apply the plan again; if this repeats, the object needs repair",
            )
        return kept

    def bye(self) -> None:
        """The host is done. The object needs no goodbye: nothing that goes wrong here counts."""
        try:
            self._ask("bye")
        except KitbagError:
            return

    def reconnect(self, before: Hello) -> Hello:
        """Wait, for a bounded time, until the object of `before` is back on the same port.

        Raises LinkLost when it stays away, KitbagError when another object or log is there.
        """
        until = time.monotonic() + self._patience_s
        while True:
            try:
                self._transport.reopen()
                self._decoder.reset()
                self._came.clear()
                device = self.greet().device
                hello = self.hello() if device == before.device else None
            except KitbagError as error:
                if time.monotonic() >= until:
                    raise LinkLost(self.name) from error
                time.sleep(0.1)
            else:
                break
        if hello is None or hello.epoch != before.epoch:
            raise KitbagError(
                where=self.name,
                reason=Reason.OTHER_OBJECT,
                given=f"object {device}" + (f", log {hello.epoch:08x}" if hello else ""),
                allowed=f"object {before.device}, log {before.epoch:08x}",
                next_step="repeat the command with the object that is plugged in now",
            )
        return hello

    # --- one turn ------------------------------------------------------------------------------

    def _part(self, at: int, piece: bytes) -> Callable[[int], bytes]:
        def make(turn: int) -> bytes:
            return bytes(asking.part(turn, at, piece))

        return make

    def _ask(self, op: str, **given: object) -> Fields:
        """The fields of the object's answer to `op`. Raises RequestRefused when it says no."""

        def make(turn: int) -> bytes:
            return bytes(asking.request(op, turn, **given))

        return self._fields(op, self._converse(op, make))

    def _fields(self, op: str, body: bytes) -> Fields:
        if body[0] != frames.ANSWER:
            raise self._nonsense(op, "answer", "records")
        fields: Fields = requests.fields_of(body)
        if fields.get("ok") is True:
            return fields
        code = str(fields.get("error", "no reason given"))
        if code in _REFUSALS:
            reason, next_step = _REFUSALS[code]
            raise KitbagError(where=self.name, reason=reason, next_step=next_step)
        raise RequestRefused(self.name, op, code)

    def _converse(
        self, op: str, make: Callable[[int], bytes], first_seq: int | None = None
    ) -> bytes:
        """Send what `make(turn)` gives until a whole answer to that turn came; its body.

        Of records only those from `first_seq` on are one.
        """
        # What is left of a window that was broken off may come damaged as well
        tries = self._tries + self._ahead.left
        for attempt in range(tries):
            if attempt:
                self.repeats += 1
                self._damp()
            if self._key is not None and self._session is None:
                self._session = self._challenge(*self._key)
                if self._session is None:
                    continue
            body = self._exchange(make, first_seq)
            if body is not None:
                return body
        raise KitbagError(
            where=self.name,
            reason=Reason.NO_ANSWER,
            problem=f"the object did not answer '{op}', asked {tries} times",
            next_step="unplug it, plug it in again and repeat the command",
        )

    def _exchange(
        self, make: Callable[[int], bytes], first_seq: int | None = None
    ) -> bytes | None:
        self._send(make)
        return self._answer_to(self._turn, first_seq)

    def _send(self, make: Callable[[int], bytes]) -> None:
        self._turn = self._turn % TURN_MAX + 1
        self._sent_ms = self.now_utc_ms()
        body = make(self._turn)
        session = self._session
        self._transport.write(
            bytes(frames.encode(body)) if session is None else session.close(body)
        )

    def _challenge(self, key: HostKey, device: str) -> sealed.SealedSession | None:
        """A session in which the object has shown that it knows the secret; None: ask again.

        Raises KitbagError where it does not know this computer, or does not know the secret.
        """
        nonce = self._random_bytes(sealing.NONCE)
        body = self._exchange(lambda turn: sealed.challenge(turn, key, nonce))
        if body is None:
            return None
        if body[0] == frames.ANSWER:
            self._fields("challenge", body)
        session = sealed.proven(body, key, nonce, device)
        if session is None:
            raise KitbagError(
                where=self.name,
                reason=Reason.IMPOSTOR,
                next_step="believe nothing it says; have the object looked at, then adopt it anew",
            )
        return session

    def _answer_to(self, turn: int, first_seq: int | None = None) -> bytes | None:
        """The body that answers `turn`; None when it came damaged or did not come in time."""
        until = time.monotonic() + self._answer_timeout_s
        while True:
            while self._came:
                body = self._opened(self._came.popleft())
                answered = -1 if body is None else _turn_of(body)
                if answered == turn and not _skips(body, first_seq):
                    return body
                if answered == 0:
                    return None  # the object could not read the request
                # Anything else is late, an answer to a turn that was given up, or comes too early
            left_s = until - time.monotonic()
            data = self._transport.read(max(left_s, 0.0))
            if not data:
                # Half a frame that never went on must not damage the next one
                self._decoder.reset()
                return None
            self._came.extend(bytes(body) for body in self._decoder.feed(data))
            if self._decoder.damaged != self._damaged:
                # What came behind it must not pass for it
                self._damaged = self._decoder.damaged
                self._came.clear()
                return None

    def _opened(self, body: bytes) -> bytes | None:
        """What is to be believed of a body that came in."""
        if self._session is None:
            return body
        if body[0] == frames.SEALED:
            return self._session.open(body)
        if body[0] == frames.ANSWER and _turn_of(body) == 0:
            # The session is over, says whoever is there: a new one shows who that is
            self._session = None
            return body
        return None

    def _number(self, op: str, fields: Fields, key: str) -> int:
        value = fields.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 53:
            raise self._nonsense(op, key, value)
        return value

    def _real(self, fields: Fields, key: str) -> float:
        value = fields.get(key)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self._nonsense("feel", key, value)
        if not math.isfinite(value):
            raise self._nonsense("feel", key, value)
        return float(value)

    def _real_or_none(self, fields: Fields, key: str) -> float | None:
        return None if fields.get(key) is None else self._real(fields, key)

    def _nonsense(self, op: str, key: str, given: object) -> KitbagError:
        return KitbagError(
            where=f"{self.name}, answer to '{op}'",
            reason=Reason.BAD_ANSWER,
            problem=f"'{key}' makes no sense",
            given=given,
            next_step="unplug the object, plug it in again and repeat the command",
        )


GONE = (
    "where that computer is gone, hold the object's button for 10 seconds, which sends all away, "
    "and adopt it anew"
)
_ADMIT = "on a therapist's computer: kitbag adopt --admit clinician; then here, within ten minutes"

# What an object may refuse to this computer, and what to do then
_REFUSALS = {
    requests.E_NOT_ADOPTED: (
        Reason.NOT_ADOPTED,
        "with the object in hand and plugged in by USB: kitbag adopt",
    ),
    requests.E_NOT_ADMITTED: (
        Reason.NOT_ADMITTED,
        f"{_ADMIT}; {GONE}",
    ),
    requests.E_ROLE: (
        Reason.ROLE,
        "ask on a computer that was adopted as a therapist's",
    ),
}


def _skips(body: bytes | None, first_seq: int | None) -> bool:
    """Whether it begins behind `first_seq`: what comes before it was lost on the way."""
    if body is None or first_seq is None or body[0] != frames.RECORDS:
        return False
    return bool(struct.unpack_from(requests.RECORDS_HEADER, body)[3] > first_seq)


def _turn_of(body: bytes) -> int:
    """Which turn a body answers; -1 when it is no answer at all."""
    if body[0] in (frames.PROOF, frames.SHARE):
        return body[1] if len(body) > 1 else -1
    if body[0] == frames.RECORDS:
        return body[1] if len(body) >= asking.RECORDS_HEADER_SIZE else -1
    if body[0] != frames.ANSWER:
        return -1
    try:
        turn = requests.fields_of(body).get("n", -1)
    except ValueError:
        return -1
    return turn if isinstance(turn, int) else -1
