"""The USB serial port: frames in from stdin, frames out to stdout.

The port's own ring holds 260 bytes, so a host sends one short frame and waits for its answer.
Writing blocks the whole object for as long as the bytes take; 64 at a time lets the rest live.
"""

import asyncio
import select
import sys

import micropython

from ..wire import frames

_CHUNK = 64


class Usb:
    def __init__(self, session):
        self._session = session
        self._in = sys.stdin.buffer
        self._out = sys.stdout.buffer
        self._poll = select.poll()
        self._poll.register(self._in, select.POLLIN)
        self._reader = asyncio.StreamReader(self._in)
        self._decoder = frames.Decoder(frames.REQUEST_MAX)

    @property
    def damaged(self):
        """Frames that came in with a wrong length or CRC."""
        return self._decoder.damaged

    async def run(self):
        micropython.kbd_intr(-1)  # 0x03 is a byte like any other while the app owns the port
        while True:
            data = await self._reader.read(1)
            while self._poll.poll(0):
                data += self._in.read(1)
                if len(data) >= _CHUNK:
                    break
            for body in self._decoder.feed(data):
                answer = self._session.answer(body)
                if answer is not None:
                    await self._send(frames.encode(answer))

    async def _send(self, frame):
        view = memoryview(frame)
        for at in range(0, len(frame), _CHUNK):
            self._out.write(view[at : at + _CHUNK])
            await asyncio.sleep_ms(0)
