"""What takes minutes says how far it is, and how to have it again."""

import sys
from collections.abc import Iterator, Sequence
from typing import TypeVar

HOW = ".venv/bin/python bench heat"
_EVERY = 20
T = TypeVar("T")


def told(what: str, things: Sequence[T]) -> Iterator[T]:
    """The same things, one after the other, with a word on stderr now and then."""
    for n, thing in enumerate(things):
        if n % _EVERY == 0 and len(things) > _EVERY:
            print(f"  {what}: {n} of {len(things)}", file=sys.stderr, flush=True)
        yield thing
