"""The USB serial port: a virtual UART whose far end is a real host process on a pseudo-terminal.

The terminal's master is this process's stdin, used both ways. While a host visits, time stands
still except when an answer is owed: the object, having nothing to do, waits for a whole request,
which then takes as long on the line as it has bytes; each END the object writes pays one request
back. So a run is the same byte for byte however slow the real host is.
"""

import sys

from . import control

END = 0xC0
BAUD = 115200
RING = 260  # what the object's serial ring holds; more is lost

TURN_US = 500_000  # an unanswered request is given up
_ALIVE_US = 10_000_000  # a host comes even where nobody listens


class Port:
    """`stdin` and `stdout` are what the firmware sees as sys.stdin.buffer and sys.stdout.buffer.

    `wait_ms(ms)` sleeps for real. `publish(us)` is called whenever a host may read the clock.
    `left(visit)` says whether the host of that visit is known to be gone: one that never got as
    far as a word cannot be seen to leave.
    """

    def __init__(self, clock, wire, wait_ms, publish, left):
        self._clock = clock
        self._wire = wire
        self._wait_ms = wait_ms
        self._publish = publish
        self._left = left
        self.visit = 0
        self._byte_us = 10_000_000 / BAUD
        self._fraction = 0.0
        self._received = b""
        self.visitor = None  # called when the object first listens to a host that has come
        self.gone = None  # called when the host has closed the port
        self.rest = None  # the clock's idle hook while no host is here
        self.attached = False
        self.opened = False
        self.cut = False  # fault: no byte gets through, either way
        self._owed = 0
        self._give_up = 0
        self._arrives = 0  # when the last byte that is on its way will be there
        self.turn_us = TURN_US
        self._patience = None
        self._open_frame = False
        self._one = bytearray(1)
        self.lost = 0
        self.stdin = Stream(self, True)
        self.stdout = Stream(self, False)

    # --- a visit ---

    def attach(self, announce, gone):
        """A host comes: `announce()` once the object listens, `gone()` when it has left."""
        self.opened = False
        self._owed = 0
        self._open_frame = False
        self._received = b""
        self.visitor = announce
        self.gone = gone
        self._patience = self._clock.at(self._clock.now() + _ALIVE_US, self._nobody)

    # Nobody has looked at the port for long: let the host find that out, and go
    def _nobody(self):
        if self.visitor is not None:
            self._announce()
            self.stay_mute()

    def stay_mute(self):
        """Hear a host that is here out until it leaves, and answer nothing."""
        if self.attached:
            control.say("mute", {"visit": self.visit})
        while self.attached:
            self._pull()

    # Let a host that waits for an answer know that none will come: it need not wait in real time
    def _say_lost(self):
        control.say("lost", {"visit": self.visit})

    def lose_line(self):
        """From now on, until `cut` is False again, hosts come in vain."""
        self.cut = True
        self.stay_mute()

    def _announce(self):
        announce = self.visitor
        self.visitor = None
        self._clock.drop(self._patience)
        self.attached = True
        self.visit += 1
        self._publish(self._clock.now())
        announce()
        self._clock.set_idle(self._quiet)

    # The object has nothing to do
    def _quiet(self, target):
        if self._owed and self._clock.now() >= self._give_up:
            self._owed = 0
            self._say_lost()
        # In the middle of a frame it is not idle, only busy with others for once
        while self.attached and self.visitor is None and not (self._owed or self._open_frame):
            self._pull()

    # Wait, in real time, for one request
    def _pull(self):
        got = bytearray()
        one = self._one
        waited = 0
        while True:
            try:
                n = self._wire.readinto(one)
            except OSError:  # nobody holds the other end
                n = 0
            if not n:
                if self.opened or (waited % 20 == 19 and self._left(self.visit)):
                    self._leave()
                    break
                self._wait_ms(1)
                waited += 1
                if waited % 1000 == 0:
                    control.say("waiting", {})
                continue
            self.opened = True
            got.append(one[0])
            if one[0] == END:
                break
        if got:
            self.deliver(bytes(got))
            if len(got) > 1:
                self._owed += 1

    def deliver(self, data):
        """Put `data` on the line: its last byte arrives after its time at 115200 baud."""
        if self.cut:
            return
        # Behind what is on the line already: in real time a request may come in pieces
        arrives = max(self._clock.now(), self._arrives) + self._line_us(len(data))
        self._arrives = arrives
        self._clock.at(arrives, lambda: self._arrive(data))
        self._give_up = arrives + self.turn_us

    def _arrive(self, data):
        room = RING - len(self._received)
        self.lost += max(0, len(data) - room)
        self._received += data[: max(0, room)]

    def _leave(self):
        self.attached = False
        self._owed = 0
        self._clock.set_idle(self.rest)
        gone = self.gone
        self.gone = None
        if gone is not None:
            gone()

    def _line_us(self, count):
        time = self._fraction + count * self._byte_us
        whole = int(time)
        self._fraction = time - whole
        return whole

    # --- over a reset: the host stays plugged in ---

    def save(self):
        return {"attached": self.attached, "opened": self.opened, "visit": self.visit}

    def restore(self, kept, gone):
        self.visit = kept["visit"]
        if kept["attached"]:
            self.attached = True
            self.opened = kept["opened"]
            self.gone = gone
            self._clock.set_idle(self._quiet)
            self._say_lost()

    # --- the object's side ---

    def listen(self):
        if self.visitor is not None and not self.cut:
            self._announce()
        return bool(self._received)

    def read(self, count):
        got = self._received[:count]
        self._received = self._received[count:]
        return got

    def write(self, data):
        size = len(data)
        self._clock.spend(self._line_us(size))  # the object's stdout blocks
        if self.cut or not self.attached or not self.opened:
            return size  # nobody listens: gone, as on a chip
        paid = 0
        for byte in data:
            if byte == END:
                if self._open_frame:
                    paid += 1
                self._open_frame = False
            else:
                self._open_frame = True
        if paid:
            self._publish(self._clock.now())
        try:
            self._wire.write(data)
        except OSError:  # the host left in the middle of an answer
            pass
        if paid:
            self._owed = max(0, self._owed - paid)
        return size


class Stream:
    """One direction of the port, with the methods of MicroPython's byte streams."""

    def __init__(self, port, inward):
        self._port = port
        self._inward = inward

    def ioctl(self, request, argument):
        if request != 3:  # MP_STREAM_POLL
            return 0
        ready = 0
        if argument & 1 and self._inward and self._port.listen():
            ready |= 1
        if argument & 4 and not self._inward:
            ready |= 4
        return ready

    def read(self, count=-1):
        port = self._port
        if count < 0:
            count = RING
        while not port.listen():  # blocks, as on a chip
            port._clock.time.sleep_ms(1)
            port._quiet(0)
        return port.read(count)

    def readinto(self, buffer, count=None):
        got = self.read(len(buffer) if count is None else count)
        buffer[: len(got)] = got
        return len(got)

    def write(self, data):
        return self._port.write(data)

    def flush(self):
        pass


class Text:
    """sys.stdin or sys.stdout: `buffer` is the port."""

    def __init__(self, stream):
        self.buffer = stream

    def write(self, text):
        self.buffer.write(text.encode() if isinstance(text, str) else text)
        return len(text)

    def read(self, count=-1):
        return self.buffer.read(count).decode()

    def ioctl(self, request, argument):
        return self.buffer.ioctl(request, argument)

    def flush(self):
        pass


def proxy_of_sys(module, port):
    """`sys` as the firmware should see it."""
    found = module(sys)
    found.stdin = Text(port.stdin)
    found.stdout = Text(port.stdout)
    found.platform = "esp32"
    return found
