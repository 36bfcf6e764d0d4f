"""The ESP32-S3 board: one truth about its pins, none a trap; a table that fits its flash."""

import ast
import re
import runpy
from pathlib import Path

import pytest

PIN_NAME = re.compile(r"(PIN|ADC)_\w+")
# docs and safety notes: strapping, USB, pulses at power-on, flash, octal PSRAM, boot log
FORBIDDEN = {0, 3, 45, 46, 19, 20, 18, 21, 26, *range(26, 38), 43, 44}


@pytest.fixture(scope="module")
def folder(repository: Path) -> Path:
    return repository / "boards" / "esp32_s3"


@pytest.fixture(scope="module")
def board(folder: Path) -> dict[str, object]:
    return {
        name: value
        for name, value in runpy.run_path(str(folder / "board.py")).items()
        if name.isupper()
    }


@pytest.fixture(scope="module")
def pins(board: dict[str, object]) -> dict[str, int]:
    return {n: v for n, v in board.items() if PIN_NAME.fullmatch(n) and isinstance(v, int)}


def test_readme_tells_the_pins_of_board_py(folder: Path, pins: dict[str, int]) -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \|", (folder / "README.md").read_text(), re.MULTILINE)
    assert {name: int(pin) for name, pin in rows} == pins


def test_no_pin_is_used_twice(pins: dict[str, int]) -> None:
    assert len(set(pins.values())) == len(pins) == 15


def test_no_pin_is_one_of_the_traps(pins: dict[str, int]) -> None:
    assert not FORBIDDEN & set(pins.values())


def test_analogue_pins_are_on_adc1(pins: dict[str, int]) -> None:
    assert all(1 <= pin <= 10 for name, pin in pins.items() if name.startswith("ADC_"))


def test_every_gate_is_pulled_low_at_boot(board: dict[str, object], pins: dict[str, int]) -> None:
    gates = {"PIN_HEATER", "PIN_KEEPALIVE", "PIN_DIFFUSER", "PIN_MOTOR"}
    assert board["OUTPUT_PINS"] == tuple(pins[name] for name in pins if name in gates)


def test_all_boards_say_the_same_things(repository: Path, board: dict[str, object]) -> None:
    for path in (repository / "boards").glob("*/board.py"):
        names = {
            target.id
            for statement in ast.parse(path.read_text()).body
            if isinstance(statement, ast.Assign)
            for target in statement.targets
            if isinstance(target, ast.Name) and target.id.isupper()
        }
        assert names >= set(board), path


def test_thermistors_stay_inside_the_linear_range_where_heat_is_on(
    board: dict[str, object],
) -> None:
    """0.15-2.45 V on this chip; between a cold room and past the cut-out."""
    ratio, beta = board["NTC_R25_OHM"] / board["NTC_PULLUP_OHM"], board["NTC_BETA_K"]
    for celsius in (5, 60):
        r = ratio * 2.718281828 ** (beta * (1 / (celsius + 273.15) - 1 / 298.15))
        assert 150 < board["NTC_SUPPLY_MV"] * r / (1 + r) < 2450


def test_the_pad_cannot_burn_fast(board: dict[str, object]) -> None:
    assert board["PAD_W"] <= 3.0


def test_partitions_do_not_overlap_and_fit_8_mb(folder: Path, board: dict[str, object]) -> None:
    rows = [
        [cell.strip() for cell in line.split(",")]
        for line in (folder / "partitions.csv").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    end = 0x9000  # boot loader and the table itself
    for name, kind, _, start, size, _ in rows:
        assert int(start, 16) >= end, name
        assert int(start, 16) % (0x10000 if kind == "app" else 0x1000) == 0, name
        end = int(start, 16) + int(size, 16)
    assert end <= 8 << 20
    sizes = {name: int(size, 16) for name, _, _, _, size, _ in rows}
    assert sizes[str(board["JOURNAL_LABEL"])] == 128 * 4096
    assert "vfs" in sizes  # MicroPython mounts the partition of this name
