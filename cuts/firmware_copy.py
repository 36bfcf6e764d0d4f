"""Copies of the modules under proof, as they are or with an edit, for CPython."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import random
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
_FOLDERS = {"kitbag": ROOT / "firmware", "kitbag_tools": ROOT / "host_tools"}


@dataclass(frozen=True)
class Edit:
    """`old`, which must stand in the module exactly once, becomes `new`."""

    module: str
    old: str
    new: str


@dataclass(frozen=True)
class Firmware:
    """What takes part in the promise: classes of the firmware, and how the host decodes."""

    journal: Callable[..., Any]
    care: Callable[..., Any]
    latch: Callable[..., Any]
    memory: Callable[..., Any]
    rolling: Callable[..., Any]
    session: Callable[..., Any]
    entropy: random.Random  # what the chip's own would be: a new log draws its epoch from it
    records: Any
    decode: Callable[..., Any]
    chunk: Callable[..., Any]
    boot_of: Callable[[int, int], int]


def load(edits: Iterable[Edit] = ()) -> Firmware:
    """Fresh copies with `edits`; nothing that others have imported is touched."""
    if "micropython" not in sys.modules:
        micropython = ModuleType("micropython")
        vars(micropython)["const"] = lambda value: value  # pyright: ignore[reportUnknownLambdaType]
        sys.modules["micropython"] = micropython
    edits = tuple(edits)
    records = copied("kitbag.wire.records", edits)
    host = copied("kitbag_tools.records", edits, wire=records)
    chip = {"esp32": SimpleNamespace(NVS=lambda nvs: nvs), "machine": SimpleNamespace()}
    entropy = random.Random(0)
    chance = SimpleNamespace(urandom=entropy.randbytes)
    with StandIns(chip):
        memory = copied("kitbag.memory", edits)
    return Firmware(
        journal=copied("kitbag.journal", edits, records=records, os=chance).Journal,
        entropy=entropy,
        care=copied("kitbag.care", edits).Care,
        latch=copied("kitbag.warmth.latch", edits).Latch,
        memory=memory.Memory,
        rolling=copied("kitbag.budget", edits).Rolling,
        session=copied("kitbag.link.session", edits).Session,
        records=records,
        decode=host.decode,
        chunk=host.Chunk,
        boot_of=host.reading.boot_of,
    )


class _Edited(importlib.machinery.SourceFileLoader):
    """Compiles a text in place of what the file says."""

    def __init__(self, name: str, path: Path, text: str) -> None:
        super().__init__(name, str(path))
        self._text = text

    def get_code(self, fullname: str) -> Any:
        return compile(self._text, self.path, "exec")


def copied(name: str, edits: tuple[Edit, ...], **others: Any) -> Any:
    """A fresh module `name` with those of `edits` that are for it, and with `others` in the place
    of what it has imported under these names.
    """
    importlib.import_module(name.rpartition(".")[0])
    path = _FOLDERS[name.partition(".")[0]].joinpath(*name.split(".")).with_suffix(".py")
    text = path.read_text(encoding="utf-8")
    for edit in edits:
        if edit.module == name:
            if text.count(edit.old) != 1:
                raise LookupError(f"{text.count(edit.old)} times in {path}: {edit.old}")
            text = text.replace(edit.old, edit.new)
    loader = _Edited(name, path, text)
    spec = importlib.util.spec_from_loader(name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    known = sys.modules.get(name)
    sys.modules[name] = module  # dataclasses look themselves up while they are made
    try:
        loader.exec_module(module)
    finally:
        del sys.modules[name]
        if known is not None:
            sys.modules[name] = known
    vars(module).update(others)
    return module


class StandIns:
    """The chip's own modules, for as long as something that asks for them is imported."""

    def __init__(self, modules: dict[str, Any]) -> None:
        self._modules = modules
        self._before: dict[str, Any] = {}

    def __enter__(self) -> None:
        self._before = {name: sys.modules.get(name) for name in self._modules}
        sys.modules.update(self._modules)

    def __exit__(self, *_: object) -> None:
        for name, module in self._before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
