"""Imports of the firmware run one way, and only where this table lets them.

    app -> tasks -> link, comfort, journal, warmth, senses, parts -> wire -> limits

Late modules count too: they are named in strings (`late.load("kitbag.warmth.control")`).
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

FIRMWARE = Path(__file__).resolve().parents[1] / "firmware"
PACKAGE = FIRMWARE / "kitbag"

# Room -> the rooms it may import. A room is a folder of firmware/kitbag or a file in it; "" is
# kitbag/__init__.py, which holds the version. `app` may import everything.
MAY_IMPORT = {
    "": (),
    "limits": (),
    "clock": (),
    "late": (),
    "memory": (),
    "image": (),
    "service": ("memory",),
    "wire": ("limits",),
    "budget": ("limits",),
    "journal": ("wire",),
    "care": ("late", "wire"),
    "consent": ("wire",),
    "drop": ("consent", "wire"),
    "parts": (),
    "senses": (),
    "warmth": ("limits", "wire"),
    "comfort": ("limits",),
    "link": ("", "late", "wire"),
    "tasks": (
        "budget", "comfort", "consent", "drop", "late", "limits", "parts", "senses", "warmth",
        "wire",
    ),
}  # fmt: skip

# What is fed by others: no pins, no buses, no chip, no flash
PURE = (
    "wire",
    "limits",
    "senses",
    "warmth",
    "comfort",
    "budget",
    "care",
    "consent",
    "drop",
    "late",
)
# Modules that are only there on the chip, or because it is one
HARDWARE = {"machine", "esp32", "bluetooth", "network", "neopixel", "onewire"}
# Who may ask for them: the drivers, what outlives a reset, the object's id, the root
TOUCHES_HARDWARE = ("parts", "memory", "link.about", "app")


def modules() -> dict[str, Path]:
    """Dotted name inside kitbag ("" for the package itself) -> file."""
    found: dict[str, Path] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imports(name: str) -> Iterator[str]:
    """Full names of everything that a module imports, now or late."""
    path = MODULES[name]
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    above = ["kitbag", *package.split(".")] if package else ["kitbag"]
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = above[: len(above) - node.level + 1] if node.level else []
            whole = ".".join([*base, node.module] if node.module else base)
            for alias in node.names:
                one = f"{whole}.{alias.name}"
                yield one if one.removeprefix("kitbag.") in MODULES else whole
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            late = node.value.removeprefix("kitbag.")
            if late != node.value and late in MODULES:
                yield node.value


def inside(name: str) -> set[str]:
    """Those of our own modules that a module imports, by their names inside kitbag."""
    ours = {full for full in imports(name) if full.split(".")[0] == "kitbag"}
    return {full.removeprefix("kitbag").removeprefix(".") for full in ours}


def room(name: str) -> str:
    return name.partition(".")[0]


def test_the_table_names_every_room_and_no_other() -> None:
    assert set(MAY_IMPORT) | {"app"} == {room(name) for name in MODULES}


def test_the_table_has_no_way_round() -> None:
    settled: set[str] = set()
    while len(settled) < len(MAY_IMPORT):
        free = {r for r, needs in MAY_IMPORT.items() if r not in settled and settled >= set(needs)}
        assert free, "a circle among " + ", ".join(sorted(set(MAY_IMPORT) - settled))
        settled |= free


@pytest.mark.parametrize("name", [name for name in MODULES if name != "app"])
def test_a_module_imports_only_what_its_room_may(name: str) -> None:
    needed = {room(other) for other in inside(name)} - {room(name)}
    assert needed - set(MAY_IMPORT[room(name)]) == set()


@pytest.mark.parametrize("name", list(MAY_IMPORT))
def test_the_table_allows_nothing_that_nobody_uses(name: str) -> None:
    used = {room(other) for module in MODULES if room(module) == name for other in inside(module)}
    assert set(MAY_IMPORT[name]) - used == set()


def test_late_modules_are_seen() -> None:
    assert "tasks.warming" in inside("tasks.heat")
    assert "wire.plan" in inside("care")


def test_the_guard_knows_nothing_of_the_controller() -> None:
    reached, todo = set[str](), ["warmth.guard"]
    while todo:
        for other in inside(todo.pop()) - reached:
            reached.add(other)
            todo.append(other)
    assert reached == {"limits", "warmth.pad"}


@pytest.mark.parametrize("name", list(MODULES))
def test_only_those_touch_hardware_who_may(name: str) -> None:
    asked = {full.split(".")[0] for full in imports(name)} & HARDWARE
    if asked:
        assert name in TOUCHES_HARDWARE or room(name) in TOUCHES_HARDWARE
        assert room(name) not in PURE


def test_boot_imports_pins_and_nothing_else() -> None:
    tree = ast.parse((FIRMWARE / "boot.py").read_bytes())
    named = [ast.unparse(n) for n in ast.walk(tree) if isinstance(n, (ast.Import, ast.ImportFrom))]
    assert named == ["from machine import Pin"]


def test_the_host_imports_only_what_both_sides_share(repository: Path) -> None:
    for path in sorted((repository / "host_tools").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            for name in names:
                if name.split(".")[0] == "kitbag":
                    shared = name.startswith(("kitbag.wire", "kitbag.limits", "kitbag.__version"))
                    assert shared, f"{path}: {name}"
