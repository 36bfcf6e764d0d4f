"""A simulated object on a serial line of its own, with what the chip does about its prompt.

The simulator's runner speaks the object's protocol and so never needs a prompt. Here it is there:
after main.py has returned, the real VM's. What the unix port does otherwise than the chip is done
here: 0x03 interrupts what runs as long as the firmware has not said that it is a byte like any
other; a soft reset from the raw prompt ends the process, and begins the next one with boot.py.
"""

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import threading
import time
import tty
from pathlib import Path

from kitbag_tools import image, vm
from kitbag_tools.sim import board_code, runner, scenario

_INTERRUPT, _RAW, _FRIENDLY = b"\x03", b"\x01", b"\x02"
_PROMPT = b">>> "

# `raw`: started from the raw prompt, so that MicroPython leaves main.py out
_START = """
import micropython, os, select, sys, time
real = {{"micropython": micropython, "os": os, "select": select, "sys": sys, "time": time}}
from simulated import life, run
from simulated.clock import Module
folder, raw = {folder!r}, {raw!r}
def kbd_intr(char):
    with open(folder + "/interrupt", "w") as file:
        file.write(str(char))
kbd_intr(3)
found = Module(micropython)
found.kbd_intr = kbd_intr
sys.modules["micropython"] = found
def prompt(self):
    kbd_intr(-1)  # from here on the VM sees to it
    sys.modules.update(real)  # whose streams are the line again, and whose time is the host's
life.Life.hang = prompt
if raw:
    execute = run._execute
    run._execute = lambda path, name: name == "boot.py" and execute(path, name)
run.main(folder)
"""


class Chip:
    """The object of a scenario, whose events `body` are, kept alive in real time after its end.

    `port` is the host's end of its line. `said` are the words on its control channel, `resets`
    what caused each reset, `channels` the PWM that ran on over the last one: {pin: duty}. `files`
    is its file system, a copy that a host may write to. `pressed_meanwhile`: a finger comes down
    on the button while it resets, so that nothing of the firmware has felt it.
    """

    def __init__(
        self, folder: Path, body: str, duration_s: float, *, pressed_meanwhile: bool = False
    ) -> None:
        (folder / "scenario.toml").write_text(f"duration_s = {duration_s}\nsetup = false\n{body}")
        played = scenario.load(folder / "scenario.toml")
        self.out = folder / "out"
        self.files = folder / "files"
        shutil.copytree(image.build("sim"), self.files)
        self._object = runner._prepare(self.out)
        runner._write_inputs(played, self._object, self.files, "max", True)
        config = self._object / "run.json"
        config.write_text(json.dumps({**json.loads(config.read_text()), "final_visits": []}))
        self._interrupt = self._object / "interrupt"
        self._path = f"{board_code.build()}:{self.files}:.frozen"
        self.said: list[str] = []
        self.resets: list[str] = []
        self.channels: dict[str, float] = {}
        self._pressed_meanwhile = pressed_meanwhile
        self._soft = 0
        self._raw = False
        self._stop = threading.Event()
        self._host_end, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        self._reset = threading.Event()
        self._heard: threading.Thread | None = None
        self._process: subprocess.Popen[str] | None = None
        self._device_end = -1

    def __enter__(self) -> "Chip":
        self._start(raw=False)
        self._pump = threading.Thread(target=self._serve, daemon=True)
        self._pump.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._pump.join()
        self._end()
        os.close(self._host_end)
        os.close(self._slave)

    def wait_for(self, word: str, limit_s: float = 30) -> None:
        """Wait until the object has said `word` on its control channel."""
        until = time.monotonic() + limit_s
        while word not in self.said:
            assert time.monotonic() < until, (word, self.said[-5:])
            time.sleep(0.05)

    # --- the process ---

    def _start(self, *, raw: bool) -> None:
        self._device_end, slave = os.openpty()
        tty.setraw(slave)
        heap = 2 * runner.FIRMWARE_HEAP_BYTES + runner.BOARD_HEAP_BYTES + runner.GARBAGE_BYTES
        code = _START.format(folder=str(self._object), raw=raw)
        self._process = subprocess.Popen(
            [str(vm.binary()), "-X", f"heapsize={heap}", "-i", "-c", code],
            cwd=self._object,
            env={**os.environ, "MICROPYPATH": self._path},
            stdin=slave,
            stdout=slave,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        os.close(slave)
        self._heard = threading.Thread(target=self._hear, args=[self._process], daemon=True)
        self._heard.start()

    def _hear(self, process: "subprocess.Popen[str]") -> None:
        assert process.stderr is not None
        for line in process.stderr:
            word, _, facts = line[1:].partition(" ")
            if line.startswith("@") and word != "waiting":
                self.said.append(word)
                if word == "reset":
                    self.resets.append(json.loads(facts)["kind"])
                    self._reset.set()

    def _end(self) -> None:
        assert self._process is not None
        assert self._process.stderr is not None
        assert self._heard is not None
        self._process.kill()
        self._process.wait()
        self._heard.join()
        self._process.stderr.close()
        os.close(self._device_end)

    def _outlive(self) -> None:
        file = self._object / "state.json"
        state = json.loads(file.read_text())
        self.channels = state["ledc"]
        if self._pressed_meanwhile:
            file.write_text(json.dumps({**state, "pressed": True}))

    # --- the line ---

    def _serve(self) -> None:
        while not self._stop.is_set():
            if self._reset.is_set():
                self._reset.clear()
                self._end()
                self._outlive()
                self._start(raw=False)
            ready = select.select([self._host_end, self._device_end], [], [], 0.05)[0]
            if self._host_end in ready:
                self._to_object(os.read(self._host_end, 4096))
            if self._device_end in ready:
                try:
                    data = os.read(self._device_end, 4096)
                except OSError:  # the process has ended, as the unix port does at a soft reset
                    self._soft_reset()
                    continue
                os.write(self._host_end, data)

    def _to_object(self, data: bytes) -> None:
        assert self._process is not None
        if _INTERRUPT in data and self._interrupt.read_text() == "3":
            data = data.replace(_INTERRUPT, b"")
            self._process.send_signal(signal.SIGINT)
        if _RAW in data:
            self._raw = True
        elif _FRIENDLY in data:
            self._raw = False
        with contextlib.suppress(OSError):
            os.write(self._device_end, data)

    def _soft_reset(self) -> None:
        if self._reset.is_set() or self._stop.is_set():
            return
        self._soft += 1
        self._end()
        self._start(raw=self._raw)
        self._until_prompt()
        os.write(self._host_end, b"\r\nMPY: soft reboot\r\n")
        if self._raw:
            os.write(self._device_end, _RAW)

    def _until_prompt(self) -> None:
        seen = b""
        until = time.monotonic() + 30
        while not seen.endswith(_PROMPT) and time.monotonic() < until:
            if select.select([self._device_end], [], [], 0.1)[0]:
                with contextlib.suppress(OSError):
                    seen += os.read(self._device_end, 4096)

    @property
    def soft_resets(self) -> int:
        """How often a host made it start anew from the raw prompt."""
        return self._soft
