"""What gets installed: locked, hashed, nothing that nobody imports; the wheel whole, no more."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(path: Path) -> dict[str, set[str]]:
    """Package -> its versions (more than one where Python versions differ)."""
    versions: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==(\S+)", path.read_text(), re.MULTILINE):
        versions.setdefault(canonical(name), set()).add(version)
    return versions


@pytest.fixture(scope="module")
def project(repository: Path) -> dict[str, dict]:
    return tomllib.loads((repository / "pyproject.toml").read_text())


@pytest.mark.parametrize("name", ["run", "test", "typings"])
def test_every_locked_package_has_its_hashes_and_no_address(repository: Path, name: str) -> None:
    text = (repository / "requirements" / f"{name}.txt").read_text()
    entries = [
        entry for entry in re.split(r"^(?=[a-z])", text, flags=re.MULTILINE) if "==" in entry
    ]
    assert entries
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text


def test_the_lock_has_all_that_the_project_asks_for(
    repository: Path, project: dict[str, dict]
) -> None:
    extras = project["project"]["optional-dependencies"]
    asked = [
        *project["project"]["dependencies"],
        *(name for part in extras.values() for name in part),
    ]
    names = {canonical(re.split(r"[^\w.-]", requirement)[0]) for requirement in asked}
    assert names - set(locked(repository / "requirements" / "test.txt")) == set()


def test_running_and_testing_use_the_same_versions(repository: Path) -> None:
    run = locked(repository / "requirements" / "run.txt")
    test = locked(repository / "requirements" / "test.txt")
    assert {name: test.get(name) for name in run} == run


def test_what_nobody_imports_is_left_out(repository: Path) -> None:
    left_out = (repository / "requirements" / "leave-out.txt").read_text().splitlines()
    names = {canonical(line) for line in left_out if not line.startswith("#")}
    assert names
    assert names & set(locked(repository / "requirements" / "test.txt")) == set()


def wanted_by(path: Path) -> dict[str, set[str]]:
    """Package -> who asks for it, as the lock says."""
    asks: dict[str, set[str]] = {}
    for entry in re.split(r"^(?=[a-z])", path.read_text(), flags=re.MULTILINE):
        if found := re.match(r"([\w.-]+)==", entry):
            via = entry.partition("# via")[2].replace("#", " ").split()
            asks[canonical(found[1])] = {canonical(word) for word in via}
    return asks


# tzdata is Windows' alone
def test_the_base_install_is_nine_packages_at_most(
    repository: Path, project: dict[str, dict]
) -> None:
    needs = project["project"]["dependencies"]
    installed = {canonical(re.split(r"[^\w.-]", need)[0]) for need in needs if ";" not in need}
    asks = wanted_by(repository / "requirements" / "run.txt")
    assert installed <= set(asks)
    while more := {name for name in asks if asks[name] & installed} - installed:
        installed |= more
    assert "cffi" in installed  # what only others ask for is counted too
    assert len(installed) <= 9


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=repository, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return path


def test_the_wheel_carries_the_tool_and_what_both_sides_share(
    repository: Path, wheel: Path
) -> None:
    names = {n for n in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in n}
    firmware, tool = repository / "firmware", repository / "host_tools"
    shared = [firmware / "kitbag" / "__init__.py", firmware / "kitbag" / "limits.py"]
    shared += (firmware / "kitbag" / "wire").glob("*.py")
    python = {path.relative_to(firmware).as_posix() for path in shared}
    python |= {path.relative_to(tool).as_posix() for path in tool.rglob("*.py")}
    assert {name for name in names if name.endswith(".py")} == python


def test_what_both_sides_share_needs_nothing_that_is_not_in_the_wheel(
    repository: Path, wheel: Path
) -> None:
    modules = [path.stem for path in (repository / "firmware/kitbag/wire").glob("[a-z]*.py")]
    imports = "; ".join(f"import kitbag.wire.{name}" for name in modules)
    script = f"import sys; sys.path.insert(0, {str(wheel)!r}); {imports}"
    subprocess.run([sys.executable, "-I", "-S", "-c", script], check=True)
