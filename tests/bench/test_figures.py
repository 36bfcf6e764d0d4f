"""A bench that misses a bound says so and fails."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

import figures
from figures import Figure

GOOD = Figure("a record", 16, "B", "python bench", "JSON", 142.4, ("<=", 16))
BAD = Figure("a download", 87.9, "%", "python bench", bound=(">=", 88))


def shown(*of: Figure) -> str:
    text = io.StringIO()
    figures.show({"group": list(of)}, Console(file=text, width=120))
    return text.getvalue()


@pytest.mark.parametrize(
    ("value", "bound", "kept"),
    [
        (16, ("<=", 16), True),
        (16.01, ("<=", 16), False),
        (88, (">=", 88), True),
        (87.9, (">=", 88), False),
        (1, ("==", 0), False),
        (1, None, True),
    ],
)
def test_a_bound_is_kept_or_not(value: float, bound: tuple[str, float] | None, kept: bool) -> None:
    assert Figure("x", value, "", "", bound=bound).kept is kept


def test_the_table_names_what_was_missed() -> None:
    assert "MISSED" not in shown(GOOD)
    assert ">= 88 MISSED" in shown(GOOD, BAD)


def test_the_table_has_the_peer_and_the_command() -> None:
    table = shown(GOOD)
    assert "142.4 B" in table
    assert "JSON" in table
    assert "again: python bench" in table


def test_the_file_says_what_was_missed(tmp_path: Path) -> None:
    path = tmp_path / "build" / "bench.json"
    figures.write({"group": [GOOD, BAD]}, path)
    content = json.loads(path.read_text())["groups"]["group"]
    assert [figure["kept"] for figure in content] == [True, False]
    assert content[0]["peer_value"] == 142.4
