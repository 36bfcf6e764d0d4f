"""Frames as strangers and revoked hosts might send them, on the line of an object with a session.

Whole frames that were said once, and bodies of every kind, are flipped, cut, joined, repeated and
framed anew. The object's state is compared bit for bit; memory is looked at all the while.
"""

from __future__ import annotations

import gc
import random
import time
import tracemalloc
from dataclasses import dataclass
from typing import Any, TextIO

import support.on_cpython  # noqa: F401
from firmware.link.test_door import Object, adopted, clinician, every_request
from kitbag.wire import asking, frames, requests

_LOOK_EVERY = 20_000
_GROWS_AT_MOST_B = 200_000  # what Python keeps for itself


@dataclass(frozen=True)
class Told:
    """What came of it."""

    frames: int
    answered: int
    let_in: int  # answers that were sealed: somebody was believed
    changed: bool
    grown_b: int
    seconds: float

    @property
    def good(self) -> bool:
        return not self.let_in and not self.changed and self.grown_b < _GROWS_AT_MOST_B

    def line(self) -> str:
        return (
            f"{self.frames} mutated frames: {self.answered} answered, {self.let_in} believed, "
            f"state {'CHANGED' if self.changed else 'unchanged'}, memory "
            f"{self.grown_b / 1000:+.0f} kB, {self.seconds:.0f} s"
        )


def run(count: int, seed: int, progress: TextIO | None = None) -> Told:
    """Send `count` frames to an object that has a therapist in a session and has sent a clinician
    away.
    """
    dice = random.Random(seed)
    host = adopted(Object())
    gone = clinician(host)
    assert gone.ask("status")["ok"]
    host.ask("revoke", host=gone.id.hex())
    assert host.challenge() is None
    about, door = host.about, host.door
    seeds = _seeds(host, gone)
    decoder = frames.Decoder(frames.REQUEST_MAX)
    assert host.ask("time")["ok"]
    before = about.state()
    answered = let_in = 0
    changed = False
    grown = first = 0
    began = time.monotonic()
    tracemalloc.start()
    for number in range(count):
        for body in decoder.feed(_mutated(dice, seeds)):
            answer = door.answer(bytes(body))
            while answer is not None:
                answered += 1
                let_in += answer[0] in (frames.SEALED, frames.RECORDS)
                answer = door.more()
        if number % _LOOK_EVERY == _LOOK_EVERY - 1 or number == count - 1:
            changed = changed or about.state() != before
            gc.collect()  # to look at the care plan loads its rules, and forgets them again
            now, _ = tracemalloc.get_traced_memory()
            first = first or now
            grown = max(grown, now - first)
            if progress is not None and number % (10 * _LOOK_EVERY) == 10 * _LOOK_EVERY - 1:
                print(f"{number + 1} of {count} frames", file=progress, flush=True)
    tracemalloc.stop()
    changed = changed or not host.ask("status")["ok"]  # who was in session still is
    return Told(count, answered, let_in, changed, grown, time.monotonic() - began)


def _seeds(host: Any, gone: Any) -> list[bytes]:
    """Bodies to begin with. Those that are sealed were said already, or belong to who is gone."""
    bodies = list(every_request())
    for op in ("ack", "status", "plan_open", "revoke", "read"):
        body = host.out.close(asking.request(op, 1, seq=9, size=40, crc=0, host="00"))
        host.door.answer(body)
        bodies += [body, gone.out.close(asking.request(op, 1, seq=9))]
    bodies.append(bytes([frames.CHALLENGE, 1]) + host.id + bytes(16))
    bodies.append(bytes([frames.ADOPT, 1, requests.THERAPIST]) + bytes(16))
    return [bytes(body) for body in bodies]


def _mutated(dice: random.Random, seeds: list[bytes]) -> bytes:
    body = bytearray(dice.choice(seeds))
    way = dice.randrange(9)  # 8: as it is
    if way < 3:
        for _ in range(dice.randint(1, 4)):
            body[dice.randrange(len(body))] ^= 1 << dice.randrange(8)
    elif way == 3:
        del body[dice.randrange(len(body)) :]
    elif way == 4:
        body += dice.randbytes(dice.randint(1, 60))
    elif way == 5:
        body = bytearray(dice.randbytes(dice.randint(1, 120)))
    elif way == 6:
        other = dice.choice(seeds)
        body = body[: dice.randrange(len(body))] + other[dice.randrange(len(other)) :]
    if way == 7:  # on the line, where the frame's own check sees most of it
        frame = bytearray(frames.encode(bytes(body)))
        frame[dice.randrange(len(frame))] ^= 1 << dice.randrange(8)
        return bytes(frame)
    return bytes(frames.encode(bytes(body)))
