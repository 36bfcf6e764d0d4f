"""The USB serial port: frames in from stdin, frames out to stdout.

The port's own ring holds 260 bytes, so a host sends one short frame and waits for its answer.
Writing blocks the whole object for as long as the bytes take; 64 at a time lets the rest live.
What answers is loaded when the first byte of a host arrives, and forgotten when it has gone: no
night carries it.
"""

import asyncio
import select
import sys
import time

import micropython
from micropython import const

from .. import late

_CHUNK = const(64)
_SILENCE_MS = const(60_000)  # a host that says nothing for so long has gone
_DOOR = "kitbag.link.door"
_FRAMES = "kitbag.wire.frames"
_ABOUT = "kitbag.link.about"
_VISIT = (
    _DOOR,
    _ABOUT,
    "kitbag.link.session",
    "kitbag.link.hosts",
    "kitbag.wire.sealing",
    "kitbag.wire.requests",
    _FRAMES,
)


class Usb:
    def __init__(self, app):
        self._app = app
        self._in = sys.stdin.buffer
        self._out = sys.stdout.buffer
        self._poll = select.poll()
        self._poll.register(self._in, select.POLLIN)
        self._reader = asyncio.StreamReader(self._in)
        self._door = self._decoder = None  # while a host visits
        self._heard_ms = 0
        self._damaged = 0

    @property
    def damaged(self):
        """Frames that came in with a wrong length or CRC."""
        return self._damaged + (self._decoder.damaged if self._decoder else 0)

    async def run(self):
        micropython.kbd_intr(-1)  # 0x03 is a byte like any other while the app owns the port
        while True:
            data = await self._reader.read(1)
            self._heard_ms = time.ticks_ms()
            while self._poll.poll(0):
                data += self._in.read(1)
                if len(data) >= _CHUNK:
                    break
            door = self._door or self._come()
            for body in self._decoder.feed(data):
                answer = door.answer(body)
                while answer is not None:
                    await self._send(late.load(_FRAMES).encode(answer))
                    # Whoever has another word to say does not want the rest
                    answer = None if self._poll.poll(0) else door.more()
            if door.left:
                self._leave()

    def look(self):
        """Called now and then: a host that has said nothing for long has gone."""
        if self._door and time.ticks_diff(time.ticks_ms(), self._heard_ms) > _SILENCE_MS:
            self._leave()

    def _come(self):
        frames = late.load(_FRAMES)
        self._decoder = frames.Decoder(frames.REQUEST_MAX)
        about = late.load(_ABOUT).About(self._app)
        self._door = late.load(_DOOR).Door(about, True)
        return self._door

    def _leave(self):
        self._damaged += self._decoder.damaged
        self._door = self._decoder = None
        for name in _VISIT:
            late.forget(name)

    async def _send(self, frame):
        view = memoryview(frame)
        for at in range(0, len(frame), _CHUNK):
            if at:
                await asyncio.sleep_ms(0)
            self._out.write(view[at : at + _CHUNK])
