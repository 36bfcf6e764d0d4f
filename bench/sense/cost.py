"""What a sample costs the object, beside what it costs the simplest sense."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from figures import Figure
from kitbag.senses.breath import Breath
from kitbag.senses.hug import HugSense
from kitbag_tools import image, vm
from on_vm.sense_peers import Following, Threshold
from on_vm.sense_samples import COUNTED, Nobody, samples
from run_vm import run_vm
from sense.played import Sense
from sense.row import row

_WHATS = ("rest", "held")
_PEERS = (("a fixed threshold", "threshold", Threshold),
          ("a baseline of 30 s", "following", Following))  # fmt: skip


def measure() -> list[Figure]:
    """Heap on the 64-bit VM, twice that of the object, whose blocks are half as large;
    instructions on this Python, which stand for the VM's.
    """
    probe = vm.root() / "bench" / "on_vm" / "sense_cost.py"
    bytes_of = run_vm(probe, image.build("esp32_s3"), heap="16M")
    found: list[Figure] = []
    for number, what in enumerate(_WHATS):
        for name, key, peer in _PEERS:
            found += [
                row(f"heap taken a sample, {what}, on the 64-bit VM", bytes_of["hug"][number], "B",
                    None, name, bytes_of[key][number]),
                row(f"CPython instructions a sample, {what}", instructions(HugSense, what), "",
                    None, name, instructions(peer, what)),
            ]  # fmt: skip
    breath = Breath()
    found += [
        row("heap taken a sample by breath, on the 64-bit VM", bytes_of["breath"], "B"),
        row("CPython instructions a sample by breath",
            _counted(breath.sample, [one[:2] for one in samples("held")]), ""),
    ]  # fmt: skip
    return found


def instructions(sense: Sense, what: str) -> float:
    """Byte codes that CPython runs of a sense's own file a sample, after it has settled."""
    return _counted(sense(Nobody()).sample, samples(what))


def _counted(sample: Callable[..., None], play: list[Any]) -> float:
    for one in play[:-COUNTED]:
        sample(*one)
    count = 0
    file = Path(sample.__code__.co_filename)

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        if event == "call":
            if Path(frame.f_code.co_filename) != file:
                return None
            frame.f_trace_opcodes = True
            frame.f_trace_lines = False
        elif event == "opcode":
            count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        for one in play[-COUNTED:]:
            sample(*one)
    finally:
        sys.settrace(before)
    return count / COUNTED
