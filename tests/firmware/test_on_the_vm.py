"""The tests that need no pytest, once more on the real MicroPython VM."""

from pathlib import Path

import pytest

from support import vm

HERE = Path(__file__).parent
BOTH = sorted(
    path for path in HERE.rglob("test_*.py") if path.read_text().startswith(vm.BOTH + "\n")
)
ONLY_VM = sorted(HERE.glob("on_vm/check_*.py"))


def _name(path: Path) -> str:
    return path.relative_to(HERE).as_posix()


def test_there_are_files_to_run():
    assert len(BOTH) >= 10
    assert ONLY_VM


@pytest.mark.parametrize("path", BOTH + ONLY_VM, ids=_name)
def test_every_test_passes_on_the_vm(path):
    assert vm.run_tests(path) == vm.tests_in(path) != set()
