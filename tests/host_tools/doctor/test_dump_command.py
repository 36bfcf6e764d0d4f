"""`kitbag doctor --image`: what a person, a program and a shell get of it."""

from __future__ import annotations

import csv
import json
import os
import random
from dataclasses import replace
from pathlib import Path

import pytest

from host_tools.made_dumps import HEADER, begun, garbled, other, went_round, without_header, write
from host_tools.test_cli import session, transcript
from kitbag.wire import records as wire
from kitbag_tools.errors import ExitCode
from kitbag_tools.store import Store
from support.nor import Nor

FLIPPED = 50  # place in the newest sector, of a record


def damaged() -> bytes:
    """A header gone, a sector overwritten, a record with a flipped bit, a newer log's sector."""
    data = bytearray(without_header(went_round(), 3))
    data[: wire.SECTOR] = random.Random(9).randbytes(wire.SECTOR)
    data[wire.SECTOR + HEADER + FLIPPED * wire.SLOT] ^= 4
    return bytes(data) + other().sectors[0]


@pytest.fixture
def dump(tmp_path) -> Path:
    path = tmp_path / "journal.bin"
    path.write_bytes(damaged())
    return path


def test_transcript(kitbag, dump, tmp_path):
    whole, noise = tmp_path / "whole.bin", tmp_path / "noise.bin"
    whole.write_bytes(begun().data)
    noise.write_bytes(random.Random(2).randbytes(5000))
    text = session(
        kitbag,
        ["doctor", "--image", whole],
        ["doctor", "--image", dump, "--out", tmp_path / "out"],
        ["doctor", "--image", dump, "--out", tmp_path / "out"],
        ["doctor", "--image", noise],
        ["doctor", "--image", whole, "--port", "/dev/ttyACM0"],
        ["doctor", "--out", "x"],
    )
    transcript("dump.txt", text.replace(str(tmp_path), "DIR"))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty", b"", "the file is empty"),
        ("one byte", b"K", "every byte of it is 4b"),
        ("blank", b"\xff" * 8192, "every byte of it is ff"),
        ("cleared", bytes(8192), "every byte of it is 00"),
        ("noise", random.Random(1).randbytes(100_000), "no header of a log can be read in it"),
        ("text", b"records since it started\n" * 500, "no header of a log can be read in it"),
        ("one slot", begun().data[:20], "no header of a log can be read in it"),
        ("headers gone", without_header(begun(), 0, 1, 2, 3), "no header of a log can be read"),
    ],
)
def test_what_is_no_dump_is_told_in_one_sentence(kitbag, tmp_path, name, content, words):
    path = tmp_path / name
    path.write_bytes(content)
    code, out, err = kitbag("doctor", "--image", path)
    assert (code, out) == (ExitCode.USAGE, "")
    assert err.startswith(f"DIR/{name}: {words}")
    size = len(content)
    assert f"  given    {size} byte{'s' if size != 1 else ''}\n" in err
    assert "  allowed  a raw dump" in err
    assert "  next     read the partition again" in err


def test_what_is_no_file_is_told(kitbag, tmp_path):
    for path, words in ((tmp_path, "this is a folder"), (tmp_path / "none", "there is no such")):
        code, out, err = kitbag("doctor", "--image", path)
        assert (code, out) == (ExitCode.USAGE, "")
        assert words in err
        assert "  next     " in err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(kitbag, dump):
    dump.chmod(0)
    code, out, err = kitbag("doctor", "--image", dump)
    assert (code, out) == (ExitCode.USAGE, "")
    assert "the file cannot be read" in err


def test_a_file_that_cannot_be_read_any_more(kitbag, dump, monkeypatch):
    def fail(_: Path) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "read_bytes", fail)
    code, out, err = kitbag("doctor", "--image", dump)
    assert (code, out) == (ExitCode.USAGE, "")
    assert "Input/output error" in err


def test_a_file_larger_than_any_flash_is_not_read(kitbag, tmp_path):
    path = tmp_path / "film"
    with path.open("wb") as file:
        file.truncate(300 * 1024 * 1024)
    code, _, err = kitbag("doctor", "--image", path)
    assert code == ExitCode.USAGE
    assert "larger than any flash" in err


def test_a_log_of_a_newer_kitbag_is_not_guessed_at(kitbag, tmp_path, monkeypatch):
    with monkeypatch.context() as newer:
        newer.setattr(wire, "SCHEMA", wire.SCHEMA + 1)
        nor = Nor(2)
        write(nor, range(1, 2), 20)
    path = tmp_path / "newer.bin"
    path.write_bytes(nor.data)
    code, _, err = kitbag("doctor", "--image", path)
    assert code == ExitCode.USAGE
    assert "newer Kitbag" in err


def test_exit_codes(kitbag, tmp_path):
    path = tmp_path / "d.bin"
    for data, code in (
        (begun().data, ExitCode.OK),
        (b"noise before it" + begun().data + b"noise behind it", ExitCode.OK),
        (without_header(begun(), 0), ExitCode.INCOMPLETE),
        (garbled(begun().data, 500, 3), ExitCode.INCOMPLETE),
        (begun().data[: 3 * wire.SECTOR - 200], ExitCode.INCOMPLETE),
        (begun().data[wire.SECTOR :] + begun().data[: wire.SECTOR], ExitCode.OK),
        (b"".join(begun().sectors[i] for i in (0, 2, 3, 4, 5)), ExitCode.INCOMPLETE),
    ):
        path.write_bytes(data)
        got, out, err = kitbag("doctor", "--image", path)
        assert (got, err) == (code, "")
        assert ("Nothing is missing" in out) == (code == ExitCode.OK)


def test_all_of_it_for_programs(kitbag, env, dump):
    code, out, _ = kitbag("doctor", "--image", dump, "--json")
    told = json.loads(out)
    assert code == ExitCode.INCOMPLETE
    assert not told["whole"]
    assert told["sectors"] == {
        "all": 5,
        "good": 3,
        "inferred": 1,
        "unreadable": [0],
        "free": 0,
        "elsewhere": 0,
        "newer": 0,
        "one_header_copy": 0,
    }
    old, new = told["logs"]
    assert old["log_epoch"] == f"{went_round().epoch:08x}"
    assert (new["records"], new["gaps"]) == (252, [])
    assert old["damaged"] == 1
    assert [gap["reason"] for gap in old["gaps"]].count("damaged") == 1
    lost = went_round().of_sector(0)
    assert {"first_seq": min(lost), "last_seq": max(lost), "reason": "lost"} in old["gaps"]
    assert told["records"] == old["records"] + new["records"]


def test_what_was_recovered_is_written_as_an_export(kitbag, dump, tmp_path, env):
    out_dir = tmp_path / "out"
    code, out, err = kitbag("doctor", "--image", dump, "--out", out_dir, "--object", "c0ffee01")
    assert (code, err) == (ExitCode.INCOMPLETE, "")
    expected = set(went_round().records) - went_round().of_sector(0)
    with (out_dir / "events.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    of_old = {int(r["seq"]): r for r in rows if r["log_epoch"] == f"{went_round().epoch:08x}"}
    first = went_round().firsts[1]
    assert first is not None
    assert set(of_old) == expected - {first + FLIPPED}
    assert all(int(r["boot"]) == went_round().records[s][0] for s, r in of_old.items())
    assert {r["device"] for r in rows} == {"c0ffee01"}
    for name in ("events", "hugs", "nights", "breaths"):
        assert f"DIR/out/{name}.csv\n" in out
        assert (out_dir / f"{name}.codebook.json").exists()
    # A store like any other, and the only one
    assert not env.store_path.exists()
    store = out_dir / "recovered.sqlite3"
    code, out, _ = kitbag("--store", store, "export", "--out", tmp_path / "again")
    assert code == ExitCode.OK
    for path in (tmp_path / "again").iterdir():
        assert path.read_bytes() == (out_dir / path.name).read_bytes()


def test_what_was_written_twice_goes_into_quarantine(kitbag, tmp_path):
    nor = Nor(2)
    write(nor, range(1, 2), 100)
    back = Nor(2, nor.data)
    write(nor, range(2, 3), 30)
    write(back, range(7, 8), 30)
    path, out_dir = tmp_path / "d.bin", tmp_path / "out"
    path.write_bytes(nor.data + back.data)
    code, out, _ = kitbag("doctor", "--image", path, "--out", out_dir)
    assert code == ExitCode.INCOMPLETE
    assert "30 records that another sector tells otherwise" in out
    with Store(out_dir / "recovered.sqlite3") as store:
        [epoch] = store.epochs("unknown")
        assert store.quarantined("unknown", epoch) == 30
        assert store.count("unknown") == 130


def test_the_users_own_folder_is_never_written_into_twice(kitbag, dump, tmp_path):
    out_dir = tmp_path / "out"
    kitbag("doctor", "--image", dump, "--out", out_dir)
    before = {path.name: path.read_bytes() for path in out_dir.iterdir()}
    code, _, err = kitbag("doctor", "--image", dump, "--out", out_dir)
    assert code == ExitCode.USAGE
    assert "name another folder with --out" in err
    assert {path.name: path.read_bytes() for path in out_dir.iterdir()} == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["--image", "x", "--port", "y"],
        ["--out", "x"],
        ["--object", "x"],
        ["--out", "x", "--port", "y"],
    ],
)
def test_a_dump_and_an_object_exclude_each_other(kitbag, arguments):
    code, out, err = kitbag("doctor", *arguments)
    assert (code, out) == (ExitCode.USAGE, "")
    assert err.startswith("kitbag doctor: ")
    assert f"  given    {arguments[0]} with " in err
    assert "  next     " in err


def test_progress_is_shown_on_a_terminal_only(kitbag, env, tmp_path, monkeypatch):
    from kitbag_tools import cli

    path = tmp_path / "d.bin"
    path.write_bytes(without_header(went_round(), 1, 2))
    seen: list[str] = []

    class Bar:
        def __init__(self, *_: object) -> None:
            pass

        def __enter__(self):
            return lambda share, doing: seen.append(doing)

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(cli, "_progress", Bar)
    code = cli.main(["doctor", "--image", str(path)], replace(env, is_tty=True))
    assert code == ExitCode.INCOMPLETE
    assert "proving sectors without a header" in seen
    assert "reading records" in seen
