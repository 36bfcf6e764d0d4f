"""A whole run of the real firmware: visits of the host, files, sameness, speed, hold, its end."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kitbag_tools.errors import ExitCode, KitbagError
from kitbag_tools.keys import KeyFile
from kitbag_tools.sim import measure, runner, scenario
from kitbag_tools.transports import discovery

_HUG = """
duration_s = 240
start = "2026-03-01T22:00:00+00:00"
[[event]]
t_s = 60
do = "hug"
peak_pa = 1500
hold_s = 40
[[event]]
t_s = 150
do = "squeeze"
peak_pa = 2500
count = 2
"""


def _rows(out: Path, name: str) -> list[dict[str, str]]:
    with (out / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _summary(out: Path) -> dict[str, object]:
    return json.loads((out / "summary.json").read_text())


def test_the_log_comes_down_and_tells_what_the_world_did(play) -> None:
    out = play(_HUG)
    summary = _summary(out)
    assert play.result.complete
    assert not play.result.problems
    assert runner.exit_code(play.result) == ExitCode.OK
    assert summary["records_written"] == summary["records_downloaded"] > 3
    assert summary["samples"] >= 240 * 10
    assert summary["reboots"] == 0
    assert summary["peak_pad_c"] > 21
    hugs = _rows(out, "hugs.csv")
    assert hugs[0]["kind"] in ("hold", "long_hold")
    start = hugs[0]["start_s"]
    assert float(start) == pytest.approx(60, abs=1)
    assert float(hugs[0]["peak_pa"]) == pytest.approx(1500, rel=0.1)
    assert [int(row["t_s"]) for row in _rows(out, "truth.csv")] == list(range(241))


def test_same_scenario_and_seed_same_bytes(play, tmp_path) -> None:
    texts = [_HUG + f"[world]\nclock_ppm = {ppm}\n" for ppm in (20, 20, 25)]
    outs = [play(text) for text in texts]
    same = "truth.csv outputs.csv events.csv hugs.csv nights.csv breaths.csv object/flash.bin"
    for name in same.split():
        one, two, other = ((out / name).read_bytes() for out in outs)
        assert one == two, name
        if name in ("outputs.csv", "object/flash.bin"):
            assert one != other, name
    first, second = (_summary(out) for out in outs[:2])
    first.pop("wall_s")
    second.pop("wall_s")
    assert first == second


def test_another_seed_is_another_noise_and_another_object(play) -> None:
    one, two = (play(f"seed = {seed}\n{_HUG}") for seed in (1, 2))
    assert (one / "object/flash.bin").read_bytes() != (two / "object/flash.bin").read_bytes()


def test_a_sync_in_the_middle_is_the_only_download(play) -> None:
    out = play(_HUG + "[[event]]\nt_s = 120\ndo = 'sync'\n")
    summary = _summary(out)
    assert len(play.result.syncs) == 1
    assert summary["records_downloaded"] < summary["records_written"]


def test_a_set_up_leaves_the_plan(play, tmp_path) -> None:
    (tmp_path / "plan.toml").write_text("[warmth]\nlevel_c = 38\nenabled = false\n")
    out = play('plan = "plan.toml"\n' + _HUG)
    assert not play.result.problems
    assert _summary(out)["heater_j"] == 0


def test_an_object_that_does_not_answer_makes_the_run_incomplete(play, object_of) -> None:
    out = play("duration_s = 20\n", object_of("import time\ntime.sleep_ms(100000)\n"))
    assert not play.result.complete
    assert runner.exit_code(play.result) == ExitCode.INCOMPLETE
    assert play.result.problems
    assert _summary(out)["final_state"] is None
    assert len(_rows(out, "truth.csv")) == 21


def test_a_reset_under_a_visit_is_survived(play) -> None:
    out = play(_HUG + "[[event]]\nt_s = 0.9\ndo = 'fault'\nkind = 'watchdog_reset'\n")
    assert play.result.complete
    assert _summary(out)["reboots"] == 1


def test_recordings_play_into_the_bladder(play, tmp_path) -> None:
    rows = "".join(f"{t},{p}\n" for t, p in ((0, 0), (30, 0), (31, 2000), (45, 2000), (46, 0)))
    (tmp_path / "hug.csv").write_text("t_s,pa\n" + rows)
    (tmp_path / "room.csv").write_text("t_s,pa\n0,95000\n100,95100\n")
    out = play(
        "duration_s = 100\n[[pressure]]\nfile = 'hug.csv'\nvalue = 'pa'\ninto = 'bladder'\n"
        "[[pressure]]\nfile = 'room.csv'\nvalue = 'pa'\n"
    )
    truth = _rows(out, "truth.csv")
    assert float(truth[50]["ambient_pa"]) == pytest.approx(95_050)
    assert float(truth[40]["bladder_pa"]) - float(truth[20]["bladder_pa"]) == pytest.approx(
        2000, abs=25
    )
    assert [row["kind"] for row in _rows(out, "hugs.csv")] == ["hold"]


def test_the_speed_of_a_run_can_be_held_to_real_time(play, object_of) -> None:
    began = time.monotonic()
    image = object_of(
        "import asyncio\nasync def f():\n    await asyncio.sleep(999)\nasyncio.run(f())\n"
    )
    play("duration_s = 40\nsetup = false\n", image, speed=20.0)
    assert time.monotonic() - began > 1.9


def test_a_missing_virtual_machine_is_told(play, monkeypatch) -> None:
    monkeypatch.setenv("MICROPYTHON", "/bin/false")
    with pytest.raises(KitbagError) as caught:
        play("duration_s = 10\n")
    assert caught.value.exit_code == ExitCode.FAILED
    assert "console.txt" in caught.value.next_step


def test_an_out_folder_that_cannot_be_made_is_told(env, tmp_path) -> None:
    (tmp_path / "s.toml").write_text("duration_s = 10\n")
    (tmp_path / "file").write_text("")
    with pytest.raises(KitbagError, match="cannot be written"):
        runner.run(scenario.load(tmp_path / "s.toml"), tmp_path / "file" / "out", env)


def test_the_simulated_board_keeps_within_the_heap_set_aside_for_it() -> None:
    assert measure.board_heap_bytes() <= runner.BOARD_HEAP_BYTES


# --- in a process of its own, as a person would ---

_RUN = """
import sys
from pathlib import Path
from kitbag_tools import environment
from kitbag_tools.sim import runner, scenario
hold = sys.argv[3:] == ["hold"]
runner.run(scenario.load(sys.argv[1]), Path(sys.argv[2]), environment.real(), hold=hold)
print("ended in peace")
"""


def _process(tmp_path: Path, text: str, *more: str) -> subprocess.Popen[str]:
    (tmp_path / "s.toml").write_text(text)
    return subprocess.Popen(
        [sys.executable, "-c", _RUN, str(tmp_path / "s.toml"), str(tmp_path / "out"), *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _children(folder: Path) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:  # it has ended meanwhile
                continue
            if b"run.main" in command and str(folder).encode() in command:
                found.append(int(entry.name))
    return found


def _wait_for(what, seconds: float = 20.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if what():
            return True
        time.sleep(0.05)
    return False


needs_proc = pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks into /proc")


@needs_proc
def test_a_held_object_answers_at_its_port_until_ctrl_c(tmp_path) -> None:
    process = _process(tmp_path, "duration_s = 20\n", "hold")
    try:
        assert _wait_for((tmp_path / "out" / "port").exists)
        for _ in range(2):
            keys = KeyFile(tmp_path / "out" / "keys.json")
            port = f"sim:{tmp_path / 'out'}"
            with discovery.connect(port, lambda: 1_800_000_000_000, keys) as client:
                before = client.hello().uptime_ms
                time.sleep(1.0)
                passed = client.hello().uptime_ms - before
                assert client.status()["state"] == "idle"
                client.bye()
            assert 900 < passed < 1500
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=15)
    finally:
        process.kill()
    assert process.returncode == 0, err
    assert out == "ended in peace\n"
    assert not (tmp_path / "out" / "port").exists()
    assert not _children(tmp_path)


@needs_proc
@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_object_outlives_the_one_who_runs_it(tmp_path, way) -> None:
    process = _process(tmp_path, "duration_s = 864000\n")
    try:
        assert _wait_for(lambda: _children(tmp_path))
        time.sleep(1.0)
        process.send_signal(way)
        process.communicate(timeout=15)
    finally:
        process.kill()
    assert process.returncode != 0
    assert _wait_for(lambda: not _children(tmp_path))


@needs_proc
def test_a_held_object_ends_when_its_runner_is_killed(tmp_path) -> None:
    process = _process(tmp_path, "duration_s = 20\n", "hold")
    try:
        assert _wait_for((tmp_path / "out" / "port").exists)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate(timeout=15)
    finally:
        process.kill()
    assert _wait_for(lambda: not _children(tmp_path))


def test_an_object_that_never_comes_back_ends_the_run(play) -> None:
    # Late by more than its watchdog allows, from the first minute to long after the last
    starved = '[[event]]\nt_s = 30\ndo = "fault"\nkind = "starvation"\nms = 1800\n'
    head = 'setup = false\nduration_s = 60\nstart = "2026-03-01T22:00:00+00:00"\n'
    out = play(head + starved)
    assert not play.result.complete
    assert runner.exit_code(play.result) == ExitCode.INCOMPLETE
    [error, *_] = play.result.problems
    assert "restarts again and again" in str(error)
    for table in ("events", "hugs", "nights", "breaths"):
        assert (out / f"{table}.csv").read_text().count("\n") == 1, table
    assert _summary(out)["reboots"] > 10
