"""Copy an object's image to a board over a serial port, through mpremote.

The order is what makes it safe: `main.py` goes first and comes back last, after every other file
was read back and its SHA-256 compared. A copy cut short at any point leaves an object that starts
nothing.
"""

import ast
import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import click
from serial.tools import list_ports

from . import image
from .errors import ExitCode, KitbagError, Reason

# What the build owns on the board. Anything else there (a maker's own notes) is left alone.
_FOLDERS = ("kitbag", "adafruit_bme280")
# These run by themselves after a reset, so half of one must never carry its name.
_STARTERS = ("boot.py", "main.py")

_ANSWER_S = 30.0  # a prompt that opens at all opens within this
_COPY_S = 600.0  # 300 kB take 30 s at 115200 baud

_OLDEST = (1, 27)  # the MicroPython that the firmware is tested with, or later

# Runs on the board: every file of ours with its digest, and whatever lies at the top level.
_LIST = """
import hashlib, os, sys
def _walk(folder):
    for entry in os.ilistdir(folder or '.'):
        path = folder + '/' + entry[0] if folder else entry[0]
        if entry[1] & 0x4000:
            if folder or entry[0] in {folders!r}:
                _walk(path)
            continue
        digest = hashlib.sha256()
        with open(path, 'rb') as file:
            part = file.read(512)
            while part:
                digest.update(part)
                part = file.read(512)
        found[path] = ''.join('%02x' % byte for byte in digest.digest())
found = {{}}
if sys.implementation.name == 'micropython' and sys.implementation.version >= {oldest!r}:
    _walk('')
print('kitbag:', (sys.implementation.name, sys.implementation.version, found))
"""

# Runs on the board: folders that may exist, files that may not.
_PREPARE = """
import os
for _path in {remove!r}:
    try:
        os.remove(_path)
    except OSError as _error:
        if _error.errno != 2:
            raise
for _path in {folders!r}:
    try:
        os.mkdir(_path)
    except OSError as _error:
        if _error.errno != 17:
            raise
"""

Files = dict[str, str]
"""Path on the board -> SHA-256 in hex."""


@dataclass(frozen=True)
class Deployed:
    """What one deploy did: paths on the board."""

    board: str
    port: str
    copied: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    unchanged: int = 0


def deploy(board: str, port: str, say: Callable[[str], None]) -> Deployed:
    """Make the board at `port` hold exactly the image of `board`.

    `say` is told each step in words. Only files whose content differs are copied. Raises
    KitbagError; whenever it does, the board either was not touched yet or holds no main.py.
    """
    _require_port(port)
    tree = image.build(board)
    wanted = _local_files(tree)
    present = _list_board(port)
    strangers = _strangers(present, wanted)
    changed = [path for path in wanted if present.get(path) != wanted[path]]
    if not changed and not strangers:
        return Deployed(board, port, unchanged=len(wanted))

    first = [path for path in changed if path not in _STARTERS]
    removed = sorted({*strangers, "main.py"} & set(present))
    say(f"{len(changed)} files to copy, {len(wanted) - len(changed)} are there already")
    prepare = _PREPARE.format(remove=[*removed, "main.py"], folders=_folders(wanted))
    commands = [["exec", prepare]]
    commands += [["cp", str(tree / path), f":{path}"] for path in first]
    if "boot.py" in changed:
        commands += _install(tree, "boot.py")
    _remote(port, commands, _COPY_S, say)
    _require_equal(_list_board(port), {path: wanted[path] for path in wanted if path != "main.py"})

    _remote(port, _install(tree, "main.py"), _COPY_S, say)
    _require_equal(_list_board(port), wanted)
    if "main.py" not in changed:  # it was only away while the rest changed
        removed.remove("main.py")
    return Deployed(board, port, changed, removed, len(wanted) - len(changed))


def _install(tree: Path, name: str) -> list[list[str]]:
    """Copy under another name, then rename: a whole file or none."""
    return [
        ["cp", str(tree / name), f":{name}.new"],
        ["exec", f"import os; os.rename({name + '.new'!r}, {name!r})"],
    ]


def _local_files(tree: Path) -> Files:
    return {
        path.relative_to(tree).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(tree.rglob("*"))
        if path.is_file()
    }


def _folders(paths: Iterable[str]) -> list[str]:
    parents = {parent.as_posix() for path in paths for parent in Path(path).parents}
    return sorted(parents - {"."})


def _strangers(present: Files, wanted: Files) -> list[str]:
    """Files that are not of the image but would be imported instead of, or beside, its own."""
    modules = {Path(path).stem for path in wanted if "/" not in path}
    return [
        path
        for path in sorted(present)
        if path not in wanted
        and ("/" in path or (Path(path).stem in modules and Path(path).suffix in (".py", ".mpy")))
    ]


def _require_port(port: str) -> None:
    """A port must be named and be there; mpremote would call both 'failed to access'."""
    found = sorted(info.device for info in list_ports.comports())
    if not port:
        raise KitbagError(
            where="PORT",
            given="nothing",
            allowed="a serial port; found here: " + (", ".join(found) or "none"),
            next_step=f"say PORT={found[0] if found else '/dev/ttyACM0'}",
            reason=Reason.USAGE,
            problem="no port was named",
        )
    if not Path(port).exists() and port not in found:
        raise KitbagError(
            where="PORT",
            given=port,
            allowed="a serial port that is there: " + (", ".join(found) or "none is"),
            next_step="check the cable (some only charge) and name the port of the board",
            reason=Reason.PORT_MISSING,
        )


def _list_board(port: str) -> Files:
    script = _LIST.format(folders=_FOLDERS, oldest=_OLDEST)
    said = _remote(port, [["exec", script]], _ANSWER_S)
    answers = [line for line in said.splitlines() if line.startswith("kitbag: ")]
    if not answers:
        raise _no_prompt(port)
    name, version, files = ast.literal_eval(answers[-1].removeprefix("kitbag: "))
    if name != "micropython" or version < _OLDEST:
        raise KitbagError(
            where=port,
            given=f"{name} {'.'.join(str(part) for part in version[:3])}",
            allowed=f"micropython {'.'.join(str(part) for part in _OLDEST)} or later",
            problem="the object's firmware does not run on this",
            next_step="flash the board with MicroPython first: see boards/<board>/README.md",
            reason=Reason.NOT_A_KITBAG,
        )
    return files


def _require_equal(present: Files, wanted: Files) -> None:
    wrong = [path for path in wanted if present.get(path) != wanted[path]]
    if wrong:
        raise KitbagError(
            where=wrong[0],
            given=f"{len(wrong)} files whose SHA-256 on the board differs from what was sent",
            allowed="the same bytes",
            next_step="run it again; if it stays, the board's flash or the cable is bad",
            reason=Reason.CANNOT_WRITE,
            problem="the board did not keep what was sent",
        )


def _remote(
    port: str, commands: list[list[str]], limit_s: float, say: Callable[[str], None] | None = None
) -> str:
    """Run mpremote commands in one connection and return what it printed.

    `resume`: the door was opened by hand, nothing runs, so there is nothing to reset.
    """
    chain = [word for command in commands for word in (*command, "+")][:-1]
    with subprocess.Popen(
        [sys.executable, "-m", "mpremote", "connect", port, "resume", *chain],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        alarm = threading.Timer(limit_s, process.kill)
        alarm.start()
        try:
            said = _listen(process.stdout or (), say)
        except BaseException:  # Ctrl-C included: nobody may go on writing to the board
            process.kill()
            raise
        finally:
            alarm.cancel()
    if process.returncode != 0:
        raise _explain(port, said)
    return said


def _listen(lines: Iterable[str], say: Callable[[str], None] | None) -> str:
    """All of `lines`; each copied file is told as it begins."""
    said: list[str] = []
    for line in lines:
        said.append(line)
        if say is not None and line.startswith("cp "):
            say(f"copying {line.split(':')[-1].strip()}")
    return "".join(said)


def _explain(port: str, said: str) -> KitbagError:
    """What mpremote printed, turned into one next step."""
    if "failed to access" in said:
        return KitbagError(
            where=port,
            given="a port that does not open",
            next_step="close the other program (a serial monitor?) and run it again",
            reason=Reason.PORT_BUSY,
        )
    if "raw repl" in said or not said.strip():
        return _no_prompt(port)
    if "ENOSPC" in said or "Errno 28" in said:
        return KitbagError(
            where=port,
            given="a file system that is full",
            allowed="2 MB for MicroPython's files, as in boards/<board>/partitions.csv",
            next_step="remove files of yours from the board, or flash it with our partition table",
            reason=Reason.CANNOT_WRITE,
        )
    last = said.strip().splitlines()[-1]
    return KitbagError(
        where=port,
        given=last,
        problem="the copy was cut short, and the object will not start as it is",
        next_step="check the cable and run it again: only what is missing is copied",
        reason=Reason.LINK_LOST,
        exit_code=ExitCode.FAILED,
    )


def _no_prompt(port: str) -> KitbagError:
    return KitbagError(
        where=port,
        given="no MicroPython prompt",
        allowed="a board with MicroPython 1.27 or later whose prompt is open",
        next_step="hold the object's button, press reset, let go after 2 s, and run it again",
        reason=Reason.NO_ANSWER,
    )


@click.command()
@click.option("--board", default="esp32_s3", show_default=True, help="folder under boards/")
@click.option("--port", default="", help="serial port, for example /dev/ttyACM0")
def main(board: str, port: str) -> None:
    """Build the image of BOARD and copy it to the board at PORT."""
    try:
        done = deploy(board, port, say=lambda words: click.echo(words, err=True))
    except KitbagError as error:
        click.echo(error.told(), err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        click.echo("interrupted: run it again; until then the object will not start", err=True)
        sys.exit(ExitCode.INTERRUPTED)
    for path in done.removed:
        click.echo(f"removed {path}")
    click.echo(
        f"{board} at {port}: {len(done.copied)} copied, {done.unchanged} unchanged, all verified"
    )
    if done.copied or done.removed:
        click.echo("press reset to start it")


if __name__ == "__main__":
    main(standalone_mode=True)
