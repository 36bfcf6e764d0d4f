"""The firmware and the host tool with one precaution taken away: some part has to notice."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_copy import Edit
from parts import BITS, COPIES, EVERY

_JOURNAL = "kitbag.journal"
_RECORDS = "kitbag.wire.records"
_CARE = "kitbag.care"
_MEMORY = "kitbag.memory"
_LATCH = "kitbag.warmth.latch"
_HOST = "kitbag_tools.records"


@dataclass(frozen=True)
class Mutant:
    """`removes` is what the `edits` take away; `part` is the one that must notice, in `field`."""

    removes: str
    part: str
    field: str
    edits: tuple[Edit, ...]


MUTANTS = (
    Mutant("the CRC check of a record", BITS, "wrong", (
        Edit(_RECORDS, 'return "good" if slot_crc(slot, epoch, seq) == slot[14] | slot[15] << 8 '
             'else "damaged"', 'return "good"'),)),
    Mutant("the seq in a record's CRC", EVERY, "wrong", (
        Edit(_RECORDS, 'struct.pack("<II", epoch, seq)', 'struct.pack("<II", epoch, 0)'),)),
    Mutant("the second copy of a header", BITS, "lost", (
        Edit(_RECORDS, "(HEADER_SLOTS // 2 * SLOT - len(raw))) * 2",
             "(HEADER_SLOTS // 2 * SLOT - len(raw))) + b'\\xff' * (HEADER_SLOTS // 2 * SLOT)"),)),
    Mutant("reading a record back", BITS, "lost", (
        Edit(_JOURNAL, "if self._slot != slot:", "if False:"),)),
    Mutant("that a slot which flash half took is counted", BITS, "lost", (
        Edit(_JOURNAL, "if self._read(seq) != records.FREE:", "if self._read(seq) == slot:"),)),
    Mutant("clearing a torn slot", EVERY, "unfounded", (
        Edit(_JOURNAL, "self._do(self._flash.writeblocks, seq - 1, records.VOID)", "pass"),)),
    Mutant("going on behind a torn slot", EVERY, "lost", (
        Edit(_JOURNAL, '                if slot[14:] == b"\\xff\\xff":\n',
             '                if slot[14:] == b"\\xff\\xff":\n                    seq -= 1\n'),)),
    Mutant("that a bad bit in free space is no record", BITS, "unfounded", (
        Edit(_JOURNAL, "_FREE_BITS = const(127)", "_FREE_BITS = const(128)"),)),
    Mutant("looking behind a full sector for one whose header is lost", COPIES, "reused", (
        Edit(_JOURNAL, "while self._pass_written() and self._was_begun():",
             "while self._pass_written() and False:"),)),
    Mutant("how boots are told where a header is lost", COPIES, "wrong", (
        Edit(_JOURNAL, "max(0, boot - _BOOTS)", "self._boot"),)),
    Mutant("that a free slot is told as overwritten", EVERY, "unnamed", (
        Edit(_HOST, "decoded.erased.append(seq)", "decoded.silent.append(seq)"),)),
    Mutant("storing a plan before it is switched to", EVERY, "plan_mixed", (
        Edit(_CARE, "        stored = rules.to_json(plan)\n",
             "        stored = rules.to_json(plan)\n"
             "        self._memory.keep_number(_CURRENT, spare)\n"),)),
    Mutant("the commit of a number", EVERY, "plan_mixed", (
        Edit(_MEMORY, "self._nvs.set_i32(key, value)\n        self._nvs.commit()",
             "self._nvs.set_i32(key, value)"),)),
    Mutant("a latch and its cause as one number", EVERY, "latch_half", (
        Edit(_LATCH, "        self._memory.keep_number(",
             "        self._memory.keep_number(_LATCH, self.reaction)\n"
             "        self._memory.keep_number("),)),
)  # fmt: skip
