"""`make deploy` to the real MicroPython behind a pseudo-terminal, by the real mpremote."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import serial

from kitbag_tools import deploy, image
from kitbag_tools.errors import ExitCode, KitbagError, Reason
from support.serial_line import SerialLine, board


@pytest.fixture(scope="module")
def tree() -> Path:
    return image.build("esp32_s3")


@pytest.fixture
def flash(tmp_path: Path) -> Path:
    """The board's file system."""
    folder = tmp_path / "flash"
    folder.mkdir()
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def run(port: str, said: list[str] | None = None) -> deploy.Deployed:
    return deploy.deploy("esp32_s3", port, say=(said if said is not None else []).append)


def test_an_empty_board_gets_the_whole_image(tree: Path, flash: Path) -> None:
    with board(flash) as line:
        done = run(line.port)
    assert contents(flash) == contents(tree)
    assert sorted(done.copied) == sorted(contents(tree))


def test_main_arrives_last(tree: Path, flash: Path) -> None:
    said: list[str] = []
    with board(flash) as line:
        run(line.port, said)
    copied = [words.removeprefix("copying ") for words in said if words.startswith("copying ")]
    assert copied[-1] == "main.py.new"
    assert len(copied) == len(contents(tree))


def test_a_second_deploy_copies_nothing(tree: Path, flash: Path) -> None:
    with board(flash) as line:
        run(line.port)
        before = line.sent_by_host
        again = run(line.port)
        listing = line.sent_by_host - before
    assert again.copied == []
    assert again.unchanged == len(contents(tree))
    assert listing < 2000  # one question; the image is a hundred times that


def test_only_what_differs_is_copied(tree: Path, flash: Path) -> None:
    with board(flash) as line:
        run(line.port)
        (flash / "kitbag" / "limits.mpy").write_bytes(b"old")
        again = run(line.port)
    assert again.copied == ["kitbag/limits.mpy"]
    assert again.removed == []
    assert contents(flash) == contents(tree)


def test_what_would_be_imported_instead_is_removed_and_the_rest_left(
    tree: Path, flash: Path
) -> None:
    with board(flash) as line:
        run(line.port)
        (flash / "board.py").write_text("raise SystemExit")  # .py wins over .mpy
        (flash / "kitbag" / "gone.mpy").write_bytes(b"old")
        (flash / "notes.txt").write_text("the maker's own")
        done = run(line.port)
    assert done.removed == ["board.py", "kitbag/gone.mpy"]
    assert contents(flash) == {**contents(tree), "notes.txt": b"the maker's own"}


@pytest.mark.parametrize("part", [0.02, 0.2, 0.5, 0.8, 0.97])
def test_a_copy_cut_short_leaves_no_main_and_the_next_one_finishes(
    tree: Path, flash: Path, part: float
) -> None:
    with board(flash) as line:
        run(line.port)
        whole = line.sent_by_host
    old = b"# an older firmware\n"
    for path in flash.rglob("*"):
        if path.is_file():
            path.write_bytes(old)

    with board(flash, cut_after=int(whole * part)) as line, pytest.raises(KitbagError) as caught:
        run(line.port)
    assert caught.value.exit_code == ExitCode.FAILED
    assert "Traceback" not in caught.value.told()
    if part > 0.1:  # before that it only asked what is there
        assert not (flash / "main.py").exists()
    assert (flash / "boot.py").read_bytes() in (old, (tree / "boot.py").read_bytes())

    with board(flash) as line:
        again = run(line.port)
    assert contents(flash) == contents(tree)
    if part > 0.3:
        assert again.unchanged > 0


def test_a_board_that_does_not_keep_its_bytes_never_gets_a_main(
    tree: Path, flash: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_list = deploy._list_board

    def forgetful(port: str) -> deploy.Files:
        present = real_list(port)
        return {path: digest for path, digest in present.items() if "limits" not in path}

    monkeypatch.setattr(deploy, "_list_board", forgetful)
    with board(flash) as line, pytest.raises(KitbagError) as caught:
        run(line.port)
    assert caught.value.where == "kitbag/limits.mpy"
    assert not (flash / "main.py").exists()


def test_no_port_named() -> None:
    with pytest.raises(KitbagError) as caught:
        run("")
    assert caught.value.exit_code == ExitCode.USAGE
    assert "PORT=" in caught.value.next_step


def test_a_port_that_is_not_there() -> None:
    with pytest.raises(KitbagError) as caught:
        run("/dev/ttyKITBAG9")
    assert caught.value.exit_code == ExitCode.NO_OBJECT
    assert "/dev/ttyKITBAG9" in caught.value.told()


def test_a_port_that_another_program_has(flash: Path) -> None:
    with (
        board(flash) as line,
        serial.Serial(line.port, exclusive=True),
        pytest.raises(KitbagError) as caught,
    ):
        run(line.port)
    assert caught.value.reason is Reason.PORT_BUSY


def test_a_closed_door_is_told_how_to_open(flash: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A running object answers in its own protocol, not with a prompt."""
    monkeypatch.setattr(deploy, "_ANSWER_S", 1.5)
    app = [sys.executable, "-c", "import time; time.sleep(60)"]
    with SerialLine(app, flash) as line, pytest.raises(KitbagError) as caught:
        run(line.port)
    assert caught.value.reason is Reason.NO_ANSWER
    assert "button" in caught.value.next_step


def test_a_micropython_that_is_too_old_is_told_before_anything_is_touched(
    flash: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deploy, "_OLDEST", (9, 0))
    with board(flash) as line, pytest.raises(KitbagError) as caught:
        run(line.port)
    assert caught.value.exit_code == ExitCode.NO_OBJECT
    assert "micropython 9.0 or later" in caught.value.told()
    assert contents(flash) == {}


def test_the_command_says_it_on_stderr_and_by_its_exit_code() -> None:
    command = [sys.executable, "-m", "kitbag_tools.deploy", "--board", "esp32_s3"]
    done = subprocess.run(
        [*command, "--port", "/dev/ttyKITBAG9"], capture_output=True, text=True, check=False
    )
    assert done.returncode == ExitCode.NO_OBJECT
    assert done.stdout == ""
    assert "/dev/ttyKITBAG9" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_command_reports_what_it_did(tree: Path, flash: Path) -> None:
    command = [sys.executable, "-m", "kitbag_tools.deploy", "--board", "esp32_s3"]
    with board(flash) as line:
        done = subprocess.run(
            [*command, "--port", line.port], capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr
    assert f"{len(contents(tree))} copied, 0 unchanged, all verified" in done.stdout


def test_ctrl_c_in_the_middle_ends_it_in_words_and_without_a_main(flash: Path) -> None:
    command = [sys.executable, "-m", "kitbag_tools.deploy", "--board", "esp32_s3"]
    with (
        board(flash, bytes_per_s=20_000) as line,
        subprocess.Popen(
            [*command, "--port", line.port], stderr=subprocess.PIPE, text=True
        ) as process,
    ):
        assert process.stderr is not None
        said = ""
        for words in process.stderr:
            said += words
            if "copying kitbag/" in words:
                break
        process.send_signal(signal.SIGINT)
        said += process.stderr.read()
    assert process.returncode == ExitCode.INTERRUPTED
    assert "will not start" in said
    assert "Traceback" not in said
    assert not (flash / "main.py").exists()
