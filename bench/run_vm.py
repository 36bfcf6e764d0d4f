"""Run one MicroPython script on the unix virtual machine and take the JSON it prints."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from kitbag_tools import vm
from kitbag_tools.errors import KitbagError, Reason


def run_vm(script: Path, image: Path, heap: str) -> Any:
    """The value on the last line that `script` prints; `image` is where it imports from."""
    return last_json(
        script.name,
        [str(vm.binary()), "-X", f"heapsize={heap}", str(script)],
        {"MICROPYPATH": f"{image}:.frozen"},
    )


def last_json(name: str, command: list[str], environment: dict[str, str] | None = None) -> Any:
    """Run `command` and return the JSON on its last line of output."""
    done = subprocess.run(
        command,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0 or not done.stdout.strip():
        raise KitbagError(
            where=f"bench: {name}",
            given=(done.stderr or done.stdout).strip()[-300:] or "no output",
            next_step="mend what it complains of and run make bench again",
            reason=Reason.UNEXPECTED,
            problem="the measurement did not end well",
        )
    return json.loads(done.stdout.strip().splitlines()[-1])
