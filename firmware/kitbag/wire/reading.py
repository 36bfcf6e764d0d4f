"""Reading records back: what only a host does, so that the object need not carry it."""

import struct

from . import records


def unpack(slot):
    """(kind, boot_low, uptime_ms, {field: value}) of a slot whose CRC was found right.

    Missing values are None. An unknown kind gives {"raw": hex}; so does an unknown word.
    """
    kind, boot_low, uptime_ms = struct.unpack_from("<BBI", slot, 0)
    if kind not in records.KINDS:
        return kind, boot_low, uptime_ms, {"raw": "".join(["%02x" % b for b in slot[6:14]])}
    values = {}
    at = 6
    for name, width, scale in records.fields(kind):
        size = abs(width)
        number = int.from_bytes(bytes(slot[at : at + size]), "little")
        at += size
        missing = (1 << (8 * size)) - 1
        if width < 0:
            missing = 1 << (8 * size - 1)
        if number == missing:
            values[name] = None
            continue
        if width < 0 and number > missing:
            number -= 1 << (8 * size)
        if isinstance(scale, list):
            values[name] = scale[number] if number < len(scale) else "unknown_%d" % number
        else:
            values[name] = number / scale if scale != 1 else number
    return kind, boot_low, uptime_ms, values


def boot_of(boot_low, sector_boot):
    """The full boot id of a record from its low byte and its sector's boot (the first in it)."""
    return sector_boot + ((boot_low - sector_boot) & 0xFF)
