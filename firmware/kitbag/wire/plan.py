"""The care plan: its schema, its defaults and the one check that host and object both run.

People write it as TOML, the wire and the object keep the same tree as JSON. Inside, a plan is a
flat dict: {"warmth.level_c": 36, ...} with every key present.
"""

import json
from binascii import crc32

from .. import limits
from .records import PATTERNS

PLACEMENTS = ("body", "neck", "beside")
ROUTINES = ("none", "warm", "scent", "touch", "settle")
_TABLES_DEEP = 3
_BRACKETS_MAX = 32 + limits.SCENT_NAME_MAX  # of tables, and in the one free text

# key: (default, allowed). Allowed is bool, (low, high) for numbers, a tuple of words, or a
# longest length for free text. An integer default asks for a whole number.
SCHEMA = {
    "schema": (1, (1, 1)),
    "holder.reduced_sensation": (False, bool),
    "placement": ("body", PLACEMENTS),
    "warmth.enabled": (True, bool),
    "warmth.level_c": (36.0, (limits.LEVEL_MIN_C, limits.LEVEL_MAX_C)),
    "warmth.ceiling_c": (38.0, (limits.LEVEL_MIN_C, limits.LEVEL_MAX_C)),
    "warmth.session_min": (20.0, (limits.SESSION_MIN_MIN, limits.SESSION_MAX_MIN)),
    "warmth.ramp_c_per_min": (1.0, (limits.RAMP_MIN_C_PER_MIN, limits.RAMP_MAX_C_PER_MIN)),
    "warmth.sleep_c": (34.0, (limits.SLEEP_MIN_C, limits.SLEEP_MAX_C)),
    "warmth.fade_min": (20.0, (limits.FADE_MIN_MIN, limits.FADE_MAX_MIN)),
    "scent.enabled": (False, bool),
    "scent.name": ("", limits.SCENT_NAME_MAX),
    "scent.pulse_s": (4.0, (limits.SCENT_PULSE_MIN_S, limits.SCENT_PULSE_MAX_S)),
    "scent.gap_s": (720.0, (limits.SCENT_GAP_MIN_S, 86_400)),
    "scent.daily_pulses": (20, (0, limits.SCENT_PULSES_MAX)),
    "touch.enabled": (False, bool),
    "touch.pattern": ("heartbeat", tuple(PATTERNS.split())),
    "touch.strength": (0.4, (0, 1)),
    "touch.beats_per_min": (55.0, (limits.BEATS_MIN_PER_MIN, limits.BEATS_MAX_PER_MIN)),
    "touch.breaths_per_min": (6.0, (limits.BREATHS_MIN_PER_MIN, limits.BREATHS_MAX_PER_MIN)),
    "gesture.hold": ("warm", ROUTINES),
    "gesture.long_hold": ("none", ROUTINES),
    "gesture.double_squeeze": ("scent", ROUTINES),
    "gesture.pat": ("none", ROUTINES),
    "logging.level": (2, (0, 3)),
    "logging.marker": (True, bool),
    "logging.guest": (False, bool),
}


def defaults():
    """The plan that an object follows before anyone has set one."""
    return {key: SCHEMA[key][0] for key in SCHEMA}


def parse(tree):
    """(plan, problems) of `tree`, the nested dict that TOML or JSON gave.

    `plan` is flat and complete: what the tree does not name has its default. `problems` is a list
    of (key, given, allowed), empty when the plan may be used.
    """
    plan = defaults()
    problems = []
    if not isinstance(tree, dict):
        return plan, [("", tree, "a table of settings")]
    for key, given in _flat(tree, ""):
        if key not in SCHEMA:
            problems.append((key, given, "a known setting"))
        elif _fits(SCHEMA[key], given):
            plan[key] = _kept(SCHEMA[key][0], given)
        else:
            problems.append((key, given, allowed(key)))
    return plan, problems


# Tables in tables are entered a few deep only: who sends more of them must not exhaust the stack
def _flat(tree, prefix):
    for name in tree:
        key = prefix + str(name)
        value = tree[name]
        if isinstance(value, dict) and key not in SCHEMA and prefix.count(".") < _TABLES_DEEP:
            if not value:
                continue
            for pair in _flat(value, key + "."):
                yield pair
        else:
            yield key, value


def _fits(rule, given):
    default, span = rule
    if span is bool:
        return isinstance(given, bool)
    if isinstance(span, int):
        return isinstance(given, str) and len(given) <= span and _printable(given)
    if isinstance(span[0], str):
        return isinstance(given, str) and given in span
    if isinstance(given, bool) or not isinstance(given, (int, float)):
        return False
    if isinstance(default, int) and not isinstance(given, int):
        return False
    return span[0] <= given <= span[1]  # NaN fits nowhere


# Nothing that moves a terminal's cursor, turns its direction or cannot be seen
def _printable(text):
    for c in text:
        o = ord(c)
        if not (32 <= o < 127 or 160 <= o < 0xD800 or o >= 0xE000):
            return False
        if 0x200B <= o <= 0x200F or 0x2028 <= o <= 0x202E or 0x2060 <= o <= 0x206F or o == 0xFEFF:
            return False
    return True


def _kept(default, given):
    return float(given) if isinstance(default, float) else given


def allowed(key):
    """What `key` may be, in words."""
    default, span = SCHEMA[key]
    if span is bool:
        return "true or false"
    if isinstance(span, int):
        return "text of at most %d printable characters" % span
    if isinstance(span[0], str):
        return "one of " + ", ".join(span)
    number = "a whole number" if isinstance(default, int) else "a number"
    if span[0] == span[1]:
        return str(span[0])
    return "%s from %g to %g" % (number, span[0], span[1])


def to_json(plan):
    """The plan as bytes of flat JSON with sorted keys: the form that is stored, sent and CRC'd,
    equal on every side. Numbers are written with at most four decimals.
    """
    # Not json.dumps: its key order, number and character forms differ between Pythons
    pairs = []
    for key in sorted(SCHEMA):
        value = plan[key]
        if isinstance(value, float):
            # The object's floats have 24 bits: print what both sides can hold
            text = ("%.4f" % value).rstrip("0").rstrip(".")
        elif isinstance(value, bool):
            text = "true" if value else "false"
        elif isinstance(value, int):
            text = str(value)
        else:
            text = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        pairs.append('"' + key + '":' + text)
    return ("{" + ",".join(pairs) + "}").encode()


def from_json(data):
    """(plan, problems) of bytes that `to_json` made, or anyone else."""
    data = bytes(data)
    try:
        # Who sends tables in tables without end must not exhaust memory or stack
        if data.count(b"[") + data.count(b"{") > _BRACKETS_MAX:
            raise ValueError
        tree = json.loads(data.decode())
    except ValueError:  # also not UTF-8
        return defaults(), [("", "bytes that are not JSON", "a care plan")]
    return parse(tree)


def crc(plan):
    """CRC-32 of the stored form: two sides with the same crc follow the same plan."""
    return crc32(to_json(plan))
