"""The simulated board's plain modules on CPython, as `simulated`; and a way onto the VM."""

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

_PACKAGE = Path(__file__).resolve().parents[3] / "boards" / "sim" / "simulated"


# By its file, not by sys.path: beside it lie a machine.py and a board.py that only the VM may see
def _import_simulated() -> None:
    if "simulated" in sys.modules:
        return
    spec = importlib.util.spec_from_file_location(
        "simulated", _PACKAGE / "__init__.py", submodule_search_locations=[str(_PACKAGE)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["simulated"] = module
    spec.loader.exec_module(module)


_import_simulated()

RunOnVm = Callable[..., str]


@pytest.fixture(scope="session")
def on_vm(tmp_path_factory: pytest.TempPathFactory) -> RunOnVm:
    """`on_vm(code, path=[...])` runs MicroPython code and gives what it printed."""
    from kitbag_tools import vm
    from kitbag_tools.sim import board_code

    board = board_code.build()

    def run(code: str, path: list[Path] | None = None, *, plain: bool = False) -> str:
        places = [] if plain else [board]
        script = tmp_path_factory.mktemp("vm") / "script.py"
        script.write_text(code)
        done = subprocess.run(
            [str(vm.binary()), "-X", "heapsize=4M", str(script)],
            env={"MICROPYPATH": ":".join([*map(str, places + (path or [])), ".frozen"])},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run
