"""The image: complete, reproducible, incremental, and clear about what does not compile."""

import json
import os
import shutil
from importlib import metadata
from pathlib import Path
from zlib import crc32

import pytest

from kitbag_tools import image, vm
from kitbag_tools.errors import ExitCode, KitbagError


@pytest.fixture
def checkout(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the sources that a test may break; the build takes it for the repository."""
    copy = tmp_path / "checkout"
    for folder in ("firmware", "boards"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(repository / folder, copy / folder, ignore=ignored)
    monkeypatch.setattr(vm, "root", lambda: copy)
    return copy


def contents(tree: Path) -> dict[str, bytes]:
    return {p.relative_to(tree).as_posix(): p.read_bytes() for p in tree.rglob("*") if p.is_file()}


def change_times(tree: Path) -> dict[str, int]:
    return {p.name: p.stat().st_mtime_ns for p in tree.rglob("*") if p.is_file()}


def test_holds_what_the_object_needs_and_nothing_else(repository: Path, checkout: Path) -> None:
    files = set(contents(image.build("esp32_s3")))
    modules = {
        path.relative_to(repository / "firmware").with_suffix(".mpy").as_posix()
        for path in (repository / "firmware" / "kitbag").rglob("*.py")
    }
    driver = {f"adafruit_bme280/{name}.mpy" for name in ("__init__", "basic", "advanced")}
    assert files == {"boot.py", "main.py", "board.mpy", image.MANIFEST} | modules | driver


def test_the_manifest_has_the_checksum_of_every_other_file(checkout: Path) -> None:
    files = contents(image.build("esp32_s3"))
    manifest = json.loads(files.pop(image.MANIFEST))
    assert manifest == {name: crc32(data) for name, data in files.items()}
    assert list(manifest) == sorted(manifest)


def test_a_damaged_or_missing_manifest_is_made_again(checkout: Path) -> None:
    tree = image.build("esp32_s3")
    good = (tree / image.MANIFEST).read_bytes()
    (tree / image.MANIFEST).write_bytes(b"{}")
    assert (image.build("esp32_s3") / image.MANIFEST).read_bytes() == good
    (tree / image.MANIFEST).unlink()
    assert (image.build("esp32_s3") / image.MANIFEST).read_bytes() == good


def test_same_sources_give_the_same_bytes(checkout: Path, tmp_path: Path) -> None:
    first = image.build("esp32_s3", tmp_path / "first" / "image")
    elsewhere = tmp_path / "a much longer folder name" / "image"
    assert contents(first) == contents(image.build("esp32_s3", elsewhere))


def test_no_folder_of_this_computer_gets_into_it(checkout: Path) -> None:
    home = str(checkout.parent).encode()
    assert not [name for name, data in contents(image.build("esp32_s3")).items() if home in data]


def test_unchanged_files_are_left_alone(checkout: Path) -> None:
    before = change_times(image.build("esp32_s3"))
    limits = checkout / "firmware" / "kitbag" / "limits.py"
    limits.write_text(limits.read_text() + "\nONE_MORE = 1\n")
    after = change_times(image.build("esp32_s3"))
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"limits.mpy", "manifest.json"}


def test_an_unchanged_image_is_left_alone(checkout: Path) -> None:
    before = change_times(image.build("esp32_s3"))
    assert change_times(image.build("esp32_s3")) == before


def test_a_damaged_or_missing_output_is_made_again(checkout: Path) -> None:
    tree = image.build("esp32_s3")
    good = contents(tree)
    (tree / "board.mpy").write_bytes(b"damaged")
    (tree / "main.py").unlink()
    assert contents(image.build("esp32_s3")) == good


def test_what_left_the_sources_leaves_the_image(checkout: Path) -> None:
    extra = checkout / "firmware" / "kitbag" / "fleeting" / "thing.py"
    extra.parent.mkdir()
    extra.write_text("X = 1\n")
    tree = image.build("esp32_s3")
    assert (tree / "kitbag" / "fleeting" / "thing.mpy").exists()
    shutil.rmtree(extra.parent)
    assert not (image.build("esp32_s3") / "kitbag" / "fleeting").exists()


def test_boot_names_the_pins_as_numbers(checkout: Path) -> None:
    board = checkout / "boards" / "esp32_s3" / "board.py"
    text = board.read_text()
    board.write_text(text.replace("PIN_HEATER = 12", "PIN_HEATER = const(41)"))
    boot = (image.build("esp32_s3") / "boot.py").read_text()
    assert "for _pin in (41, 13, 14, 11):" in boot
    assert "import board" not in boot


def test_a_board_without_readable_pins_is_refused(checkout: Path) -> None:
    board = checkout / "boards" / "esp32_s3" / "board.py"
    board.write_text("OUTPUT_PINS = tuple(range(4))\n")
    with pytest.raises(KitbagError) as caught:
        image.build("esp32_s3")
    assert "OUTPUT_PINS" in caught.value.told()


def test_boot_without_its_marked_line_is_refused(checkout: Path) -> None:
    boot = checkout / "firmware" / "boot.py"
    boot.write_text(boot.read_text().replace("for _pin in", "for pin in"))
    with pytest.raises(KitbagError) as caught:
        image.build("esp32_s3")
    assert "boot.py" in caught.value.where


def test_a_source_that_does_not_compile_is_named_with_its_line(checkout: Path) -> None:
    broken = checkout / "firmware" / "kitbag" / "broken.py"
    broken.write_text("X = 1\nY = 2\ndef f(:\n    pass\n")
    with pytest.raises(KitbagError) as caught:
        image.build("esp32_s3")
    assert caught.value.where == "firmware/kitbag/broken.py:3"
    assert "SyntaxError" in caught.value.given


def test_the_driver_is_adafruits_unmodified(
    repository: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: dict[str, bytes] = {}
    real_compile = image._compile

    def spy(compiler: Path, item: image._Item) -> bytes:
        compiled[item.target.with_suffix(".py").as_posix()] = item.source
        return real_compile(compiler, item)

    monkeypatch.setattr(image, "_compile", spy)
    image.build("esp32_s3")
    wheel = {
        file.as_posix(): Path(str(file.locate())).read_bytes()
        for file in metadata.files("adafruit-circuitpython-bme280") or []
        if file.suffix == ".py" and file.parts[0] == "adafruit_bme280"
    }
    assert wheel.pop("adafruit_bme280/protocol.py")  # CircuitPython's buses: never on the object
    assert {n: s for n, s in compiled.items() if n.startswith("adafruit_bme280/")} == wheel


def test_an_unknown_board_is_answered_with_the_nearest(checkout: Path) -> None:
    with pytest.raises(KitbagError) as caught:
        image.build("esp32s3")
    assert caught.value.exit_code == ExitCode.USAGE
    assert "esp32_s3" in caught.value.next_step


@pytest.mark.parametrize("board", image.boards())
def test_every_board_compiles(board: str, tmp_path: Path) -> None:
    assert (image.build(board, tmp_path / board) / "board.mpy").stat().st_size > 0


def test_two_builds_at_once_do_not_harm_each_other(checkout: Path, tmp_path: Path) -> None:
    out = tmp_path / "shared" / "image"
    children = []
    for _ in range(2):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                image.build("esp32_s3", out)
                status = 0
            finally:
                os._exit(status)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
    alone = image.build("esp32_s3", tmp_path / "alone" / "image")
    assert contents(out) == contents(alone)
