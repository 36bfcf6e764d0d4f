"""A part of the proof in pieces, of which each is a job."""

from __future__ import annotations

from typing import TypeAlias

Job: TypeAlias = tuple[str, int, int]  # part, from, up to


def pieces(part: str, count: int, size: int) -> list[Job]:
    """`count` cases of `part`, at most `size` to a job."""
    return [(part, at, min(at + size, count)) for at in range(0, count, size)]
