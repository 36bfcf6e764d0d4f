"""The line between a host and the object, pulled after so many frames."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from kitbag_tools.errors import KitbagError, LinkLost, Reason
from software import PORT, Clock
from thing import Thing


@dataclass(frozen=True)
class Cut:
    """So many frames pass whole, both ways together, and so many bytes of the one after them."""

    frames: int
    more: int = 0


class Back(Enum):
    """What the object is when the host comes again."""

    FORGOT = "it had noticed"  # silence for a minute
    SAME = "it had not noticed"  # what it went on saying is lost
    LATE = "it had not noticed, and what it said comes late"
    RESTARTED = "its power went too"


@dataclass(frozen=True)
class Passed:
    """A frame that went over the line."""

    to_object: bool
    size: int


class Cable:
    """A Transport (kitbag_tools.transports). Where it `returns`, a host that waits for the object
    finds it again; otherwise only the next host does, that opens the port.
    """

    name = PORT
    clock_ahead_ms = 0

    def __init__(
        self, thing: Thing, clock: Clock, cut: Cut | None, back: Back, *, returns: bool
    ) -> None:
        self._thing = thing
        self._clock = clock
        self._cut = cut
        self._back = back
        self._returns = returns
        self._rest = b""  # of the frame that was cut, on the object's side
        self._late = b""
        self.gone = False
        self.came_back = False
        self.passed: list[Passed] = []

    def plugged(self) -> Cable:
        """The port as the next host opens it."""
        self._plug_in()
        return self

    def reopen(self) -> None:
        if self.gone and not self._returns:
            raise KitbagError(where=PORT, reason=Reason.PORT_MISSING, next_step="plug it in")
        self._plug_in()

    def close(self) -> None:
        pass

    def write(self, data: bytes) -> None:
        self._clock.now_s += 0.002
        came = self._over(data, to_object=True)
        if came:
            self._thing.hear(came)
        if len(came) < len(data):
            raise LinkLost(self.name)

    def read(self, timeout_s: float) -> bytes:
        if self._late:
            late, self._late = self._late, b""
            return late
        self._clock.now_s += 0.001
        said = b"" if self.gone else self._thing.say()
        if not said:
            if self.gone or self._spent:
                self._lose()
            self._clock.sleep(timeout_s)
            return b""
        came = self._over(said, to_object=False)
        self._rest = said[len(came) :]
        if not came:
            raise LinkLost(self.name)
        return came

    @property
    def _spent(self) -> bool:
        cut = self._cut
        return cut is not None and len(self.passed) == cut.frames and not cut.more

    def _over(self, frame: bytes, *, to_object: bool) -> bytes:
        """What of `frame` gets to the other side."""
        if self.gone:
            raise LinkLost(self.name)
        cut = self._cut
        if cut is not None and len(self.passed) == cut.frames:
            self.gone = True
            return frame[: cut.more]
        self.passed.append(Passed(to_object, len(frame)))
        return frame

    def _lose(self) -> None:
        self.gone = True
        raise LinkLost(self.name)

    def _plug_in(self) -> None:
        if not self.gone:
            return
        self.gone, self._cut, self.came_back = False, None, True
        late = self._rest + self._thing.drained()
        if self._back is Back.FORGOT:
            self._thing.come()
        elif self._back is Back.RESTARTED:
            self._thing.start()
        elif self._back is Back.LATE:
            self._late = late
