"""The simulated serial port."""

from simulated.clock import Clock
from simulated.usb import BAUD, RING, Port


class Wire:
    """The master of a pseudo-terminal: what has been said, byte by byte."""

    def __init__(self) -> None:
        self.said = b""

    def fileno(self) -> int:
        return 0

    def readinto(self, buffer) -> int:
        if not self.said:
            return 0
        buffer[:1], self.said = self.said[:1], self.said[1:]
        return 1


def test_what_a_host_says_after_it_has_left_is_not_the_next_ones_word() -> None:
    wire, clock, gone, announced = Wire(), Clock(), [], []

    # It opens the port once more before it gives up
    def wait_ms(ms) -> None:
        wire.said += b"hello\xc0"
        gone.append(1)

    port = Port(clock, wire, wait_ms, lambda us: None, lambda visit: visit in gone)
    port.visit = 1  # was the last one
    port.attach(lambda: announced.append(port.visit), lambda: None)
    assert not port.listen()
    assert announced == [2]
    assert gone == [1]
    assert wire.said == b""


def test_a_host_that_writes_faster_than_the_line_has_to_wait() -> None:
    clock = Clock()
    port = Port(clock, Wire(), None, None, None)
    sent = 0
    while not port.busy:
        port.deliver(b"x" * 64)
        sent += 64
    assert RING < sent <= RING + 64
    # With the last byte it has time again
    clock.run_until(int(sent * 10_000_000 / BAUD))
    assert not port.busy
