"""The tools are found, they are the real ones, and their absence is told in words."""

import subprocess
from pathlib import Path

import pytest

from kitbag_tools import vm
from kitbag_tools.errors import ExitCode, KitbagError


def test_the_virtual_machine_is_micropython(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MICROPYTHON", raising=False)
    script = "import sys; print(sys.implementation.name, sys.implementation.version[:2])"
    said = subprocess.run([vm.binary(), "-c", script], capture_output=True, text=True, check=True)
    name, version = said.stdout.split(" ", 1)
    assert name == "micropython"
    assert tuple(map(int, version.strip("() \n").split(", "))) >= (1, 27)


def test_its_exit_code_is_the_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MICROPYTHON", raising=False)
    assert (
        subprocess.run([vm.binary(), "-c", "import sys; sys.exit(3)"], check=False).returncode == 3
    )


def test_another_one_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = tmp_path / "micropython"
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    monkeypatch.setenv("MICROPYTHON", str(other))
    assert vm.binary() == other


def test_one_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MICROPYTHON", "/nowhere/micropython")
    with pytest.raises(KitbagError) as caught:
        vm.binary()
    assert caught.value.exit_code == ExitCode.USAGE
    assert "MICROPYTHON" in caught.value.told()
    assert "/nowhere/micropython" in caught.value.told()


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MICROPYTHON", raising=False)
    monkeypatch.setattr(vm, "_VM_PACKAGE", "kitbag-no-such-package")
    with pytest.raises(KitbagError) as caught:
        vm.binary()
    assert "MICROPYTHON" in caught.value.next_step


def test_an_installed_kitbag_without_sources_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    installed = tmp_path / "site-packages" / "kitbag_tools" / "vm.py"
    monkeypatch.setattr(vm, "__file__", str(installed))
    with pytest.raises(KitbagError) as caught:
        vm.root()
    assert "clone" in caught.value.next_step


def test_the_cross_compiler_runs() -> None:
    said = subprocess.run(
        [vm.mpy_cross(), "--version"], capture_output=True, text=True, check=True
    )
    assert "mpy-cross" in said.stdout
