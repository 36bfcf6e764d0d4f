"""The object's files with one precaution taken away: some judge has to notice."""

from __future__ import annotations

import json
import shutil
import subprocess
from binascii import crc32
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from firmware_copy import Edit
from kitbag_tools import image, vm


@dataclass(frozen=True)
class Mutant:
    """`removes` is what the `edit` takes away; the night `number` of seed 1 must notice, as
    `check`.
    """

    removes: str
    check: str
    number: int
    edit: Edit


MUTANTS = (
    Mutant("that no seq is left out", "false_gap", 5, Edit(
        "kitbag.journal", "self.next = seq + 1\n", "self.next = seq + 1 + (seq % 7 == 0)\n")),
    Mutant("that only the oldest records make room", "false_gap", 6, Edit(
        "kitbag.journal", "max(self.first, seq -", "max(1, seq + 400 -")),
    Mutant("*tonight is mine*", "withheld", 9, Edit(
        "kitbag.consent", "if guest or state & _MODE:", "if guest:")),
    Mutant("that a host's clock is set against this moment", "time", 5, Edit(
        "kitbag.link.session", "utc_ms += age_ms\n", "utc_ms += age_ms + 2500\n")),
    Mutant("that an acknowledgement is what the host said", "acked", 5, Edit(
        "kitbag.link.about", "+ seq.to_bytes(", "+ (seq + 3).to_bytes(")),
    Mutant("that a stop is told", "silent", 5, Edit(
        "kitbag.tasks.answer", "self._log.write(records.STOP, how, self._heat.state)", "pass")),
)  # fmt: skip


def change(object_image: Path, edits: Iterable[Edit], out: Path) -> Path:
    """`object_image` with `edits`, each to another module, in the new folder `out`."""
    shutil.copytree(object_image, out)
    # Whose sums would else tell the object, which then bars heat
    manifest = out / image.MANIFEST
    sums = json.loads(manifest.read_bytes())
    for edit in edits:
        name = edit.module.replace(".", "/")
        text = (vm.root() / "firmware" / f"{name}.py").read_text(encoding="utf-8")
        if text.count(edit.old) != 1:
            raise LookupError(f"{text.count(edit.old)} times in {name}: {edit.old}")
        source, compiled = out.with_suffix(".py"), out / f"{name}.mpy"
        source.write_text(text.replace(edit.old, edit.new), encoding="utf-8")
        command = [vm.mpy_cross(), "-O3", "-s", f"{name}.py", "-o", compiled, source]
        subprocess.run(command, check=True)
        sums[f"{name}.mpy"] = crc32(compiled.read_bytes())
    manifest.write_text(json.dumps(sums))
    return out
