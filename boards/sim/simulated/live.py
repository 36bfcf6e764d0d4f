"""Real time: a scenario played at a chosen speed, an object kept alive after its end."""

import select
import sys
import time

from . import control

_SLICE_MS = 20


class Pace:
    """Holds the virtual clock to `factor` times the real one; serves whoever opens the port."""

    def __init__(self, board, factor):
        self._clock = board.clock
        self._port = board.port
        self._world = board.world
        self._us_per_ms = factor * 1000
        self._poll = select.poll()
        self._poll.register(sys.stdin, select.POLLIN)
        self._one = bytearray(1)
        self.serving = False
        self.air = None  # air.Air, while the object's radio is on
        self._said_ms = time.ticks_ms()
        self.restart()

    def restart(self, us=None):
        """Real time is now at virtual time `us`; without it, at what the clock shows."""
        self._began_ms = time.ticks_ms()
        self._began_us = self._clock.now() if us is None else us

    def reached(self):
        """The virtual time (us) that real time has come to."""
        real_ms = time.ticks_diff(time.ticks_ms(), self._began_ms)
        return self._began_us + int(real_ms * self._us_per_ms)

    # The object has nothing to do before `target`
    def idle(self, target):
        while True:
            if self.air is not None and self.air.look():
                return
            reached = self.reached()
            left_ms = (target - reached) / self._us_per_ms
            if left_ms <= 0:
                if self.air is not None:  # how much slower than a chip this is, is not caught up
                    self.restart(target)
                return
            self._say_alive()
            wait_ms = min(_SLICE_MS, int(left_ms) + 1)
            if not self.serving:
                self._wait(wait_ms)
            elif self._listen(wait_ms, reached):
                return

    # Told to the runner, so that a broken pipe ends a process that nobody runs any more
    def _say_alive(self):
        now_ms = time.ticks_ms()
        if time.ticks_diff(now_ms, self._said_ms) > 1000:
            self._said_ms = now_ms
            self._world.flush_tables()
            control.say("waiting", {})

    def _wait(self, milliseconds):
        if self.air is None:
            time.sleep_ms(milliseconds)
        else:
            self.air.wait(milliseconds)

    # Whether something came: it is on the line then
    def _listen(self, wait_ms, reached):
        port = self._port
        if self.air is not None:
            self.air.wait(wait_ms)
            wait_ms = 0
        if port.busy:  # the host's own driver keeps what the line has no time for yet
            self._wait(wait_ms)
            return False
        for _, bits in self._poll.poll(wait_ms):
            if bits & select.POLLIN:
                port.attached = port.opened = True
                if reached > self._clock.now():
                    self._clock.run_until(reached)
                port.deliver(self._available())
                return True
            if bits & select.POLLHUP:  # nobody holds the other end
                port.attached = port.opened = False
                self._wait(wait_ms)
                return False
        port.attached = port.opened = True
        return False

    def _available(self):
        got = bytearray()
        while self._poll.poll(0)[0:1] and len(got) < 64:
            try:
                n = sys.stdin.buffer.readinto(self._one)
            except OSError:
                break
            if not n:
                break
            got.append(self._one[0])
        return bytes(got)


def install(board, config):
    """Play at config["speed"] times real time if set; if config["hold"], stay alive in it."""
    speed = config.get("speed")
    pace = Pace(board, speed or 1.0)
    if speed:
        board.port.rest = pace.idle
        board.clock.set_idle(pace.idle)
    if config.get("hold"):

        def stay():
            pace.serving = True
            pace.restart()
            board.port.rest = pace.idle
            board.clock.set_idle(pace.idle)

        board.player.after_end = stay
    return pace
