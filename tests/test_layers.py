"""Imports of the firmware run one way, and only where this table lets them.

    app -> tasks -> link, comfort, journal, warmth, senses, parts -> wire -> limits

There are two roots: `app`, and `link.window` for link mode, where there is no app.
Late modules count too: they are named in strings (`late.load("kitbag.warmth.control")`).
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

FIRMWARE = Path(__file__).resolve().parents[1] / "firmware"
PACKAGE = FIRMWARE / "kitbag"

# Room -> the rooms it may import. A room is a folder of firmware/kitbag or a file in it; "" is
# kitbag/__init__.py, which holds the version. `app` may import everything; `link.window` all that
# ROOTS names.
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

# Link mode has no heat, no comfort, no senses: nothing of them is even loaded there
ROOTS = {
    "app": None,
    "link.window": {
        "", "care", "clock", "consent", "journal", "limits", "link", "memory", "parts", "wire",
    },
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
TOUCHES_HARDWARE = ("parts", "memory", "link.about", "link.ble", "link.mode", *ROOTS)


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


@pytest.mark.parametrize("name", [name for name in MODULES if name not in ROOTS])
def test_a_module_imports_only_what_its_room_may(name: str) -> None:
    needed = {room(other) for other in inside(name)} - {room(name)}
    assert needed - set(MAY_IMPORT[room(name)]) == set()


@pytest.mark.parametrize("name", list(MAY_IMPORT))
def test_the_table_allows_nothing_that_nobody_uses(name: str) -> None:
    mine = [module for module in MODULES if room(module) == name and module not in ROOTS]
    used = {room(other) for module in mine for other in inside(module)}
    assert set(MAY_IMPORT[name]) - used == set()


def reached(*roots: str) -> set[str]:
    """All that is loaded with `roots`, now or late, by name inside kitbag."""
    found, todo = set[str](), list(roots)
    while todo:
        for other in inside(todo.pop()) - found:
            found.add(other)
            todo.append(other)
    return found


def test_link_mode_loads_nothing_that_could_move_an_output() -> None:
    allowed = ROOTS["link.window"]
    assert allowed is not None
    loaded = reached("link.window", "link.mode")
    assert {room(name) for name in loaded} - allowed - {"late", "crc"} == set()
    assert {name for name in loaded if room(name) == "parts"} == {"parts.supply"}


def test_the_app_loads_nothing_of_the_radio() -> None:
    loaded = reached("app")
    assert loaded & {"link.ble", "link.bonds", "link.mode", "link.window", "wire.gatt"} == set()
    assert "bluetooth" not in {full for name in loaded for full in imports(name)}


def test_late_modules_are_seen() -> None:
    assert "tasks.warming" in inside("tasks.heat")
    assert "wire.plan" in inside("care")


def test_the_guard_knows_nothing_of_the_controller() -> None:
    assert reached("warmth.guard") == {"limits", "warmth.pad"}


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
