"""A hand on the plug of a real line: it is pulled when so many frames have passed."""

from __future__ import annotations

from collections.abc import Callable

from kitbag.wire import frames
from kitbag_tools.errors import LinkLost
from kitbag_tools.transports import Transport


class Plug:
    """A Transport over `line`. After `cut` frames, both ways together, `pull` is called and the
    line is lost, once; None: never. With `answered` not before the next byte comes: whoever heard
    the last frame has had its time to deal with it. Where it `returns`, a host that waits for the
    object finds it again. `frames` have passed so far.
    """

    def __init__(
        self,
        line: Transport,
        cut: int | None,
        pull: Callable[[], None],
        *,
        answered: bool = False,
        returns: bool = True,
    ) -> None:
        self._line = line
        self._cut = cut
        self._pull = pull
        self._answered = answered
        self._returns = returns
        self.name = line.name
        self.clock_ahead_ms = line.clock_ahead_ms
        self.frames = 0
        self.pulled = False

    def write(self, data: bytes) -> None:
        if self._due:
            self._lose()
        self._line.write(data)
        self._pass(data.count(frames.END))

    def read(self, timeout_s: float) -> bytes:
        if self.pulled:
            raise LinkLost(self.name)
        came = self._line.read(timeout_s)
        if came and self._due:
            self._lose()
        if self._cut is None or self.frames + came.count(frames.END) < self._cut:
            self._pass(came.count(frames.END))
            return came
        whole = came.split(frames.END)[: self._cut - self.frames]
        self._pass(len(whole))
        return b"".join(piece + frames.END for piece in whole)

    def reopen(self) -> None:
        if not self._returns:
            raise LinkLost(self.name)
        self._line.reopen()
        self._cut, self.pulled = None, False

    def close(self) -> None:
        self._line.close()

    @property
    def _due(self) -> bool:
        return self._cut is not None and self.frames >= self._cut

    def _pass(self, count: int) -> None:
        self.frames += count
        if self._due and not self._answered and not self.pulled:
            self.pulled = True
            self._pull()

    def _lose(self) -> None:
        if not self.pulled:
            self.pulled = True
            self._pull()
        raise LinkLost(self.name)
