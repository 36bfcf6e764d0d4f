"""Makes the firmware and the simulated board importable here, on CPython.

In a process of its own: the board's `machine` and `board` stand where others would look for
theirs. `simulated_only` is for whoever wants none of that.
"""

from __future__ import annotations

import importlib.util
import sys
import types
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ON_BOTH = Path(__file__).with_name("on_both")


def take_over(root: Path = ROOT) -> None:
    """From now on `machine`, `board`, `simulated` and `kitbag` are those of `root`."""
    if "micropython" not in sys.modules:
        micropython = types.ModuleType("micropython")
        micropython.const = lambda value: value  # type: ignore[attr-defined]
        sys.modules["micropython"] = micropython
    folders = (root / "boards" / "sim", root / "firmware", ON_BOTH)
    sys.path[:0] = [str(folder) for folder in folders]


def simulated_only() -> None:
    """Only the package `simulated`: its noise and its plant import nothing of a board."""
    if "simulated" in sys.modules:
        return
    package = ROOT / "boards" / "sim" / "simulated"
    spec = importlib.util.spec_from_file_location(
        "simulated", package / "__init__.py", submodule_search_locations=[str(package)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["simulated"] = module
    spec.loader.exec_module(module)
