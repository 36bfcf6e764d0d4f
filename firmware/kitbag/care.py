"""The care plan in force, kept in two slots so that a power cut leaves the old or the new one."""

from binascii import crc32

from micropython import const

from . import late

_RULES = const(
    "kitbag.wire.plan"
)  # the schema and its check: loaded for a moment at start and on change

_SLOTS = const(("plan_a", "plan_b"))
_CURRENT = const("plan_slot")


class Care:
    """`plan` is the flat dict in force, `crc` that of its stored form."""

    def __init__(self, memory):
        self._memory = memory
        self._slot = memory.number(_CURRENT, 0) & 1
        rules = late.load(_RULES)
        self.plan = rules.defaults()
        self.stored = True
        data = memory.blob(_SLOTS[self._slot])
        if data is not None:
            plan, problems = _unsealed(rules, data)
            self.stored = not problems
            if not problems:
                self.plan = plan
        self.crc = rules.crc(self.plan)
        late.forget(_RULES)

    def to_json(self):
        """The plan in force as it is stored and sent (bytes)."""
        data = late.load(_RULES).to_json(self.plan)
        late.forget(_RULES)
        return data

    def apply(self, data):
        """Check the JSON `data`, keep it and use it.

        Returns the list of problems (key, given, allowed); only an empty one means it is in
        force. Raises OSError when it could not be kept: the old plan then still stands.
        """
        rules = late.load(_RULES)
        plan, problems = rules.from_json(data)
        if problems:
            late.forget(_RULES)
            return problems
        spare = self._slot ^ 1
        stored = rules.to_json(plan)
        self._memory.keep_blob(_SLOTS[spare], crc32(stored).to_bytes(4, "little") + stored)
        # In force is what was stored: numbers as they are written there
        plan, problems = _unsealed(rules, self._memory.blob(_SLOTS[spare]) or b"")
        if problems or rules.to_json(plan) != stored:
            raise OSError  # it did not read back
        crc = crc32(stored)  # nothing may fail between flash and memory
        self._memory.keep_number(_CURRENT, spare)
        self._slot = spare
        self.plan = plan
        self.crc = crc
        late.forget(_RULES)
        return []


def _unsealed(rules, data):
    stored = data[4:]
    if crc32(stored).to_bytes(4, "little") != data[:4]:
        return None, True
    return rules.from_json(stored)
