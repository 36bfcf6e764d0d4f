"""What must hold for whatever comes into a parser: one function each, a failed assertion is a
finding. Run by atheris (parsers.py), and over what it kept in fuzz/corpus by the tests.
"""

from __future__ import annotations

from collections.abc import Callable

import support.on_cpython  # noqa: F401
from firmware.link.test_door import Object, adopted
from kitbag.wire import frames, plan, reading, records, requests
from kitbag_tools.doctor.dump import findings


def _frames(data: bytes) -> None:
    """However it is cut, a stream gives the same bodies, and a body that is framed comes back."""
    whole = frames.Decoder(512).feed(data)
    piece = frames.Decoder(512)
    pieces = [body for byte in data for body in piece.feed(bytes([byte]))]
    if len(data) < 512:
        assert whole == pieces
    if data:
        assert frames.Decoder(len(data) + 8).feed(frames.encode(data)) == [data]


def _records(data: bytes) -> None:
    """Any sixteen bytes read as something, and what was packed reads back."""
    slot = (data + bytes(16))[:16]
    kind, _, _, values = reading.unpack(slot)
    assert isinstance(values, dict)
    records.check(slot, 1, 1)
    records.unpack_header((data + bytes(64))[:64])
    if kind in records.KINDS and "raw" not in values:
        names = [name for name, _, _ in records.fields(kind)]
        words = [values[name] for name in names]
        if not any(isinstance(word, str) and word.startswith("unknown_") for word in words):
            again = records.pack(kind, slot[1], int.from_bytes(slot[2:6], "little"), 1, 1, words)
            assert reading.unpack(bytes(again))[3] == values


def _plan(data: bytes) -> None:
    """Whatever it is, it is refused in words or it is a plan that is kept as it was sent."""
    found, problems = plan.from_json(data)
    if not problems:
        stored = plan.to_json(found)
        again, none = plan.from_json(stored)
        assert not none
        assert plan.to_json(again) == stored
    for key, _, allowed in problems:
        assert isinstance(key, str)
        assert allowed


_HOST = adopted(Object())
_BEFORE = _HOST.about.state()


def _door(data: bytes) -> None:
    """Whatever a stranger says, it hears a greeting or a refusal, and nothing changes."""
    if not data or data[0] in (frames.CHALLENGE, frames.ADOPT):
        data = b"\x01" + data
    answer = _HOST.door.answer(data)
    assert answer is None or answer[0] == frames.ANSWER
    if answer is not None:
        requests.fields_of(answer)
    assert _HOST.about.state() == _BEFORE


def _dump(data: bytes) -> None:
    """Whatever the file is, it is looked through."""
    findings.read(data)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "frames": _frames, "records": _records, "plan": _plan, "door": _door, "dump": _dump,
}  # fmt: skip
