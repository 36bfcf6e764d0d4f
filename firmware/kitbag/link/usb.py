"""The USB serial port: frames in from stdin, frames out to stdout.

The port's own ring holds 260 bytes, so a host sends one short frame and waits for its answer.
Writing blocks the whole object for as long as the bytes take; 64 at a time lets the rest live.
What answers is loaded when the first byte of a host arrives: most nights none does.
"""

import asyncio
import select
import sys

import micropython
from micropython import const

from .. import late

_CHUNK = const(64)


class Usb:
    def __init__(self, app):
        self._app = app
        self._in = sys.stdin.buffer
        self._out = sys.stdout.buffer
        self._poll = select.poll()
        self._poll.register(self._in, select.POLLIN)
        self._reader = asyncio.StreamReader(self._in)
        self._decoder = None

    @property
    def damaged(self):
        """Frames that came in with a wrong length or CRC."""
        return self._decoder.damaged if self._decoder else 0

    async def run(self):
        micropython.kbd_intr(-1)  # 0x03 is a byte like any other while the app owns the port
        data = await self._reader.read(1)
        frames = late.load("kitbag.wire.frames")
        about = late.load("kitbag.link.about").About(self._app)
        session = late.load("kitbag.link.session").Session(about)
        self._decoder = frames.Decoder(frames.REQUEST_MAX)
        while True:
            while self._poll.poll(0):
                data += self._in.read(1)
                if len(data) >= _CHUNK:
                    break
            for body in self._decoder.feed(data):
                answer = session.answer(body)
                if answer is not None:
                    await self._send(frames.encode(answer))
            data = await self._reader.read(1)

    async def _send(self, frame):
        view = memoryview(frame)
        for at in range(0, len(frame), _CHUNK):
            self._out.write(view[at : at + _CHUNK])
            await asyncio.sleep_ms(0)
