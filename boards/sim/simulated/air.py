"""The air around the object's radio: a process of the host's, told of with KITBAG_RADIO=host:port.

Both sides send lines of JSON. The object says [word, ...]; the air says [event, arguments, id]
and, where the id is not null, waits for [null, id, answer]: such events are those whose handler
may answer, and writes, of which each must be handled before the next. It says ["out", count] when
packets have left the queue.

A radio lives in real time, so from its start to its end the object does too.
"""

import json
import select
import socket

from . import live

_ECONNRESET = 104
_READ = 1024  # the heap is as small as a chip's, nearly


class Air:
    def __init__(self, board, address):
        host, _, port = address.rpartition(":")
        self._address = socket.getaddrinfo(host, int(port))[0][-1]
        self._board = board
        self._clock = board.clock
        self._socket = None
        self._poll = None
        self._pace = self._stack = None
        self._rest = b""
        self._due = []  # events whose interrupt has not happened yet
        self._posted = False

    def open(self, stack, address):
        """The radio of `stack` (bluetooth) is on."""
        self._stack = stack
        self._socket = socket.socket()
        self._socket.connect(self._address)
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)
        self._pace = live.install(self._board, {"speed": 1.0})
        self._pace.serving = True
        self._pace.air = self
        self.say("hello", address)

    def close(self):
        self._socket.close()
        self._pace.air = self._stack = self._socket = None
        # Whoever reads the port stays plugged in, but is no visit that time stands still for
        self._board.port.attached = self._board.port.opened = False

    def say(self, *words):
        data = json.dumps(words).encode() + b"\n"
        while data:
            data = data[self._socket.send(data) :]

    def wait(self, milliseconds):
        """Sleep, unless the air has something to say."""
        self._poll.poll(milliseconds)

    def look(self):
        """Hear what the air has said so far; whether that was anything for the firmware."""
        while self._poll.poll(0):
            self._hear()
        if not self._due or self._posted:
            return False
        # Time has passed while the object had nothing to do
        self._posted = True
        self._clock.at(max(self._clock.now(), self._pace.reached()), self._interrupt)
        return True

    def _hear(self):
        got = self._socket.recv(_READ)
        if not got:
            raise OSError(_ECONNRESET)
        *lines, self._rest = (self._rest + got).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if message[0] == "out":
                self._stack.gone_out(message[1])
            else:
                self._due.append(message)

    # As on the chip: between any two bytecodes that let time pass
    def _interrupt(self):
        self._posted = False
        while self._due and self._stack is not None:
            event, arguments, number = self._due.pop(0)
            answer = self._stack.event(event, arguments)
            if number is not None and self._socket is not None:
                self.say(None, number, answer)
