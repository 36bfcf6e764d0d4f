"""`bluetooth` of the simulated chip: the peripheral role, as far as the firmware uses it.

Same names, arguments, defaults and errors, the dangerous ones too: a characteristic takes 20 bytes
and cuts what is longer, a full queue is ENOMEM, the memoryviews of an event die with it, and a
handler that raises is never called again. Values live here; who is in the air, `simulated.air`
knows. Without a radio around it the object advertises in vain.
"""

import sys
from binascii import hexlify, unhexlify

from simulated import parts as _parts

FLAG_READ = 0x0002
FLAG_WRITE_NO_RESPONSE = 0x0004
FLAG_WRITE = 0x0008
FLAG_NOTIFY = 0x0010
FLAG_INDICATE = 0x0020

_ENOMEM = 12
_EINVAL = 22
_ENODEV = 19
_ENOTCONN = 128  # the ESP-IDF's

_CENTRAL_CONNECT = 1
_CENTRAL_DISCONNECT = 2
_GATTS_WRITE = 3
_GATTS_READ_REQUEST = 4
_GET_SECRET = 29
_SET_SECRET = 30

_DEFAULT_SIZE = 20
_QUEUE = 12  # packets that the stack keeps for the air
_ADVERTISING_MAX = 31
_ADDRESS_PUBLIC = 0


class UUID:
    def __init__(self, value):
        if isinstance(value, int):
            self._bytes = bytes((value & 0xFF, value >> 8))
        elif isinstance(value, str):
            self._bytes = bytes(reversed(unhexlify(value.replace("-", ""))))
        else:
            self._bytes = bytes(value)
        if len(self._bytes) not in (2, 4, 16):
            raise ValueError("invalid UUID")

    # bytes(uuid) is its little-endian form, as of the port's type
    def __iter__(self):
        return iter(self._bytes)

    def __len__(self):
        return len(self._bytes)

    def __eq__(self, other):
        return isinstance(other, UUID) and self._bytes == other._bytes

    def __hash__(self):
        return hash(self._bytes)


class _Value:
    def __init__(self):
        self.data = b""
        self.size = _DEFAULT_SIZE
        self.append = False


class _Stack:
    """What the radio's stack knows while it is active."""

    def __init__(self):
        self.handler = None
        self.config = {
            "mac": (_ADDRESS_PUBLIC, _address()),
            "gap_name": "MPY NIMBLE",
            "mtu": 256,
            "rxbuf": 256,
            "addr_mode": 0,
            "bond": False,
            "mitm": False,
            "io": 3,
            "le_secure": False,
        }
        self.reset()

    def reset(self):
        self.active = False
        self.values = []
        self.hosts = []
        self.room = _QUEUE

    def say(self, word, *arguments):
        if _parts.air is not None:
            _parts.air.say(word, *arguments)

    # From the air: an event, and what the stack of the chip makes of it before and after
    def event(self, number, arguments):
        if number == _CENTRAL_CONNECT:
            self.hosts.append(arguments[0])
            self.room = _QUEUE
        elif number == _CENTRAL_DISCONNECT:
            self.hosts.remove(arguments[0])
        elif number == _GATTS_WRITE:
            self._take(arguments[1], arguments[2])
            arguments = arguments[:2]
        result = self._call(number, tuple([_viewed(a) for a in arguments]))
        if number == _GATTS_READ_REQUEST:
            return result if result else hexlify(self.values[arguments[1]].data).decode()
        if number == _GET_SECRET:
            return None if result is None else hexlify(result).decode()
        return bool(result) if number == _SET_SECRET else None

    def _take(self, handle, data):
        value = self.values[handle]
        value.data = ((value.data if value.append else b"") + unhexlify(data))[: value.size]

    def _call(self, number, arguments):
        if self.handler is None:
            return None
        try:
            return self.handler(number, arguments)
        except Exception as error:  # noqa: BLE001 - as the port does
            print("Unhandled exception in IRQ callback handler")
            sys.print_exception(error)
            self.handler = None
            return None

    # So many packets have gone out
    def gone_out(self, count):
        self.room = min(_QUEUE, self.room + count)


# As on the chip: the second after the one that is its id
def _address():
    mac = _parts.life.unique_id
    return mac[:5] + bytes([mac[5] + 2 & 0xFF])


def _viewed(argument):
    return memoryview(unhexlify(argument)) if isinstance(argument, str) else argument


def _raw(data):
    return data.encode() if isinstance(data, str) else bytes(data)


_stack = None


class BLE:
    """There is one; every BLE() is it."""

    def __init__(self):
        global _stack
        if _stack is None:
            _stack = _Stack()

    def active(self, on=None):
        if on is None or bool(on) == _stack.active:
            return _stack.active
        if _parts.air is not None:
            if on:
                _parts.air.open(_stack, hexlify(_address()).decode())
            else:
                _parts.air.close()
        _stack.reset()
        _stack.active = bool(on)
        return _stack.active

    def config(self, *query, **values):
        if query:
            return _stack.config[query[0]]
        for name in values:
            if name not in _stack.config or name == "mac":
                raise ValueError("unknown config param")
        _stack.config.update(values)
        _on().say("config", values)

    def irq(self, handler):
        _stack.handler = handler

    def gap_advertise(self, interval_us, adv_data=None, *, resp_data=None, connectable=True):
        for data in (adv_data, resp_data):
            if data is not None and len(data) > _ADVERTISING_MAX:
                raise OSError(_EINVAL)
        texts = [hexlify(_raw(data or b"")).decode() for data in (adv_data, resp_data)]
        _on().say("advertise", interval_us, *texts)

    def gap_disconnect(self, conn):
        if conn not in _on().hosts:
            return False
        _stack.say("disconnect", conn)
        return True

    def gap_passkey(self, conn, action, passkey):
        _on().say("passkey", conn, action, passkey)

    def gatts_register_services(self, services):
        stack = _on()
        told = []
        handles = []
        stack.values = []
        for uuid, characteristics in services:
            first = len(stack.values)
            rows = []
            for row in characteristics:
                if len(row) > 2 and row[2]:
                    raise NotImplementedError("descriptors are not simulated")
                stack.values.append(_Value())
                rows.append([hexlify(bytes(row[0])).decode(), row[1]])
            told.append([hexlify(bytes(uuid)).decode(), rows])
            handles.append(tuple(range(first, len(stack.values))))
        stack.say("services", told)
        return tuple(handles)

    def gatts_read(self, handle):
        value = _on().values[handle]
        data = value.data
        if value.append:
            value.data = b""
        return data

    def gatts_write(self, handle, data, send_update=False):
        if send_update:
            raise NotImplementedError("updates by gatts_write are not simulated")
        value = _on().values[handle]
        value.data = _raw(data)
        value.size = max(value.size, len(value.data))

    def gatts_notify(self, conn, handle, data=None):
        stack = _on()
        if _parts.air is not None:
            _parts.air.look()
        if conn not in stack.hosts:
            raise OSError(_ENOTCONN)
        if stack.room == 0:
            raise OSError(_ENOMEM)
        stack.room -= 1
        value = stack.values[handle].data if data is None else _raw(data)
        stack.say("notify", conn, handle, hexlify(value).decode())

    def gatts_set_buffer(self, handle, size, append=False):
        value = _on().values[handle]
        value.size = size
        value.append = append


def _on():
    if _stack is None or not _stack.active:
        raise OSError(_ENODEV)
    return _stack
