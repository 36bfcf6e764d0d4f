"""The radio: a BLE peripheral that carries the same frames as USB, cut anywhere.

On the chip an interrupt runs on the radio's own task, between any two bytecodes of this one and
with little stack: it copies what came, notes what happened, and sets a flag. `run` does the rest.
"""

import asyncio
import os
from binascii import unhexlify
from errno import ENOMEM

from micropython import const

from bluetooth import FLAG_NOTIFY, FLAG_READ, FLAG_WRITE, UUID

from ..wire import frames, gatt

_CONNECT = const(1)
_DISCONNECT = const(2)
_WRITE = const(3)
_MTU_EXCHANGED = const(21)
_ENCRYPTION_UPDATE = const(28)
_GET_SECRET = const(29)
_SET_SECRET = const(30)
_PASSKEY_ACTION = const(31)

_PASSKEY_DISPLAY = const(3)
_DISPLAY_ONLY = const(0)  # what it can do for pairing: somebody reads the passkey over USB
# bluetooth has no names for these. The object reads nothing to a host that is not paired with the
# passkey, and takes nothing from it
_WRITE_PAIRED = const(0x1000 | 0x2000)  # encrypted and authenticated

_ADVERTISE_US = const(100_000)
_MTU_LEAST = const(23)
_RING = const(512)  # bytes in: four requests
_RETRY_MS = const(5)  # the stack has room for a dozen packets; the air takes 2.5 ms for one
_STUCK_MS = const(10_000)  # a host that takes nothing for so long is gone
_FLAGS = b"\x02\x01\x06"  # discoverable, no classic Bluetooth
_SERVICE_DATA = const(0x07)  # complete list of 128-bit service UUIDs
_NAME_DATA = const(0x09)


class Ring:
    """Bytes from an interrupt to a task, in order; what does not fit is lost, and counted.

    Positions only ever grow; `head` is the interrupt's alone and `tail` the task's, so that
    neither can undo a step of the other. A loss leaves an END behind: it spoils its own frame and
    not the one after it.
    """

    def __init__(self, size=_RING):
        self._buffer = bytearray(size)
        self._size = size
        self.head = 0
        self._tail = 0
        self._forgotten = 0
        self.overruns = 0

    @property
    def waiting(self):
        """Whether there is anything to take."""
        return self.head > max(self._tail, self._forgotten)

    def put(self, data):
        """From the interrupt."""
        if len(data) >= self._size - self.head + self._tail:  # one byte is kept for that END
            self.overruns += 1
            if self.head - self._tail == self._size:
                return
            data = frames.END
        at = self.head % self._size
        fits = min(len(data), self._size - at)
        self._buffer[at : at + fits] = data[:fits]
        self._buffer[: len(data) - fits] = data[fits:]
        self.head += len(data)

    def forget(self):
        """From the interrupt: whoever sent what is in here has gone."""
        self._forgotten = self.head

    def take(self, end):
        """The bytes up to position `end` (a `head` of before) that nobody forgot."""
        tail = max(self._tail, self._forgotten)
        data = b""
        if tail < end:
            at, last = tail % self._size, end % self._size
            data = self._buffer[at:last] if at < last else self._buffer[at:] + self._buffer[:last]
            tail = end
        self._tail = tail
        return bytes(data)


class Ble:
    """The peripheral on `radio`, a bluetooth.BLE that is active.

    `about` tells who the object is: (model, serial, firmware), texts. `door` (door.Door)
    answers; to `reset` it is to forget whoever was there. `bonds` (bonds.Bonds) keeps
    pairings. `show` is called with the passkey (six digits as a number, the same for the life of
    this peripheral) whenever a host has to be told it.
    """

    def __init__(self, radio, about, bonds, door, show):
        self._radio = radio
        self._bonds = bonds
        self._door = door
        self._show = show
        self._ring = Ring()
        self._decoder = frames.Decoder(frames.REQUEST_MAX)
        self._woken = asyncio.ThreadSafeFlag()
        self._conn = None
        self._mtu = _MTU_LEAST
        self._asked = None  # the connection that wants the passkey
        self._visits = 0
        self._trusted = False  # encrypted, and paired with the passkey
        self.failures = 0  # pairings that did not succeed
        self._passkey = int.from_bytes(os.urandom(4), "little") % 999_999 + 1  # never 000000
        radio.irq(self._irq)
        radio.config(gap_name=gatt.NAME, mtu=gatt.MTU)
        radio.config(bond=True, mitm=True, le_secure=True, io=_DISPLAY_ONLY)
        self._register(about)

    # Reading is open where anybody may: who made it, what it is, how full its cell is
    def _register(self, about):
        radio = self._radio
        texts = ("Kitbag", about[0], about[1], about[2])
        numbers = (0x2A29, 0x2A24, 0x2A25, 0x2A26)  # manufacturer, model, serial, firmware
        information = (UUID(0x180A), tuple([(UUID(number), FLAG_READ) for number in numbers]))
        battery = (UUID(0x180F), ((UUID(0x2A19), FLAG_READ),))
        log = (
            UUID(gatt.SERVICE),
            (
                (UUID(gatt.FRAMES_IN), FLAG_WRITE | _WRITE_PAIRED),
                (UUID(gatt.FRAMES_OUT), FLAG_NOTIFY),
            ),
        )
        handles = radio.gatts_register_services((information, battery, log))
        for handle, text in zip(handles[0], texts):
            radio.gatts_write(handle, text.encode())
        self._battery = handles[1][0]
        self._in, self._out = handles[2]
        # Else a write is cut to 20 bytes; appending, so that one that comes early adds up
        radio.gatts_set_buffer(self._in, _RING, True)

    @property
    def connected(self):
        return self._conn is not None

    @property
    def overruns(self):
        """Writes that the ring had no room for."""
        return self._ring.overruns

    @property
    def damaged(self):
        """Frames that came in with a wrong length or CRC."""
        return self._decoder.damaged

    def tell_battery(self, percent):
        self._radio.gatts_write(self._battery, bytes([percent]))

    def close(self):
        """Let the host go, if one is there, and be silent."""
        conn = self._conn
        self._radio.gap_advertise(None)
        if conn is not None:
            self._radio.gap_disconnect(conn)

    # --- The interrupt -----------------------------------------------------------------------

    def _irq(self, event, data):
        result = None
        if event == _WRITE:
            self._ring.put(self._radio.gatts_read(data[1]))
        elif event == _CONNECT:
            self._mtu = _MTU_LEAST
            self._trusted = False
            self._visits += 1
            self._conn = data[0]
        elif event == _DISCONNECT:
            self._conn = None
            self._ring.forget()
        elif event == _MTU_EXCHANGED:
            self._mtu = data[1]
        elif event == _ENCRYPTION_UPDATE:
            self._trusted = bool(data[1] and data[2])
            if not data[1]:
                self.failures += 1
        elif event == _PASSKEY_ACTION:
            if data[1] == _PASSKEY_DISPLAY:
                self._asked = data[0]
        elif event == _GET_SECRET:
            result = self._bonds.get(*data)
        elif event == _SET_SECRET:
            result = self._bonds.put(*data)
        self._woken.set()
        return result

    # --- The task ----------------------------------------------------------------------------

    async def run(self):
        seen = 0  # visits whose beginning was dealt with
        advertising = False
        while True:
            if self._conn is None:
                if not advertising:
                    advertising = True
                    self._advertise()
            else:
                advertising = False
            await self._woken.wait()
            end = self._ring.head
            if self._visits != seen:
                seen = self._visits
                advertising = False
                self._decoder.reset()
                self._door.reset()
                self._bonds.forget_unsettled()
            if self._asked is not None:
                conn, self._asked = self._asked, None
                self._show(self._passkey)
                self._radio.gap_passkey(conn, _PASSKEY_DISPLAY, self._passkey)
            self._bonds.settle(self._trusted)
            for body in self._decoder.feed(self._ring.take(end)):
                answer = self._door.answer(body)
                while answer is not None and await self._send(frames.encode(answer)):
                    # Whoever has another word to say does not want the rest
                    answer = None if self._ring.waiting else self._door.more()

    def _advertise(self):
        service = bytes(reversed(unhexlify(gatt.SERVICE.replace("-", ""))))
        name = gatt.NAME.encode()
        self._radio.gap_advertise(
            _ADVERTISE_US,
            _FLAGS + bytes([len(service) + 1, _SERVICE_DATA]) + service,
            resp_data=bytes([len(name) + 1, _NAME_DATA]) + name,
        )

    # Whether the host that asked has been given all of it; else it has gone meanwhile
    async def _send(self, frame):
        conn, visit = self._conn, self._visits
        view = memoryview(frame)
        at = 0
        waited_ms = 0
        while at < len(frame):
            chunk = view[at : at + min(self._mtu - 3, gatt.CHUNK_MAX)]
            if self._conn is None or self._visits != visit:
                return False
            try:
                self._radio.gatts_notify(conn, self._out, chunk)
            except OSError as error:
                if error.errno != ENOMEM or waited_ms >= _STUCK_MS:
                    self._radio.gap_disconnect(conn)
                    return False
                # The stack's queue is full: no lack of memory, only of air
                waited_ms += _RETRY_MS
                await asyncio.sleep_ms(_RETRY_MS)
            else:
                at += len(chunk)
                waited_ms = 0
                await asyncio.sleep_ms(0)
        return True
