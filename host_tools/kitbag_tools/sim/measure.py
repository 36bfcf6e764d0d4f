"""What the simulated board itself takes of the VM's heap: `python -m kitbag_tools.sim.measure`.

The object's heap in the simulator is twice the budget of a 32-bit chip plus this. It is found, not
reckoned: the smallest heap on which the board alone, with an object that does nothing, plays a
scenario that has a gesture, faults and a power cut in it.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from ..errors import KitbagError
from . import board_code
from .runner import BOARD_HEAP_BYTES
from .scenario import WORLD
from .vm_process import VmProcess

STEP_BYTES = 4096

_BOOT = "from machine import Pin\n"
# Every module the firmware may ask for, so that their cost is the board's
_MAIN = """
import machine, esp32, asyncio, select, time, json, struct
async def idle():
    while True:
        await asyncio.sleep_ms(100)
asyncio.run(idle())
"""
_STEPS = (
    [5, "hold", 1],
    [5, "edge", 0.4, 0.0, 1500.0],
    [9, "edge", 0.5, 1500.0, 0.0],
    [10, "fault", "ntc_pad_offset", {"c": 1.0}],
    [11, "fault", "task_exception", {"task": "link"}],  # of the kind that is loaded when asked for
    [20, "power", 3.0, "anything"],
)


def board_heap_bytes() -> int:
    """The smallest heap, in steps of `STEP_BYTES`, on which the simulated board alone lives."""
    low, high = 0, 1024 * 1024 // STEP_BYTES
    while high - low > 1:
        middle = (low + high) // 2
        if _lives(middle * STEP_BYTES):
            high = middle
        else:
            low = middle
    return high * STEP_BYTES


def _lives(heap_bytes: int) -> bool:
    with tempfile.TemporaryDirectory(prefix="kitbag-") as scratch:
        folder = Path(scratch)
        (folder / "boot.py").write_text(_BOOT)
        (folder / "main.py").write_text(_MAIN)
        (folder / "board.py").write_bytes(_board_py())
        config = {
            "seed": 1,
            "duration_s": 60,
            "world": {key: rule.default for key, rule in WORLD.items()},
            "recordings": {"ambient": None, "bladder": None, "replaces": False},
            "image": scratch,
            "truth": scratch,
            "final_visits": [],
            "ticks_start_ms": 0,
        }
        (folder / "run.json").write_text(json.dumps(config))
        (folder / "steps.jsonl").write_text("".join(json.dumps(s) + "\n" for s in _STEPS))
        process = VmProcess(
            folder, [board_code.build(), folder], heap_bytes, folder / "console.txt"
        )
        with process:
            try:
                return any(message.word == "end" for message in _until_end(process))
            except KitbagError:
                return False


def _until_end(process: VmProcess):
    for message in process.messages():
        yield message
        if message.word in ("end", "raised"):
            return


def _board_py() -> bytes:
    from .. import vm

    return (vm.root() / "boards" / "sim" / "board.py").read_bytes()


if __name__ == "__main__":
    needed = board_heap_bytes()
    print(f"the simulated board needs {needed} bytes of heap; {BOARD_HEAP_BYTES} are set aside")
    sys.exit(0 if needed <= BOARD_HEAP_BYTES else 1)
