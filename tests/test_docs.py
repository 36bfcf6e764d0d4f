"""What README and docs say can be followed: links lead somewhere, commands exist, tables are
those of the code.
"""

import importlib.util
import re
import shlex
import tomllib
from pathlib import Path
from types import ModuleType

import click
import pytest

from kitbag.wire import frames, plan, requests
from kitbag_tools.cli import kitbag
from kitbag_tools.sim import scenario
from rows import BY_ID  # of faults/

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "SECURITY.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "boards").glob("*/README.md")),
]
FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def prose(text: str) -> str:
    """A page without its blocks of code."""
    return FENCED.sub("", text)


@pytest.fixture(scope="module")
def tables() -> ModuleType:
    """docs/tables.py, which `make tables` runs."""
    spec = importlib.util.spec_from_file_location("docs_tables", ROOT / "docs" / "tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- links ---------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """What a heading is called in a link to it."""
    titles = re.findall(r"^#+ (.+)$", prose(page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page.read_text())):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.is_relative_to(ROOT), target
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


def test_every_page_of_docs_can_be_reached_from_the_readme() -> None:
    seen, todo = set[Path](), [ROOT / "README.md"]
    while todo:
        page = todo.pop()
        seen.add(page)
        links = re.findall(r"\]\(([^)\s#]+\.md)", page.read_text())
        todo += {(page.parent / link).resolve() for link in links if "://" not in link} - seen
    assert set((ROOT / "docs").glob("*.md")) - seen == set()


def test_every_page_that_code_points_to_is_there() -> None:
    folders = ("firmware", "boards", "host_tools", "tests", "bench", "examples")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    named = {page for path in files for page in re.findall(r"docs/[\w-]+\.md", path.read_text())}
    assert named
    assert [page for page in sorted(named) if not (ROOT / page).is_file()] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_file_named_in_backticks_is_there(page: Path) -> None:
    """Names with a folder in them, and an ending that only sources have."""
    inside = ("firmware/kitbag", "host_tools", "host_tools/kitbag_tools")
    homes = [ROOT, page.parent, *(ROOT / folder for folder in inside)]
    named = re.findall(r"`([\w./]+/[\w.]+\.(?:py|toml|csv|md|txt))`", prose(page.read_text()))
    for path in named:
        if not path.startswith(("build/", "object/")):
            assert any((home / path).exists() for home in homes), path


# --- commands ------------------------------------------------------------------------------------


def commands(text: str) -> list[str]:
    """Every command line that a page shows: in blocks and in backticks."""
    found: list[str] = []
    for _, _, block in FENCED.findall(text):
        found += block.splitlines()
    found += re.findall(r"^    (\S.*)$", prose(text), re.MULTILINE)
    found += re.findall(r"`([^`\n]+)`", prose(text))
    tidy = [re.sub(r"^\s*\$ ", "", line).split(" #")[0].strip() for line in found]
    return [re.sub(r"^(?:[A-Z]+=\S+ )*(?:\.venv/bin/)?", "", line) for line in tidy]


def shown(verb: str) -> list[tuple[str, str]]:
    """(page, command line) of every command of a program that is shown anywhere."""
    return [
        (name(page), line)
        for page in PAGES
        for line in commands(page.read_text())
        if line.split(" ")[0] == verb
    ]


MAKE = shown("make")
KITBAG = shown("kitbag")


def test_there_are_commands_to_look_at() -> None:
    assert len(MAKE) > 20
    assert len(KITBAG) > 20


@pytest.mark.parametrize(("page", "line"), MAKE)
def test_every_target_exists_and_is_listed(page: str, line: str) -> None:
    targets = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    words = [word for word in line.split()[1:] if "=" not in word]
    assert set(words) - targets == set(), f"{page}: {line}"


@pytest.mark.parametrize(("page", "line"), KITBAG)
def test_every_command_and_option_exists(page: str, line: str) -> None:
    command: click.Command = kitbag
    options = {name for param in kitbag.params for name in param.opts} | {"--help"}
    for word in shlex.split(line.replace("…", ""))[1:]:
        if isinstance(command, click.Group) and not word.startswith("-"):
            if word in command.commands:
                command = command.commands[word]
                options |= {name for param in command.params for name in param.opts}
                continue
            # In front of a command only the value of an option may stand
            assert word.isupper() or "." in word, f"{page}: {line}: {word}"
        elif word.startswith("-"):
            assert word.split("=")[0] in options, f"{page}: {line}: {word}"


def test_readme_names_every_command() -> None:
    text = (ROOT / "README.md").read_text()
    whole = text[text.index("## What is whole") : text.index("## What is not")]
    named = {word for found in re.findall(r"`([a-z ]+)`", whole) for word in found.split()}
    assert set(kitbag.commands) - named == set()


# --- what follows from code ----------------------------------------------------------------------


def test_tables_are_current(tables: ModuleType) -> None:
    for page in tables.pages():
        text = page.read_text()
        assert tables.renewed(text) == text, f"{name(page)} is out of date: run `make tables`"


def test_every_table_is_shown_once(tables: ModuleType) -> None:
    asked = [table for page in tables.pages() for table in tables.names(page.read_text())]
    assert sorted(asked) == sorted(tables.TABLES)


def test_the_care_plan_table_has_every_key_with_its_default(tables: ModuleType) -> None:
    page = (ROOT / "docs" / "for-therapists.md").read_text()
    rows = re.findall(r"^\| `([a-z_.]+)` \| (.+?) \| (.+?) \|", page, re.MULTILINE)
    assert [key for key, _, _ in rows] == list(plan.SCHEMA)
    assert all(allowed == plan.allowed(key) for key, _, allowed in rows)
    assert ("warmth.level_c", "36") in [row[:2] for row in rows]


def test_the_frame_that_is_shown_is_one(tables: ModuleType) -> None:
    table = tables.TABLES["one_frame"]()
    cells = re.findall(r"^\| `([0-9a-f ]+)` \|", table, re.MULTILINE)
    (body,) = frames.Decoder(frames.REQUEST_MAX).feed(bytes.fromhex("".join(cells)))
    assert body[0] == frames.REQUEST


def test_plans_that_are_shown_can_be_used() -> None:
    page = (ROOT / "docs" / "for-therapists.md").read_text()
    blocks = [block for _, kind, block in FENCED.findall(page) if kind == "toml"]
    assert blocks
    for block in blocks:
        assert plan.parse(tomllib.loads(block))[1] == []


def test_the_scenario_that_is_shown_can_be_played(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "scenarios.md").read_text()
    block = next(block for _, kind, block in FENCED.findall(page) if kind == "toml")
    (tmp_path / "shown.toml").write_text(block)
    (tmp_path / "plan.toml").write_text("schema = 1\n")
    assert scenario.load(tmp_path / "shown.toml").events


def test_the_visit_that_is_shown_asks_what_can_be_asked() -> None:
    page = (ROOT / "docs" / "wire.md").read_text()
    asked = re.findall(r'^> 01 {"op": "(\w+)"', page, re.MULTILINE)
    known = re.findall(r"^    (\w+)", requests.__doc__ or "", re.MULTILINE)
    assert asked[0] == "hello"
    assert asked[-1] == "bye"
    assert set(asked) - set(known) == set()


def test_every_fault_has_a_verdict_that_is_asked_for() -> None:
    page = (ROOT / "docs" / "safety.md").read_text()
    judged = page[page.index("## How a fault is judged") : page.index("## What is missing")]
    named = set(re.findall(r"`([a-z0-9_]+)`", judged))
    assert set(scenario.FAULTS) - named == set()


def test_every_hazard_is_shown_by_what_exists() -> None:
    """Rows of `make faults`, and tests by the end of their file's path."""
    page = (ROOT / "docs" / "safety.md").read_text()
    log = page[page.index("## Hazard log") : page.index("## The model")]
    hazards = re.findall(r"^\| (H\d+) \|.* \| (.*) \|$", log, re.MULTILINE)
    assert [hazard for hazard, _ in hazards] == [f"H{n}" for n in range(1, len(hazards) + 1)]
    files = [*(ROOT / "tests").rglob("*.py")]
    for hazard, shown_by in hazards:
        tests = re.findall(r"`([\w/]+\.py)::(\w+)`", shown_by)
        assert tests, hazard
        for file, test in tests:
            (path,) = [one for one in files if one.as_posix().endswith(f"/{file}")]
            assert f"\ndef {test}(" in path.read_text(), f"{hazard}: {file}::{test}"
        rows = set(re.findall(r"\bF\d+[a-z]?\b", re.sub(r"`[^`]*`", "", shown_by)))
        assert rows - set(BY_ID) == set(), hazard
