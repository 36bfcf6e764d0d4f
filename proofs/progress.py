"""How far a long run is: a bar for people, a line now and then for a file."""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

_WORD_EVERY_S = 60.0


class Told:
    """Counts `of` things that are done, on `messages`; use it in `with`."""

    def __init__(self, messages: Console, doing: str, of: int, what: str) -> None:
        self._messages = messages
        self._of = of
        self._what = what
        self._done = 0
        self._word_s = time.monotonic()
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
            TimeRemainingColumn(), console=messages, disable=not messages.is_terminal,
        )  # fmt: skip
        self._todo = self._bar.add_task(doing, total=of)

    def __enter__(self) -> Told:
        self._bar.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.__exit__(None, None, None)

    def one_more(self) -> None:
        self._done += 1
        self._bar.update(self._todo, advance=1)
        if not self._messages.is_terminal and time.monotonic() - self._word_s > _WORD_EVERY_S:
            self._word_s = time.monotonic()
            said = f"{self._done} of {self._of} {self._what} done"
            self._messages.print(said, highlight=False)
