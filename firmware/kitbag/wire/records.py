"""The one table of log records, and how a record and a sector header lie on flash.

The journal is a ring of 4 KiB sectors of 16-byte slots. The first four slots of a sector hold its
header twice; each other slot is one record:

    kind u8 | boot u8 (low byte) | uptime_ms u32 | payload 8 bytes | crc16 u16      little-endian

A record's seq is its sector's first seq plus its place, and its CRC also covers the log's epoch
and that seq, so that a slot can never pass for another one. No record depends on the one before.
A slot of all ones is free; a slot of all zeros is void (erased on purpose, or torn by a power cut
and cleared at the next boot): it keeps its seq and says nothing.
"""

import struct

from .crc import crc16

SCHEMA = 1

SECTOR = 4096
SLOT = 16
HEADER_SLOTS = 4
RECORDS_PER_SECTOR = SECTOR // SLOT - HEADER_SLOTS

FREE = b"\xff" * SLOT
VOID = b"\x00" * SLOT

_MAGIC = b"KBJ1"
_HEADER = "<4sBBHIIII"  # magic, schema, spare, erases, epoch, boot, first seq, spare; then crc16

# A CRC of FFFF is stored as 0 (hence the remainders below): where flash reads FFFF in its place it
# was not written yet, and what a power cut left of a record or a header never passes for whole.

# Words that stand behind small numbers in records and in `status`. Append only.
CAUSES = "unknown power_on hard_reset watchdog deep_sleep soft_reset"
STATES = "idle warming holding fading stopped cannot_reach tripped latched locked"
WHYS = (
    "none hold long_hold double_squeeze triple_squeeze pat button session_over faded dose "
    "on_time battery guard plan restart gap budget not_enabled barred error charging host "
    "alone stop"
)
REACTIONS = "none W O L X"
PATTERNS = "heartbeat breath purr steady"
GUARD_FUNCTIONS = (
    "none SF1 SF2 SF3 SF4 SF5 SF6 SF7 SF8 SF9 SF10 SF11 SF12 SF13 SF14 SF15 SF16 SF17 SF18 SF19"
)
SENSE_FAULTS = "none bus stuck range leak back clipped glitch"
TASKS = "none app warmth senses comfort link journal boot"

# kind: "name field:bytes:scale ...". Negative bytes = signed. A stored integer is
# round(value * scale), saturated; the largest unsigned or lowest signed integer means "missing".
# In place of a scale, the name of a list of words stores the word's place in it. Append only: an
# old host keeps what it does not know as it lies. One string a kind, because on the object a
# table of tuples would cost three times the memory.
BOOT = 1
ANCHOR = 2
HOLD_START = 3
HOLD = 4
LONG_HOLD = 5
REST = 6
SQUEEZE = 7
PAT = 8
WARMTH_STATE = 10
WARMTH_SAMPLE = 11
SCENT = 12
SCENT_REFUSED = 13
TOUCH_START = 14
TOUCH_END = 15
STOP = 16
BUTTON = 17
GUARD = 18
EXCEPTION = 19
SENSE_FAULT = 20
BATTERY = 21
BLADDER = 22
PLAN = 23
DROPPED = 24
TALLY = 25
BREATH = 26
PICKED_UP = 27
PLACED = 28
WITHHELD = 29

GESTURE = "duration_s:3:50 peak_pa:2:1 mean_of_peak:1:250 noticed_after_s:1:100 confidence:1:200"
COUNTED = (
    "duration_s:2:50 peak_pa:2:1 count:1:1 mean_of_peak:1:250 noticed_after_s:1:100"
    " confidence:1:200"
)
KINDS = {
    BOOT: "boot cause:1:CAUSES why:1:WHYS battery_v:2:1000 boot_id:4:1",
    ANCHOR: "anchor utc_s:4:1 utc_milli:2:1 rtt_ms:2:1",
    HOLD_START: "hold_start since_s:2:50 peak_pa:2:1 noticed_after_s:1:100 tautness_pa_per_k:2:10",
    HOLD: "hold GESTURE",
    LONG_HOLD: "long_hold GESTURE",
    REST: "rest GESTURE",
    SQUEEZE: "squeeze COUNTED",
    PAT: "pat COUNTED",
    WARMTH_STATE: (
        "warmth_state state:1:STATES why:1:WHYS pad_c:-2:100 face_c:-2:100 target_c:2:100"
    ),
    WARMTH_SAMPLE: (
        "warmth_sample pad_c:-2:100 face_c:-2:100 duty:1:250 power_w:1:50 dose_cem43_min:2:10000"
    ),
    SCENT: "scent pulse_s:1:10 why:1:WHYS left_today:1:1",
    SCENT_REFUSED: "scent_refused why:1:WHYS left_today:1:1",
    TOUCH_START: "touch_start pattern:1:PATTERNS why:1:WHYS strength:1:250 per_min:1:2",
    TOUCH_END: "touch_end why:1:WHYS duration_s:3:50",
    STOP: "stop how:1:WHYS state:1:STATES",
    BUTTON: "button held_s:2:100",
    GUARD: (
        "guard function:1:GUARD_FUNCTIONS reaction:1:REACTIONS pad_c:-2:100 face_c:-2:100 "
        "current_a:2:1000"
    ),
    EXCEPTION: "exception task:1:TASKS code:4:1",
    SENSE_FAULT: "sense_fault fault:1:SENSE_FAULTS gauge_pa:-4:1",
    BATTERY: "battery battery_v:2:1000",
    BLADDER: "bladder pressure_pa:4:10 bladder_c:-2:100 gauge_pa:-2:1",
    PLAN: "plan crc:4:1 why:1:WHYS",
    DROPPED: "dropped records:4:1",
    TALLY: "tally holds:1:1 held_min:2:10 warm_min:2:10 scents:1:1 touch_min:2:10",
    BREATH: "breath breaths_per_min:2:100 amplitude_pa:2:20 quality:1:200",
    PICKED_UP: "picked_up rested_s:3:1",
    PLACED: "placed handled_s:3:1",
    WITHHELD: "withheld ago_h:1:1",
}


def fields(kind):
    """((field, bytes, scale), ...) of a record kind; a scale may be a list of words.

    Raises KeyError for an unknown kind.
    """
    found = []
    specs = KINDS[kind].split()[1:]
    if specs[0] in globals():
        specs = globals()[specs[0]].split()
    for spec in specs:
        name, width, scale = spec.split(":")
        number = globals()[scale].split() if scale[0] > "9" else int(scale)
        found.append((name, int(width), number))
    return found


def _stored(value, width, scale):
    signed = width < 0
    bits = 8 * (-width if signed else width)
    low, high = (-(1 << (bits - 1)) + 1, (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 2)
    if value is None or value != value:  # NaN is missing too
        number = low - 1 if signed else high + 1
    else:
        number = scale.index(value) if isinstance(scale, list) else round(value * scale)
        number = max(low, min(high, number))
    return number & ((1 << bits) - 1)


def pack(kind, boot, uptime_ms, epoch, seq, values):
    """One slot (16 bytes) of `kind` with `values` in the order of its fields in `KINDS`.

    Numbers saturate at what their field can hold; None and NaN become "missing".
    Raises KeyError for an unknown kind, ValueError for a word that the field does not know.
    """
    slot = bytearray(SLOT)
    struct.pack_into("<BBI", slot, 0, kind, boot & 0xFF, uptime_ms & 0xFFFFFFFF)
    at = 6
    for (_, width, scale), value in zip(fields(kind), values):
        size = abs(width)
        slot[at : at + size] = _stored(value, width, scale).to_bytes(size, "little")
        at += size
    struct.pack_into("<H", slot, 14, slot_crc(slot, epoch, seq))
    return slot


def slot_crc(slot, epoch, seq):
    """The CRC-16 that `slot` must carry at `seq` in the log `epoch`."""
    return crc16(memoryview(slot)[:14], crc16(struct.pack("<II", epoch, seq))) % 0xFFFF


def check(slot, epoch, seq):
    """What a slot is: "free", "void", "good" or "damaged"."""
    if slot == FREE:
        return "free"
    if slot == VOID:
        return "void"
    return "good" if slot_crc(slot, epoch, seq) == slot[14] | slot[15] << 8 else "damaged"


def pack_header(epoch, boot, first_seq, erases):
    """The four header slots (64 bytes: the same header twice) of a sector."""
    raw = struct.pack(_HEADER, _MAGIC, SCHEMA, 0, erases & 0xFFFF, epoch, boot, first_seq, 0)
    raw += struct.pack("<H", crc16(raw) % 0xFFFF)
    return (raw + b"\x00" * (HEADER_SLOTS // 2 * SLOT - len(raw))) * 2


def unpack_header(raw):
    """(schema, epoch, boot, first_seq, erases) from the first 64 bytes of a sector, or None."""
    size = struct.calcsize(_HEADER) + 2
    for start in (0, HEADER_SLOTS // 2 * SLOT):
        copy = bytes(raw[start : start + size])
        if copy[:4] != _MAGIC or len(copy) < size:
            continue
        if crc16(copy[:-2]) % 0xFFFF == copy[-2] | copy[-1] << 8:
            _, schema, _, erases, epoch, boot, first_seq, _ = struct.unpack(_HEADER, copy[:-2])
            return schema, epoch, boot, first_seq, erases
    return None
