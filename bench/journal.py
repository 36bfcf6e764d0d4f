"""What a log record costs the flash: our ring beside two files, on the same NOR model."""

from pathlib import Path

from figures import Figure
from kitbag_tools import image
from run_vm import run_vm

_HOW = ".venv/bin/python bench journal"


def measure() -> list[Figure]:
    """Bytes kept, bytes programmed, program calls and erases a record."""
    probe = Path(__file__).with_name("on_vm") / "journal.py"
    counted = run_vm(probe, image.build("esp32_s3"), heap="16M")
    records, ring = counted["records"], counted["ring"]

    def a_record(medium: str, what: str) -> float:
        return counted[medium][what] / records

    jsonl, packed = "JSON lines, flushed, on littlefs", "16-byte records, flushed, on littlefs"
    return [
        Figure("bytes kept a record", a_record("ring", "kept"), "B", _HOW, jsonl,
               a_record("jsonl", "kept"), ("<=", 16)),
        Figure("bytes programmed a record", a_record("ring", "programmed"), "B", _HOW, jsonl,
               a_record("jsonl", "programmed")),
        Figure("bytes programmed a record", a_record("ring", "programmed"), "B", _HOW, packed,
               a_record("packed", "programmed")),
        Figure("write amplification", ring["programmed"] / (16 * records), "×", _HOW, packed,
               counted["packed"]["programmed"] / (16 * records), ("<=", 1.1)),
        Figure("flash programs a record", a_record("ring", "programs"), "", _HOW, jsonl,
               a_record("jsonl", "programs")),
        Figure("flash programs a record", a_record("ring", "programs"), "", _HOW, packed,
               a_record("packed", "programs")),
        Figure("erases in 1000 records", 1000 * a_record("ring", "erases"), "", _HOW, packed,
               1000 * a_record("packed", "erases"), ("<=", 1000 / 252 + 0.5)),
    ]  # fmt: skip
