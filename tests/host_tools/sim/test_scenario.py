"""Scenario files: what is taken, and how every mistake is answered."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from kitbag_tools.errors import ExitCode, KitbagError
from kitbag_tools.sim import scenario

_HEAD = "duration_s = 1000\n"


def _load(folder: Path, text: str, seed: int | None = None) -> scenario.Scenario:
    path = folder / "night.toml"
    path.write_text(text, encoding="utf-8")
    return scenario.load(path, seed)


def test_the_example_of_the_contract(tmp_path) -> None:
    (tmp_path / "plan.toml").write_text("[warmth]\nlevel_c = 36\n")
    (tmp_path / "trace.csv").write_text("t_s,p_Pa,session\n0,100000,a\n10,100010,a\n0,9,b\n")
    loaded = _load(
        tmp_path,
        """
        name = "a night with two hugs"
        duration_s = 28800
        start = "2026-03-01T22:00:00+00:00"
        zone = "Europe/London"
        seed = 1
        plan = "plan.toml"
        setup = true
        [world]
        room_c = 18
        cutout = false
        [[pressure]]
        file = "trace.csv"
        time = "t_s"
        value = "p_Pa"
        session = "a"
        into = "ambient"
        start_s = 5
        gain = 2.0
        relative = true
        [[event]]
        t_s = 600
        do = "hug"
        peak_pa = 1500
        hold_s = 40
        """,
    )
    assert loaded.name == "a night with two hugs"
    assert loaded.start == datetime(2026, 3, 1, 22, tzinfo=UTC)
    assert loaded.plan == {"warmth": {"level_c": 36}}
    assert loaded.world["room_c"] == 18.0
    assert loaded.world["pad_w"] == 3.0
    (pressure,) = loaded.pressures
    assert list(pressure.knots.times) == [5, 15]
    assert list(pressure.knots.values) == [0, 20]
    (event,) = loaded.events
    assert event.values == {"peak_pa": 1500, "rise_s": 0.4, "hold_s": 40, "release_s": 0.5}


def test_defaults_and_the_seed_of_the_command_line(tmp_path) -> None:
    loaded = _load(tmp_path, _HEAD, seed=9)
    assert (loaded.name, loaded.seed, loaded.setup, loaded.zone) == ("night", 9, True, None)
    assert loaded.plan is None
    assert set(loaded.world) == set(scenario.WORLD)


def test_events_happen_in_order_of_time(tmp_path) -> None:
    loaded = _load(
        tmp_path,
        _HEAD
        + "[[event]]\nt_s = 9\ndo = 'sync'\n[[event]]\nt_s = 3\ndo = 'place'\nwhere = 'body'\n",
    )
    assert [event.do for event in loaded.events] == ["place", "sync"]


def _event(body: str) -> str:
    return f"{_HEAD}[[event]]\nt_s = 1\n{body}\n"


# (text of the file, words that the error must hold: place, what was given, what is allowed, next)
_WRONG = {
    "not TOML": ("duration_s = = 3", ["not TOML", "line 1"]),
    "nested without end": ("a = " + "[" * 300_000, ["not TOML", "nested without end"]),
    "a number without end": ("duration_s = " + "1" * 5_000, ["not TOML", "too long"]),
    "a long number": ("duration_s = 0x" + "f" * 5_000, ["not TOML", "more than 64 bits"]),
    "a file without end": ("#" * 1_048_577, ["more than 1024 KB", "check the path"]),
    "a plan without end": (_HEAD + "plan = 'endless'", ["endless", "more than 64 KB"]),
    "a recording without end": (
        _HEAD + "[[pressure]]\nfile = 'endless'",
        ["endless", "not a file"],
    ),
    "no duration": ("name = 'x'", ["duration_s", "nothing", "add duration_s"]),
    "unknown key": (_HEAD + "plam = 'x'", ["plam", "unknown key", "did you mean plan?"]),
    "wrong type": ("duration_s = '10'", ["duration_s", "10", "a number from 1"]),
    "a truth for a number": ("duration_s = true", ["duration_s", "true", "a number"]),
    "NaN": ("duration_s = nan", ["duration_s", "nan", "a number"]),
    "endless": ("duration_s = inf", ["duration_s", "inf", "a number"]),
    "start without offset": (
        _HEAD + "start = '2026-03-01T22:00:00'",
        ["start", "2026-03-01T22:00:00", "offset"],
    ),
    "start that is no time": (_HEAD + "start = 'yesterday'", ["start", "yesterday"]),
    "unknown zone": (_HEAD + "zone = 'Europe/Londn'", ["zone", "Europe/Londn", "IANA"]),
    "zone that is a path": (_HEAD + "zone = '../../etc'", ["zone", "../../etc"]),
    "a seed with a fraction": (_HEAD + "seed = 1.5", ["seed", "1.5", "whole"]),
    "a plan that is not there": (_HEAD + "plan = 'no.toml'", ["no.toml", "no such file"]),
    "a plan that nobody applies": (
        _HEAD + "plan = 'good.toml'\nsetup = false",
        ["setup", "false", "true"],
    ),
    "a plan that is wrong": (
        _HEAD + "plan = 'bad.toml'",
        ["bad.toml", "warmth.level_c", "99", "30 to 40"],
    ),
    "unknown world key": (
        _HEAD + "[world]\nroom_f = 1",
        ["[world].room_f", "did you mean room_c?"],
    ),
    "world out of range": (
        _HEAD + "[world]\nroom_c = 200",
        ["[world].room_c", "200", "-20 to 45"],
    ),
    "world that is no table": (_HEAD + "world = 3", ["world", "3", "[world]"]),
    "event with one bracket": (_HEAD + "[event]\nt_s = 1", ["event", "[[event]]"]),
    "event without a time": (_HEAD + "[[event]]\ndo = 'sync'", ["[[event]] 1.t_s", "nothing"]),
    "event after the end": (
        _HEAD + "[[event]]\nt_s = 1001\ndo = 'sync'",
        ["[[event]] 1.t_s", "1001", "0 to 1000"],
    ),
    "event that does nothing": (_event(""), ["[[event]] 1.do", "nothing", "hug"]),
    "unknown event": (_event("do = 'hugg'"), ["[[event]] 1.do", "hugg", "did you mean hug?"]),
    "unknown key of an event": (
        _event("do = 'hug'\npeak = 3000\nhold_s = 1"),
        ["[[event]] 1 hug.peak", "did you mean peak_pa?"],
    ),
    "a hug without a peak": (_event("do = 'hug'\nhold_s = 1"), ["hug.peak_pa", "nothing", "100"]),
    "a hug that is too strong": (
        _event("do = 'hug'\npeak_pa = 30000\nhold_s = 1"),
        ["hug.peak_pa", "30000", "100 to 20000 Pa"],
    ),
    "half a squeeze": (_event("do = 'squeeze'\ncount = 1.5"), ["squeeze.count", "1.5", "whole"]),
    "unknown place": (
        _event("do = 'place'\nwhere = 'nek'"),
        ["place.where", "nek", "did you mean neck?"],
    ),
    "a word for a truth": (
        _event("do = 'usb'\nattached = 'yes'"),
        ["usb.attached", "yes", "true"],
    ),
    "a world event without a key": (_event("do = 'world'"), ["[[event]] 1 world", "no key"]),
    "a world event with a wrong key": (
        _event("do = 'world'\nrom_c = 3"),
        ["world.rom_c", "did you mean room_c?"],
    ),
    "a fault without a kind": (_event("do = 'fault'"), ["fault.kind", "nothing", "heater_open"]),
    "unknown fault": (
        _event("do = 'fault'\nkind = 'ntc_pad_opn'"),
        ["fault.kind", "ntc_pad_opn", "did you mean ntc_pad_open?"],
    ),
    "a task that there is not": (
        _event("do = 'fault'\nkind = 'task_exception'\ntask = 'heat'"),
        ["task_exception.task", "heat", "warmth, senses, link, comfort, journal, app"],
    ),
    "a moment that is to be cleared": (
        _event("do = 'clear'\nkind = 'task_exception'"),
        ["clear.kind", "task_exception", "crash_loop"],
    ),
    "a fault without its parameter": (
        _event("do = 'fault'\nkind = 'ntc_pad_offset'"),
        ["ntc_pad_offset.c", "nothing", "add c"],
    ),
    "a parameter the fault has not": (
        _event("do = 'fault'\nkind = 'heater_open'\nc = 1"),
        ["heater_open.c", "unknown key"],
    ),
    "clearing what lasts a moment": (
        _event("do = 'clear'\nkind = 'soft_reset'"),
        ["clear.kind", "soft_reset", "need not be cleared"],
    ),
    "a recording that is not there": (
        _HEAD + "[[pressure]]\nfile = 'no.csv'",
        ["no.csv", "no such file"],
    ),
    "a recording without a file": (_HEAD + "[[pressure]]\ngain = 2", ["[[pressure]] 1.file"]),
    "times and a rate": (
        _HEAD + "[[pressure]]\nfile = 'ok.csv'\ntime = 't_s'\nrate_hz = 25",
        ["[[pressure]] 1.rate_hz", "one of the two"],
    ),
    "no such column": (
        _HEAD + "[[pressure]]\nfile = 'ok.csv'\nvalue = 'pa'",
        ["ok.csv", "no column pa", "t_s, p_Pa, session"],
    ),
    "no such session": (
        _HEAD + "[[pressure]]\nfile = 'ok.csv'\nsession = 'z'",
        ["ok.csv", "no row of session z", "a, b"],
    ),
    "times that do not increase": (
        _HEAD + "[[pressure]]\nfile = 'ok.csv'",
        ["ok.csv: line 4, column t_s", "0 s after 10 s", "increase"],
    ),
    "a gap in a recording": (
        _HEAD + "[[pressure]]\nfile = 'gap.csv'",
        ["gap.csv: line 3, column p_Pa", "nan", "a number"],
    ),
    "a short row": (_HEAD + "[[pressure]]\nfile = 'short.csv'", ["short.csv: line 2", "nothing"]),
    "an empty recording": (_HEAD + "[[pressure]]\nfile = 'empty.csv'", ["empty.csv", "no column"]),
    "a recording of nothing": (_HEAD + "[[pressure]]\nfile = 'head.csv'", ["head.csv", "no rows"]),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "good.toml": "[warmth]\nlevel_c = 36\n",
        "bad.toml": "[warmth]\nlevel_c = 99\n",
        "ok.csv": "t_s,p_Pa,session\n0,100000,a\n10,100010,a\n0,100000,b\n",
        "gap.csv": "t_s,p_Pa\n0,100000\n1,nan\n",
        "short.csv": "t_s,p_Pa\n0\n",
        "empty.csv": "",
        "head.csv": "t_s,p_Pa\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "endless").symlink_to("/dev/zero")
    return tmp_path


@pytest.mark.parametrize("mistake", _WRONG)
def test_every_mistake_is_named_and_ends_with_exit_code_2(mistake, folder) -> None:
    text, words = _WRONG[mistake]
    with pytest.raises(KitbagError) as caught:
        _load(folder, text)
    assert caught.value.exit_code == ExitCode.USAGE
    told = caught.value.told()
    for word in words:
        assert word in told
    assert str(folder) in caught.value.where
    assert caught.value.next_step
    assert caught.value.allowed


def test_a_missing_scenario_and_one_that_is_no_text(tmp_path) -> None:
    with pytest.raises(KitbagError, match="no such file") as caught:
        scenario.load(tmp_path / "none.toml")
    assert caught.value.exit_code == ExitCode.USAGE
    (tmp_path / "raw.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(KitbagError, match="UTF-8") as caught:
        scenario.load(tmp_path / "raw.toml")
    assert caught.value.exit_code == ExitCode.USAGE


_CONTRACT_FAULTS = """
heater_fet_short heater_fet_leak heater_open heater_intermittent ntc_pad_short ntc_pad_open
ntc_pad_detached ntc_skin_detached ntc_skin_open ntc_skin_short ntc_skin_frozen ntc_skin_offset
ntc_pad_frozen ntc_pad_offset ntc_both_offset adc_spikes adc_error ntc_swapped output_miswired
bme280_stuck bme280_garbage bme280_bus_hang bladder_leak task_exception vm_hang watchdog_reset
crash_loop soft_reset brownout battery_sag setpoint_garbage link_lost clock_jump limits_corrupt
starvation second_switch_welded keepalive_stuck charging cell_hot update_interrupted
"""


def test_every_fault_and_event_of_the_contract_has_a_place() -> None:
    assert set(_CONTRACT_FAULTS.split()) == set(scenario.FAULTS)
    doings = {"hug", "squeeze", "pat", "breathe", "button", "place", "usb", "sync", "power"}
    assert doings == set(scenario.EVENTS)
