"""What README and the pictures show of the night is what the night says."""

import html
import importlib.util
import json
import re
from pathlib import Path

import pytest

from kitbag_tools import history, nights, zones
from kitbag_tools.store import Store

ROOT = Path(__file__).resolve().parents[1]
NIGHT = ROOT / "build" / "night"
ZONE = "Europe/London"


def shown() -> str:
    """What README says that `make run` prints."""
    readme = (ROOT / "README.md").read_text()
    found = re.search(
        r"<!-- night -->\n```console\n\$ make run\n(.*?)```\n<!-- end -->", readme, re.DOTALL
    )
    assert found is not None, "README shows no night: run `make pictures`"
    return found[1]


def told(picture: Path) -> str:
    """What a picture says to who listens: its description, and the words on every hold."""
    return "\n".join(
        html.unescape(words)
        for words in re.findall(r"<(?:title|desc)[^>]*>(.*?)</", picture.read_text(), re.DOTALL)
    )


@pytest.fixture(scope="module")
def played() -> Path:
    """build/night, if it is of this tree and of the weather that everybody has."""
    scenario = ROOT / "build" / "scenario" / "night.toml"
    summary = NIGHT / "summary.json"
    if not (summary.exists() and scenario.exists() and (NIGHT / "store.sqlite3").exists()):
        pytest.skip("no build/night: `make run` plays it")
    if "weather.csv" not in scenario.read_text():
        pytest.skip("build/night has recorded weather: the pages show the invented one")
    folders = ("firmware", "boards", "examples", "host_tools")
    sources = [p for f in folders for p in (ROOT / f).rglob("*") if p.suffix in {".py", ".toml"}]
    if summary.stat().st_mtime < max(path.stat().st_mtime for path in sources):
        pytest.skip("build/night is older than the sources: `make run` plays it anew")
    return NIGHT


def test_readme_and_picture_tell_the_same_night() -> None:
    words = " ".join(line.strip() for line in shown().split("\n\n")[0].splitlines())
    spoken = told(ROOT / "docs" / "images" / "night.svg")
    # The picture leaves the name of the scent out
    assert re.sub(r"scent \([^)]*\)", "scent", words) in spoken


def test_readme_shows_what_the_night_says(played: Path) -> None:
    where = zones.zone(ZONE)
    with Store(played / "store.sqlite3", must_exist=True) as store:
        known = history.load(store)
        assert known.plan is not None
        lines = [
            line
            for night in nights.nights(known, where)
            for line in nights.describe(night, where, str(known.plan["scent.name"]))
        ]
    words = [line.strip() for line in shown().split("\n\n")[0].splitlines()]
    assert words == lines, "run `make pictures`"


def test_readme_names_the_files_that_are_written(played: Path) -> None:
    for path in shown().split("\n\n")[1].split():
        assert (ROOT / path).is_file()


def test_the_picture_is_of_the_night(played: Path) -> None:
    drawn = played / "night.svg"
    if not drawn.exists():
        pytest.skip("build/night has no picture: matplotlib was not there")
    assert told(ROOT / "docs" / "images" / "night.svg") == told(drawn), "run `make pictures`"


def test_the_invented_weeks_show_what_a_log_can_leave_open() -> None:
    spoken = told(ROOT / "docs" / "images" / "weeks.svg")
    for words in ("not used.", "without power, so nothing is known", "The log has a gap"):
        assert words in spoken


def test_pictures_carry_no_date_and_nobodys_folder() -> None:
    for picture in (ROOT / "docs" / "images").glob("*.svg"):
        text = picture.read_text()
        assert "dc:date" not in text
        assert "/home/" not in text
        assert "/work" not in text


# --- figures -------------------------------------------------------------------------------------

# README's words -> bench group, its name there, how many of its units are one of README's
FIGURES = {
    "RAM alive after start": ("memory", "RAM alive after start", 1000),
    "and all that a night loads late": ("memory", "  and all that a night loads late", 1000),
    "and while a host visits": ("memory", "  and while a host visits", 1000),
    "flash programmed for a 16-byte record": ("journal", "write amplification", 1),
    "erases in 1000 records": ("journal", "erases in 1000 records", 1),
    "log downloaded, sealed": ("download", "share of the line, in virtual time", 1),
    "holds of 0.2 to 6 kPa that are felt": (
        "sense",
        "holds of 0.2 to 6 kPa that are felt, once and where they were",
        1,
    ),
    "of what is told as a hold": ("sense", "  of what is told as a hold, was one", 1),
    "holds whose grip changes": (
        "sense",
        "  of 300 with grips changed for up to 0.74 s, told as more than one",
        1,
    ),
    "holds, squeezes and pats of every length": (
        "sense",
        "holds, squeezes and pats named rightly",
        1,
    ),
    "heat above its level": ("heat", "overshoot, five conditions", 1),
    "and on random plants": ("heat", "overshoot, random plants", 1),
    "ripple while it holds": ("heat", "ripple, random plants", 1),
    "settled after the ramp": (
        "heat",
        "settled after the ramp, of what full power takes, random plants",
        1,
    ),
    "loose thermistors noticed": ("heat", "  noticed of them", 1),
    "warmest pad among them": ("heat", "  warmest pad among them", 1),
    "healthy 3 W plants of ten": (
        "heat",
        "healthy plants of 3 W that lose their heat in 4 h",
        1,
    ),
    "wall time of an eight-hour night": ("night", "wall time of an 8 h night", 1),
    "wall time of one that is held": ("night", "  held all night", 1),
}


def figures() -> list[list[str]]:
    """README's rows: figure, measured, bound, beside it."""
    text = (ROOT / "README.md").read_text()
    lines = text[text.index("## Figures") : text.index("## Stubs")].splitlines()
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if "|" in line][2:]


def first_number(text: str) -> float:
    found = re.search(r"\d+(?:\.\d+)?", text)
    assert found is not None, text
    return float(found[0])


def test_every_figure_is_one_that_is_measured() -> None:
    rows = figures()
    assert len(rows) == len(FIGURES)
    for row, words in zip(rows, FIGURES, strict=True):
        assert row[0].startswith(words)


@pytest.mark.parametrize("words", list(FIGURES))
def test_a_figure_is_what_the_bench_last_measured(words: str) -> None:
    group, figure, unit = FIGURES[words]
    path = ROOT / "build" / "bench.json"
    measured = json.loads(path.read_text())["groups"].get(group) if path.exists() else None
    if measured is None:
        pytest.skip(f"build/bench.json has no group {group}: `make bench` measures it")
    sources = [p for f in ("firmware", "bench", "host_tools") for p in (ROOT / f).rglob("*.py")]
    if path.stat().st_mtime < max(source.stat().st_mtime for source in sources):
        pytest.skip("build/bench.json is older than the sources: `make bench` measures anew")
    row = next(row for row in figures() if row[0].startswith(words))
    found = next(f for f in measured if f["name"] == figure)
    bounds = [f["bound"][1] for f in measured if f["bound"]]
    # A rate is bounded as a share of the line, which is a figure of its own
    assert any(first_number(row[2]) * per == pytest.approx(b, rel=0.02)
               for b in bounds for per in (1, unit))  # fmt: skip
    if group != "night":  # a wall clock's figure is the machine's
        assert unit * first_number(row[1]) == pytest.approx(found["value"], rel=0.03)
        assert unit * first_number(row[3]) == pytest.approx(found["peer_value"], rel=0.05)


def test_making_the_night_anew_changes_only_what_it_shows() -> None:
    spec = importlib.util.spec_from_file_location("docs_pictures", ROOT / "docs" / "pictures.py")
    assert spec is not None
    assert spec.loader is not None
    pictures = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pictures)
    readme = (ROOT / "README.md").read_text()
    assert pictures.with_night(readme, shown()) == readme
    assert "Once upon a time" in pictures.with_night(readme, "Once upon a time")
