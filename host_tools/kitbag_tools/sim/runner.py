"""Run a scenario: the object's process, the host's visits, and the files that tell of both."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import random
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kitbag.wire import asking
from kitbag.wire import plan as care_plan

from .. import exports, image, visits
from ..environment import Environment
from ..errors import ExitCode, KitbagError, LinkLost, Reason
from ..keys import FILE as KEYS
from ..keys import KeyFile
from ..object_client import ObjectClient
from ..store import Store
from ..transports.serial import SerialTransport
from ..transports.sim import PORT_FILE, announce
from . import board_code, summary
from .recordings import added, write_knots
from .scenario import Pressure, Scenario
from .steps import steps
from .vm_process import Message, VmProcess

# What the firmware may hold on a 32-bit chip, and how much larger its objects are on a 64-bit VM
FIRMWARE_HEAP_BYTES = 90 * 1024
VM_FACTOR = 2
# What the simulated board itself holds beside it: `python -m kitbag_tools.sim.measure` prints it
BOARD_HEAP_BYTES = 208 * 1024
# Room for what both throw away between two collections. Without any, a warm hour takes four times
# as long; with this the firmware's part is twice the 164 KB that a real ESP32 has after its boot.
GARBAGE_BYTES = 128 * 1024

FOLDER = "object"  # inside the out folder: flash, settings and state of the simulated object
STORE = "store.sqlite3"

# Real seconds. The clock stands still while a host waits, so only a broken run gets near it
_ANSWER_TIMEOUT_S = 30.0
_TRIES = 3
# Virtual seconds after the scenario in which an object that keeps restarting may still be heard
_LAST_VISIT_S = 120.0

Progress = Callable[[float, str], None]
"""Called with the share of the scenario that is done (0 to 1) and a word on what is going on."""

Visited = Callable[[str, visits.SyncResult | None], None]
"""Called at the end of every visit with its kind and, of a sync that went well, what came
of it. The object's time stands still meanwhile.
"""


@dataclass
class RunResult:
    """What came of a run. `complete`: the scenario ran to its end and the log came down whole."""

    out_dir: Path
    store_path: Path
    summary: dict[str, Any]
    complete: bool
    problems: list[KitbagError] = field(default_factory=list[KitbagError])
    syncs: list[visits.SyncResult] = field(default_factory=list[visits.SyncResult])
    device: str | None = None


def run(
    scenario: Scenario,
    out_dir: Path,
    env: Environment,
    speed: float | str = "max",
    hold: bool = False,
    progress: Progress | None = None,
    object_image: Path | None = None,
    log: bytes | None = None,
    settings: Mapping[str, int | bytes] | None = None,
    visited: Visited | None = None,
) -> RunResult:
    """Play `scenario`, its files in `out_dir` (made if need be; an earlier run's are replaced).

    `speed` is a factor of real time or "max". With `hold` the object then stays alive in real
    time, its port named in `out_dir`/port, until KeyboardInterrupt, which ends it in peace.
    `object_image` is the file system of the object; None builds the firmware's. `log` is what
    lies on its log's partition already, which is as large as that; `settings` is what
    stands in its NVS.
    Raises KitbagError where the object cannot be built or its process ends by itself.
    """
    began = time.monotonic()
    object_dir = _prepare(out_dir)
    object_image = (object_image or image.build("sim")).resolve()
    board = board_code.build()
    _write_inputs(scenario, object_dir, object_image, speed, hold)
    if log is not None:
        (object_dir / "flash.bin").write_bytes(log)
    if settings is not None:
        kept = {f"kitbag/{key}": _setting(value) for key, value in settings.items()}
        (object_dir / "nvs.json").write_text(json.dumps(kept))
    store_path = out_dir / STORE
    process = VmProcess(
        object_dir,
        [board, object_image],
        VM_FACTOR * FIRMWARE_HEAP_BYTES + BOARD_HEAP_BYTES + GARBAGE_BYTES,
        out_dir / "console.txt",
    )
    with process, contextlib.closing(Store(store_path)) as store:
        host = _Host(scenario, process, object_dir, store, env, visited)
        clock_ahead_ms = 0
        for message in process.messages():
            if message.word == "visit":
                host.visit(message)
            elif message.word == "reset":
                if message.facts["t_s"] > scenario.duration_s + _LAST_VISIT_S:
                    host.give_up()
                    break
            elif message.word == "at" and progress is not None:
                t_s = message.facts["t_s"]
                progress(t_s / scenario.duration_s, _clock_words(t_s))
            elif message.word == "end":
                # From here on a held object keeps real time
                clock_ahead_ms = host.now_utc_ms() - env.now_utc_ms()
                break
        if progress is not None:
            progress(1.0, "writing the tables")
        result = _tell(scenario, out_dir, object_dir, store, host, began)
        if hold:
            _hold(out_dir, process, progress, clock_ahead_ms)
    return result


def _setting(value: int | bytes) -> tuple[str, int | str]:
    """As boards/sim keeps it."""
    if isinstance(value, bytes):
        return "blob", base64.b64encode(value).decode()
    return "i32", value


def _prepare(out_dir: Path) -> Path:
    object_dir = out_dir / FOLDER
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        if object_dir.exists():
            shutil.rmtree(object_dir)
        for name in (*summary.FILES, STORE, f"{STORE}-journal", PORT_FILE, KEYS, "console.txt"):
            (out_dir / name).unlink(missing_ok=True)
        object_dir.mkdir()
    except OSError as error:
        raise KitbagError(
            where=str(out_dir),
            reason=Reason.CANNOT_WRITE,
            given=error.strerror or str(error),
            allowed="a folder that can be written",
            next_step="choose another folder with --out",
        ) from error
    return object_dir.resolve()


def _write_inputs(
    scenario: Scenario, object_dir: Path, object_image: Path, speed: float | str, hold: bool
) -> None:
    recordings: dict[str, Any] = {"ambient": None, "bladder": None, "replaces": False}
    for into in ("ambient", "bladder"):
        chosen = [pressure for pressure in scenario.pressures if pressure.into == into]
        if chosen:
            write_knots(added([p.knots for p in chosen]), object_dir / f"{into}.knots")
            recordings[into] = str(object_dir / f"{into}.knots")
    recordings["replaces"] = any(_replaces(pressure) for pressure in scenario.pressures)
    syncs = any(event.do == "sync" for event in scenario.events)
    config = {
        "seed": scenario.seed,
        "duration_s": scenario.duration_s,
        "world": scenario.world,
        "recordings": recordings,
        "image": str(object_image),
        "truth": str(object_dir.parent),
        "final_visits": ["status"] if syncs else ["sync", "status"],
        "ticks_start_ms": 0,
        "hold": hold,
        "speed": None if speed == "max" else float(speed),
    }
    (object_dir / "run.json").write_text(json.dumps(config))
    with (object_dir / "steps.jsonl").open("w") as file:
        for step in steps(scenario):
            file.write(json.dumps(step) + "\n")


def _replaces(pressure: Pressure) -> bool:
    return pressure.into == "ambient" and not pressure.relative


class _Host:
    """The host computer of the scenario: a store, a virtual clock, and a hand on the plug."""

    def __init__(
        self,
        scenario: Scenario,
        process: VmProcess,
        object_dir: Path,
        store: Store,
        env: Environment,
        visited: Visited | None,
    ) -> None:
        self._process = process
        self._visited = visited
        self._plan = care_plan_of(scenario)
        self._start_ms = round(scenario.start.timestamp() * 1000)
        self._clock = object_dir / "clock"
        self._left = object_dir / "left"  # tells the object which visit is over
        self._store = store
        self._keys = KeyFile(object_dir.parent / KEYS)
        self._random = random.Random(f"host {scenario.seed}")
        self.env = replace(env, now_utc_ms=self.now_utc_ms)
        self.problems: list[KitbagError] = []
        self.syncs: list[visits.SyncResult] = []
        self.status: dict[str, Any] = {}
        self.records_written: int | None = None
        self.device: str | None = None
        self.sync_failed = False

    def now_utc_ms(self) -> int:
        """Virtual: it moves only by what was exchanged, and the object writes it down."""
        return self._start_ms + round(float(self._clock.read_text()) * 1000)

    def visit(self, message: Message) -> None:
        kind = message.facts["kind"]
        done: visits.SyncResult | None = None
        try:
            line = _Line(self._process, message.facts["visit"])
            with _client(line, self.now_utc_ms, self._random.randbytes) as client:
                try:
                    done = self._call(client, kind)
                finally:
                    if self._visited is not None:
                        self._visited(kind, done)
        except KitbagError as error:
            self.problems.append(error)
            self.sync_failed = self.sync_failed or kind == "sync"
        finally:
            _replace(self._left, str(message.facts["visit"]))

    def _call(self, client: ObjectClient, kind: str) -> visits.SyncResult | None:
        self._unlock(client)
        if kind == "sync":
            done = visits.sync(client, self._store)
            self.syncs.append(done)
            self.device = done.device
            return done
        if kind == "setup":
            self.device = visits.set_up(client, self._plan, self._store).device
        else:
            hello = client.hello()
            self.records_written = hello.next - visits.LOG_FIRST_SEQ
            self.status = client.status()
            client.bye()
        return None

    def _unlock(self, client: ObjectClient) -> None:
        """With the key of an earlier visit; the first one adopts."""
        greeting = client.greet()
        key = self._keys.get(greeting.device)
        if key is not None and greeting.adopted:
            client.unlock(key, greeting.device)
        else:
            self._keys.keep(greeting.device, client.adopt(greeting.device, "therapist"))

    def give_up(self) -> None:
        """The scenario is long over and the object restarts again and again."""
        self.sync_failed = True
        self.problems.append(
            KitbagError(
                where="simulated object",
                reason=Reason.NO_ANSWER,
                problem="it restarts again and again, and its log cannot be read",
                next_step="clear the fault before the scenario's end to read the log",
            )
        )


def care_plan_of(scenario: Scenario) -> dict[str, Any] | None:
    """The plan to apply, complete; None to leave the object with its own default."""
    if scenario.plan is None:
        return None
    plan, _ = care_plan.parse(scenario.plan)
    return asking.nested(plan)


class _Line(SerialTransport):
    """The simulated port. Knows without a time-out that an object will never answer, or not what
    it was asked last.
    """

    def __init__(self, process: VmProcess, visit: int) -> None:
        self._process = process
        self._visit = visit
        self._lost = 0
        super().__init__(process.port, name="simulated object")

    def write(self, data: bytes) -> None:
        self._lost = self._process.lost[self._visit]
        super().write(data)

    def read(self, timeout_s: float) -> bytes:
        until = time.monotonic() + timeout_s
        while True:
            if self._visit in self._process.muted:
                raise LinkLost(self.name, "the simulated object does not answer")
            lost = self._process.lost[self._visit]
            data = super().read(min(0.2, max(0.0, until - time.monotonic())))
            if data or lost != self._lost or time.monotonic() >= until:
                self._lost = lost
                return data


def _client(
    line: _Line, now_utc_ms: Callable[[], int], random_bytes: Callable[[int], bytes]
) -> ObjectClient:
    return ObjectClient(
        line,
        now_utc_ms,
        random_bytes=random_bytes,
        answer_timeout_s=_ANSWER_TIMEOUT_S,
        tries=_TRIES,
        patience_s=0.0,
    )


def _tell(
    scenario: Scenario,
    out_dir: Path,
    object_dir: Path,
    store: Store,
    host: _Host,
    began: float,
) -> RunResult:
    try:
        exports.write_tables(store, out_dir, scenario.zone, scenario.start, device=host.device)
    except KitbagError as error:  # nothing came down: the world's own files still tell the run
        host.problems.append(error)
        exports.write_empty_tables(out_dir)
    physics = json.loads((object_dir / "physics.json").read_text())
    told = summary.make(scenario, physics, host.status, host.records_written, host.syncs, out_dir)
    told["heap_bytes"] = {
        "firmware": VM_FACTOR * FIRMWARE_HEAP_BYTES,
        "simulated_board": BOARD_HEAP_BYTES,
        "garbage": GARBAGE_BYTES,
    }
    told["wall_s"] = round(time.monotonic() - began, 2)
    _write_json(out_dir / "summary.json", told)
    complete = bool(host.syncs) and not host.sync_failed and host.syncs[-1].complete
    return RunResult(
        out_dir=out_dir,
        store_path=out_dir / STORE,
        summary=told,
        complete=complete,
        problems=host.problems,
        syncs=host.syncs,
        device=host.device,
    )


def _write_json(path: Path, content: dict[str, Any]) -> None:
    _replace(path, json.dumps(content, indent=2) + "\n", sync=True)


def _replace(path: Path, text: str, *, sync: bool = False) -> None:
    """Write the whole file or leave the old one."""
    scratch = path.with_name(path.name + ".new")
    with scratch.open("w", encoding="utf-8") as file:
        file.write(text)
        if sync:
            file.flush()
            os.fsync(file.fileno())
    scratch.replace(path)


def _hold(
    out_dir: Path, process: VmProcess, progress: Progress | None, clock_ahead_ms: int
) -> None:
    """Until Ctrl-C: the object lives in real time, for whoever opens its port."""
    port_file = announce(out_dir, process.port, clock_ahead_ms)
    if progress is not None:
        progress(1.0, f"held at {process.port}; use --port sim:{out_dir}; Ctrl-C ends it")
    try:
        for _ in process.messages():
            pass
    except KeyboardInterrupt:
        pass
    finally:
        port_file.unlink(missing_ok=True)


def _clock_words(t_s: float) -> str:
    minutes = int(t_s) // 60
    return f"{minutes // 60} h {minutes % 60:02d} min"


def exit_code(result: RunResult) -> ExitCode:
    """What `kitbag sim` hands back for `result`."""
    return ExitCode.OK if result.complete else ExitCode.INCOMPLETE
