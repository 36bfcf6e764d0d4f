"""A serial line made of a pseudo-terminal; what is plugged in is a process, often the VM.

The line can be paced, and it can be cut after a given number of bytes, as a cable can.
"""

import os
import select
import subprocess
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path

from kitbag_tools import vm


class SerialLine:
    """`port` is the host's end. Leaving the `with` block unplugs it and ends the process.

    `bytes_per_s` paces each direction (None: as fast as it goes). `cut_after` counts the bytes
    that the host sent; the one after that meets an unplugged cable.
    """

    def __init__(
        self,
        command: list[str],
        folder: Path,
        *,
        environment: dict[str, str] | None = None,
        bytes_per_s: float | None = None,
        cut_after: int | None = None,
    ) -> None:
        self._host_end, slave = os.openpty()
        tty.setraw(slave)
        self.port = os.ttyname(slave)
        self._slave = slave  # held open, so that a host that closes does not hang up the line
        self._device_end, device_slave = os.openpty()
        tty.setraw(device_slave)
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=device_slave,
            stdout=device_slave,
            stderr=device_slave,
            start_new_session=True,
        )
        os.close(device_slave)
        self._bytes_per_s = bytes_per_s
        self._cut_after = cut_after
        self.sent_by_host = 0
        self.sent_by_device = 0
        self._stop = threading.Event()
        self._pumps = [
            threading.Thread(target=self._pump, args=ends, daemon=True)
            for ends in (
                (self._host_end, self._device_end, self._count_host),
                (self._device_end, self._host_end, self._count_device),
            )
        ]

    def __enter__(self) -> "SerialLine":
        for pump in self._pumps:
            pump.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._stop.set()
        for pump in self._pumps:
            pump.join()
        for end in (self._host_end, self._device_end, self._slave):
            if end >= 0:
                os.close(end)

    def _count_host(self, size: int) -> int:
        left = size if self._cut_after is None else self._cut_after - self.sent_by_host
        self.sent_by_host += min(size, left)
        return min(size, left)

    def _count_device(self, size: int) -> int:
        self.sent_by_device += size
        return size

    def _pump(self, source: int, sink: int, count: Callable[[int], int]) -> None:
        free_at = time.monotonic()  # when the line has carried what was given to it
        while not self._stop.is_set():
            if not select.select([source], [], [], 0.05)[0]:
                continue
            try:
                data = os.read(source, 64 if self._bytes_per_s else 4096)
                passed = count(len(data))
                if self._bytes_per_s:
                    free_at = max(free_at, time.monotonic()) + passed / self._bytes_per_s
                    time.sleep(max(0.0, free_at - time.monotonic()))
                os.write(sink, data[:passed])
            except OSError:  # the process ended or the cable is out
                return
            if passed < len(data):
                self._unplug()
                return

    def _unplug(self) -> None:
        self._process.kill()
        # Whoever has the port open gets an error from it now, as from a pulled cable.
        end, self._host_end = self._host_end, -1
        os.close(end)


def board(
    folder: Path, *, cut_after: int | None = None, bytes_per_s: float | None = None
) -> SerialLine:
    """A MicroPython whose prompt is open and whose file system is `folder`."""
    command = [str(vm.binary())]
    return SerialLine(command, folder, cut_after=cut_after, bytes_per_s=bytes_per_s)
