"""The USB serial port: frames in from stdin, frames out to stdout.

The port's own ring holds 260 bytes, so a host sends one short frame and waits for its answer.
Writing blocks the whole object for as long as the bytes take; 64 at a time lets the rest live.
What answers is loaded when the first byte of a host arrives, and forgotten when it has gone: no
night carries it.
"""

import asyncio
import select
import sys

import micropython
from micropython import const

from .. import late

_CHUNK = const(64)
_SILENCE_S = const(60)  # a host that says nothing for so long has gone
_DOOR = "kitbag.link.door"
_ABOUT = "kitbag.link.about"
_VISIT = (
    _DOOR,
    _ABOUT,
    "kitbag.link.session",
    "kitbag.link.hosts",
    "kitbag.wire.sealing",
    "kitbag.wire.requests",
    "kitbag.wire.frames",
    "kitbag.wire.plan",
)


class Usb:
    def __init__(self, app):
        self._app = app
        self._in = sys.stdin.buffer
        self._out = sys.stdout.buffer
        self._poll = select.poll()
        self._poll.register(self._in, select.POLLIN)
        self._reader = asyncio.StreamReader(self._in)
        self.damaged = 0  # frames that came in with a wrong length or CRC

    async def run(self):
        micropython.kbd_intr(-1)  # 0x03 is a byte like any other while the app owns the port
        while True:
            data = await self._reader.read(1)
            try:
                await self._visit(data)
            except asyncio.TimeoutError:
                pass
            for name in _VISIT:
                late.forget(name)

    # Until the host says goodbye, or nothing for long
    async def _visit(self, data):
        frames = late.load("kitbag.wire.frames")
        about = late.load(_ABOUT).About(self._app)
        door = late.load(_DOOR).Door(about, True)
        decoder = frames.Decoder(frames.REQUEST_MAX)
        damaged = self.damaged
        while not door.left:
            while self._poll.poll(0):
                data += self._in.read(1)
                if len(data) >= _CHUNK:
                    break
            for body in decoder.feed(data):
                answer = door.answer(body)
                while answer is not None:
                    await self._send(frames.encode(answer))
                    # Whoever has another word to say does not want the rest
                    answer = None if self._poll.poll(0) else door.more()
            self.damaged = damaged + decoder.damaged
            if not door.left:
                data = await asyncio.wait_for(self._reader.read(1), _SILENCE_S)

    async def _send(self, frame):
        view = memoryview(frame)
        for at in range(0, len(frame), _CHUNK):
            if at:
                await asyncio.sleep_ms(0)
            self._out.write(view[at : at + _CHUNK])
