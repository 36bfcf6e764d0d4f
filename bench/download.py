"""How fast the log comes down a 115200 baud line, sealed, beside mpremote with the same bytes.

Once in virtual time, where the line alone costs any; once over a line that is really paced, with
two real processes on this computer at its ends.
"""

import io
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from figures import Figure
from kitbag_tools import image, vm
from kitbag_tools.environment import Environment
from kitbag_tools.object_client import ObjectClient
from kitbag_tools.sim import runner, scenario
from kitbag_tools.transports.serial import open_serial
from kitbag_tools.visits import Download

sys.path.insert(0, str(vm.root() / "tests"))
from support.full_log import dump
from support.serial_line import SerialLine, board

_HOW = ".venv/bin/python bench download"
_LINE_BYTES_PER_S = 115_200 / 10  # 8 data bits, a start and a stop bit


def measure() -> list[Figure]:
    """Bytes of log a second, from the first request to the last answer."""
    log, ours_s = _ours()
    peer_s = _mpremote(log)
    rate, peer_rate = len(log) / ours_s, len(log) / peer_s
    virtual_rate = _virtual()
    peer = f"mpremote fs cp of the same {len(log) // 1000} kB"
    return [
        Figure(
            "share of the line, in virtual time", 100 * virtual_rate / _LINE_BYTES_PER_S, "%",
            _HOW, peer, 100 * peer_rate / _LINE_BYTES_PER_S, (">=", 88),
        ),
        Figure("log downloaded a second at 115200 baud", rate, "B/s", _HOW, peer, peer_rate),
        Figure(
            "share of the line, really paced", 100 * rate / _LINE_BYTES_PER_S, "%", _HOW, peer,
            100 * peer_rate / _LINE_BYTES_PER_S,
        ),
        Figure("time that mpremote takes for it", peer_s / ours_s, "×", _HOW, bound=(">=", 3)),
    ]  # fmt: skip


def _virtual() -> float:
    with tempfile.TemporaryDirectory(prefix="kitbag-") as scratch:
        folder = Path(scratch)
        (folder / "short.toml").write_text(
            'duration_s = 5\nstart = "2026-03-01T22:00:00+00:00"\nsetup = false\n'
        )
        env = Environment(io.StringIO(), io.StringIO(), folder, folder, lambda: 0)
        played = scenario.load(folder / "short.toml")
        result = runner.run(played, folder / "out", env, log=dump())
        assert result.complete
        [sync] = result.syncs
        assert sync.read_bytes > 100_000
        return 1000 * sync.read_bytes / sync.read_ms


def _ours() -> tuple[bytes, float]:
    script = Path(__file__).with_name("on_vm") / "serve_log.py"
    search = {"MICROPYPATH": f"{image.build('esp32_s3')}:.frozen"}
    command = [str(vm.binary()), "-X", "heapsize=8M", str(script)]
    line = SerialLine(command, script.parent, environment=search, bytes_per_s=_LINE_BYTES_PER_S)
    with line:
        client = ObjectClient(open_serial(line.port), lambda: time.time_ns() // 1_000_000)
        client.adopt(client.greet().device, "therapist")
        hello = client.hello()
        download = Download(client, hello)
        began = time.monotonic()
        download.read(range(hello.first, hello.next))
        seconds = time.monotonic() - began
        client.close()
    return b"".join(chunk.slots for chunk in download.chunks), seconds


def _mpremote(log: bytes) -> float:
    with tempfile.TemporaryDirectory(prefix="kitbag-") as scratch:
        folder = Path(scratch, "flash")
        folder.mkdir()
        (folder / "log").write_bytes(log)
        copy = Path(scratch, "copy")
        with board(folder, bytes_per_s=_LINE_BYTES_PER_S) as line:
            connect = [sys.executable, "-m", "mpremote", "connect", line.port, "resume"]
            opening_s = _timed([*connect, "exec", "pass"])  # not the line's fault
            seconds = _timed([*connect, "cp", ":log", str(copy)]) - opening_s
        assert copy.read_bytes() == log
    return seconds


def _timed(command: list[str]) -> float:
    began = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began
