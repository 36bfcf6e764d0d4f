"""The simulated serial port."""

import os
from pathlib import Path

from simulated.usb import BAUD, RING, Port


class Clock:
    """Virtual time, moved by hand (µs)."""

    def __init__(self) -> None:
        self.now_us = 0
        self.due: list[int] = []

    def now(self) -> int:
        return self.now_us

    def at(self, us: int, _: object) -> None:
        self.due.append(us)


def test_a_host_that_writes_faster_than_the_line_has_to_wait() -> None:
    clock = Clock()
    with Path(os.devnull).open("rb+") as wire:
        port = Port(clock, wire, None, None, None)
    sent = 0
    while not port.busy:
        port.deliver(b"x" * 64)
        sent += 64
    assert RING < sent <= RING + 64
    # With the last byte it has time again
    clock.now_us = clock.due[-1]
    assert not port.busy
    assert abs(clock.now_us - sent * 10_000_000 / BAUD) < 2
