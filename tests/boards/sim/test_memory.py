"""NOR flash and NVS: what programs and erases do, and what a power cut leaves of them."""

import json

import pytest

from simulated import flash, settings


class Bench:
    """Time that passes when the flash works; the power may go at `cut_at` (us)."""

    def __init__(self):
        self.us = 0
        self.cut_at = None
        self.chip = None

    def spend(self, us):
        if self.cut_at is not None and self.us + us > self.cut_at:
            self.us = self.cut_at
            self.chip.cut()
            raise PowerCutError
        self.us += us


class PowerCutError(Exception):
    pass


@pytest.fixture
def bench(tmp_path):
    bench = Bench()
    bench.chip = flash.Flash(str(tmp_path / "flash.bin"), bench.spend, lambda: bench.us)
    bench.path = tmp_path / "flash.bin"
    yield bench
    bench.chip.close()


def _read(bench, address, size):
    data = bytearray(size)
    bench.chip.read(address, data)
    return bytes(data)


def test_a_new_flash_is_blank_and_as_large_as_the_partition(bench) -> None:
    assert bench.path.stat().st_size == 512 * 1024
    assert _read(bench, 4096 * 127, 4096) == b"\xff" * 4096


def test_another_is_as_large_as_its_file(bench, tmp_path) -> None:
    (tmp_path / "small.bin").write_bytes(b"\xff" * 4096 * 8)
    chip = flash.Flash(str(tmp_path / "small.bin"), bench.spend, lambda: bench.us)
    chip.close()
    assert (chip.blocks, bench.chip.blocks) == (8, 128)


def test_it_says_when_an_operation_begins(bench) -> None:
    begun = []
    bench.chip.begins = lambda takes_us, erases: begun.append((bench.us, takes_us, erases))
    bench.chip.program(0, b"\0" * 32)
    bench.chip.erase(1)
    assert begun == [(0, 100, False), (100, 45_000, True)]


def test_programs_only_clear_bits(bench) -> None:
    bench.chip.program(100, b"\xf0\x0f")
    bench.chip.program(100, b"\x3c\xff")
    assert _read(bench, 99, 4) == b"\xff\x30\x0f\xff"
    assert (bench.chip.programs, bench.chip.programmed) == (2, 4)


def test_an_erase_sets_its_block_and_no_other(bench) -> None:
    for address in (4095, 4096, 8191, 8192):
        bench.chip.program(address, b"\0")
    bench.chip.erase(1)
    assert [_read(bench, a, 1)[0] for a in (4095, 4096, 8191, 8192)] == [0, 255, 255, 0]
    assert bench.chip.erases == 1


def test_operations_take_their_time(bench) -> None:
    bench.chip.program(0, b"\0" * 16)
    assert bench.us == 50
    bench.chip.program(0, b"\0" * 64)
    assert bench.us == 250
    bench.chip.erase(0)
    assert bench.us == 45_250


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 0.9])
def test_a_cut_tears_a_program_where_it_was(bench, share) -> None:
    bench.cut_at = int(share * 200)
    with pytest.raises(PowerCutError):
        bench.chip.program(0, bytes(range(64)))
    done = int(64 * share)
    bench.cut_at = None
    assert _read(bench, 0, 64) == bytes(range(done)) + b"\xff" * (64 - done)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_cut_tears_an_erase(bench, share) -> None:
    bench.chip.program(0, b"\0" * 4096)
    bench.cut_at = bench.us + int(share * 45_000)
    with pytest.raises(PowerCutError):
        bench.chip.erase(0)
    done = int(4096 * share)
    bench.cut_at = None
    assert _read(bench, 0, 4096) == b"\xff" * done + b"\0" * (4096 - done)


def test_nothing_is_torn_between_operations(bench) -> None:
    bench.chip.program(0, b"\0" * 16)
    bench.chip.cut()
    assert _read(bench, 0, 16) == b"\0" * 16


def _no_time(us):
    pass


def test_settings_last_from_their_commit_on(tmp_path) -> None:
    path = str(tmp_path / "nvs.json")
    nvs = settings.Settings(path, _no_time)
    nvs.set("a", "number", "i32", -5)
    nvs.set("a", "bytes", "blob", b"\x00\xff\x10")
    assert settings.Settings(path, _no_time).get("a", "number") is None
    nvs.commit()
    nvs.set("a", "number", "i32", 6)
    after = settings.Settings(path, _no_time)
    assert after.get("a", "number") == ("i32", -5)
    assert after.get("a", "bytes") == ("blob", b"\x00\xff\x10")
    assert after.get("b", "number") is None
    assert after.erase("a", "number")
    assert not after.erase("a", "number")
    after.commit()
    assert list(json.loads((tmp_path / "nvs.json").read_text())) == ["a/bytes"]
