"""A simulated object that `kitbag sim --hold` keeps alive."""

import signal
import subprocess
import sys
import time
from pathlib import Path


class Held:
    """A process that keeps an object alive, until the end of the block."""

    def __init__(self, command: list[str], out: Path) -> None:
        self._command = [sys.executable, "-m", "kitbag_tools"]
        self._command += command
        self._port = out / "port"

    def __enter__(self) -> None:
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        until = time.monotonic() + 60
        while not self._port.exists():
            if self._process.poll() is not None or time.monotonic() > until:
                self.__exit__()
                raise AssertionError(self._told)
            time.sleep(0.05)

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            _, self._told = self._process.communicate(timeout=15)
        finally:
            self._process.kill()
        assert not self._port.exists()  # it ended in peace
