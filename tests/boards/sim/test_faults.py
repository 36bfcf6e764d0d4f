"""Every fault of the scenario: what sensors and heat see of it, and that clearing undoes it."""

import ast
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from kitbag import limits
from kitbag.wire import ceiling
from kitbag_tools.sim import scenario
from simulated import analog, faults, in_firmware, update, world
from simulated.clock import Clock

SETTINGS = {
    "room_c": 20.0,
    "body_c": 34.0,
    "pad_w": 3.0,
    "insulation": 1.0,
    "fabric": 1.0,
    "perfusion": 1.0,
    "battery_v": 4.0,
    "ambient_pa": 101_325.0,
    "bladder_pa_per_k": 120.0,
    "clock_ppm": 0.0,
    "cutout": False,
}


class Life:
    """Notes what is asked of it."""

    def __init__(self):
        self.done = []
        self.rtc = 1000

    def time(self):
        return self.rtc

    def set_rtc(self, seconds):
        self.rtc = seconds

    def reset(self, kind):
        self.done.append(kind)

    def hang(self):
        self.done.append("hang")

    def cut_power(self, off_s):
        self.done.append("cut")


class Stream:
    def __init__(self):
        self.line = b""

    def read(self, count):
        return self.line[:count]


class Port:
    turn_us = 500_000

    def __init__(self):
        self.stdin = Stream()
        self.cut = False

    def deliver(self, data):
        self.stdin.line += data

    def lose_line(self):
        self.cut = True


class Pins:
    """Counts how often whoever watches the charger was told."""

    told = 0

    def charger_changed(self):
        self.told += 1


class Player:
    """Notes which faults happened later than they were set."""

    def __init__(self):
        self.begun = []

    def began(self, kind):
        self.begun.append(kind)


class Board:
    """An object that heats: pad at 40, face at 36, bladder pressed by 1 kPa."""

    def __init__(self):
        self.clock = Clock()
        self.world = world.World(self.clock, dict(SETTINGS), 1)
        self.life = Life()
        self.port = Port()
        self.pins = Pins()
        self.player = Player()
        self.faults = faults.Faults(self)
        heat = self.world.thermal
        heat.pad_c = heat.pad_sensor_c = 40.0
        heat.fabric_c = heat.face_sensor_c = 36.0
        self.world.drive_heater(0.5)
        self.world.drive_keepalive(0.5)
        self.world.bladder.end_edge(self.world.bladder.begin_edge(0.0, 0.4, 0.0, 1000.0))
        self.chip = self.world.chip
        self.chip.write(0xF4, b"\x2f")

    def pass_s(self, seconds):
        self.clock.run_until(self.clock.now() + int(seconds * 1e6))
        self.world.update()

    def seen(self):
        data = bytearray(8)
        self.chip.read(0xF7, data)
        return {
            "pad": self.world.pad_mv(),
            "face": self.world.face_mv(),
            "reference": self.world.reference_mv(),
            "current": self.world.current_mv(),
            "battery": self.world.battery_mv(),
            "cell": self.world.cell_mv(),
            "supply": self.world.pad_supply_mv(),
            "watts": self.world.power.watts,
            "bladder": self.world.pressure(),
        }


def test_the_board_can_do_every_fault_a_scenario_may_name() -> None:
    assert set(faults._SET) == set(scenario.FAULTS)


# kind: (parameters, what changes, by about how much - or to what, as a text)
_EFFECTS = {
    "ntc_pad_short": ({}, {"pad": "0"}),
    "ntc_pad_open": ({}, {"pad": str(analog.FULL_MV)}),
    "ntc_skin_short": ({}, {"face": "0"}),
    "ntc_skin_open": ({}, {"face": str(analog.FULL_MV)}),
    "ntc_pad_offset": ({"c": -4.0}, {"pad": analog.ntc_mv(36) - analog.ntc_mv(40)}),
    "ntc_skin_offset": ({"c": 4.0}, {"face": analog.ntc_mv(40) - analog.ntc_mv(36)}),
    "ntc_both_offset": (
        {"c": -3.0},
        {
            "pad": analog.ntc_mv(37) - analog.ntc_mv(40),
            "face": analog.ntc_mv(36) * 0.079,
            "reference": 1650 * 0.079,
            "battery": 1975 * 0.079,
            "supply": 1975 * 0.079,
            "cell": analog.ntc_mv(20) * 0.079,
            "current": 470 * 0.079,
        },
    ),
    "ntc_swapped": (
        {},
        {
            "pad": analog.ntc_mv(36) - analog.ntc_mv(40),
            "face": analog.ntc_mv(40) - analog.ntc_mv(36),
        },
    ),
    "heater_fet_short": ({}, {"watts": 1.4, "current": 217, "battery": -27, "supply": -27}),
    "heater_fet_leak": ({"fraction": 0.5}, {"watts": 0.7, "current": 108}),
    "heater_open": ({}, {"watts": -1.4, "current": -217, "battery": 27, "supply": 27}),
    "battery_sag": ({"v": 3.0}, {"watts": -0.6, "battery": -493, "supply": -493, "current": -55}),
    "cell_hot": ({"c": 65.0}, {"cell": analog.ntc_mv(65) - analog.ntc_mv(20)}),
    "charging": ({"amps": 0.5}, {"battery": 37, "supply": 37}),
}


@pytest.mark.parametrize("kind", _EFFECTS)
def test_what_a_fault_does_and_that_clearing_undoes_it(kind) -> None:
    parameters, effects = _EFFECTS[kind]
    board = Board()
    board.pass_s(0.3)
    before = board.seen()
    board.faults.set(kind, parameters)
    board.pass_s(0.3)
    with_it = board.seen()
    board.faults.clear(kind)
    board.pass_s(0.3)
    after = board.seen()
    for name, value in before.items():
        about = 0.12 if name == "watts" else 12
        drift = pytest.approx(value, abs=about)
        expected = effects.get(name, 0)
        if isinstance(expected, str):
            assert str(with_it[name]) == expected
        else:
            near = max(about, 0.12 * abs(expected))
            assert with_it[name] - value == pytest.approx(expected, abs=near), name
        assert after[name] == drift, name
    assert not board.faults.active


def test_a_frozen_reading_stays_while_the_pad_moves() -> None:
    for kind, name in (("ntc_pad_frozen", "pad"), ("ntc_skin_frozen", "face")):
        board = Board()
        first = board.seen()[name]
        board.faults.set(kind, {})
        board.pass_s(60)
        assert board.seen()[name] == first
        board.faults.clear(kind)
        assert abs(board.seen()[name] - first) > 10


def test_a_detached_thermistor_goes_where_it_was_sent() -> None:
    board = Board()
    board.faults.set("ntc_pad_detached", {"env_c": 22.0, "coupling": 0.0})
    board.pass_s(120)
    assert board.world.thermal.pad_sensor_c == pytest.approx(22, abs=0.1)
    board.faults.clear("ntc_pad_detached")
    board.pass_s(120)
    assert board.world.thermal.pad_sensor_c == pytest.approx(board.world.thermal.pad_c, abs=0.5)


def test_spikes_come_now_and_then_and_one_at_a_time() -> None:
    board = Board()
    board.faults.set("adc_spikes", {"per_min": 1.0})
    spikes = 0
    last = False
    for _ in range(3 * 3600):
        board.pass_s(0.333)
        seen = board.seen()
        far = any(abs(seen[name] - analog.ntc_mv(30)) > 600 for name in ("pad", "face"))
        assert not (far and last)
        spikes += far
        last = far
    assert 40 < spikes < 80


def test_a_loose_wire_opens_and_closes() -> None:
    board = Board()
    board.faults.set("heater_intermittent", {"fraction": 0.3})
    seen = set()
    for _ in range(100):
        board.pass_s(0.5)
        seen.add(board.world.power.watts > 0)
    assert seen == {True, False}
    board.faults.clear("heater_intermittent")
    board.pass_s(2)
    assert board.world.power.watts > 0


def test_a_wrongly_wired_output_heats() -> None:
    board = Board()
    board.world.drive_heater(0.0)
    board.faults.set("output_miswired", {"to": "motor"})
    assert board.world.power.watts == 0
    board.world.drive_motor(0.5)
    assert board.world.power.watts > 1


def test_faults_of_the_second_line() -> None:
    board = Board()
    board.world.drive_keepalive(0)
    board.faults.set("second_switch_welded", {})
    board.pass_s(5)
    assert board.world.power.watts > 1
    board.faults.clear("second_switch_welded")
    assert board.world.power.watts == 0
    board.faults.set("keepalive_stuck", {})
    board.world.drive_keepalive(1)
    assert board.world.power.watts == 0
    board.faults.clear("keepalive_stuck")
    board.world.drive_keepalive(0)
    assert board.world.power.watts > 1


def test_faults_of_the_pressure_sensor_and_the_bladder() -> None:
    board = Board()
    board.pass_s(1)
    data, again = bytearray(8), bytearray(8)
    board.chip.read(0xF7, data)
    board.faults.set("bme280_stuck", {})
    board.pass_s(1)
    board.chip.read(0xF7, again)
    assert data == again
    board.faults.clear("bme280_stuck")
    board.faults.set("bme280_garbage", {})
    board.chip.read(0xF7, data)
    board.chip.read(0xF7, again)
    assert data != again
    board.faults.clear("bme280_garbage")
    board.faults.set("bme280_bus_hang", {})
    assert board.world.bus_hung
    board.faults.clear("bme280_bus_hang")
    assert not board.world.bus_hung
    before = board.world.pressure()
    board.faults.set("bladder_leak", {"pa_per_s": 20.0})
    for _ in range(20):
        board.pass_s(1)
    assert board.world.pressure() - before == pytest.approx(-400, abs=25)


def test_faults_that_end_in_a_reset_a_jump_or_starvation() -> None:
    board = Board()
    for kind in ("watchdog_reset", "soft_reset", "brownout", "vm_hang"):
        board.faults.set(kind, {})
        assert not board.faults.active
        board.pass_s(0.1)
    assert board.life.done == ["watchdog", "soft", "cut", "hang"]
    board.faults.set("clock_jump", {"s": 3600})
    assert board.life.rtc == 4600
    board.faults.set("starvation", {"ms": 300.0})
    before = board.clock.now()
    board.clock.select.poll().ipoll(0)
    assert board.clock.now() - before >= 300_000
    board.faults.clear("starvation")
    before = board.clock.now()
    board.clock.select.poll().ipoll(0)
    assert board.clock.now() - before < 1000
    board.faults.set("adc_error", {})
    assert board.world.adc_error


def test_a_charger_pulls_its_line_and_fills_the_cell() -> None:
    board = Board()
    board.faults.set("charging", {"amps": 1.0})
    assert board.pins.told == 1
    before = board.world.power.used_ah
    board.pass_s(3600)
    load_a = 0.04 + board.world.power.amps
    assert before - board.world.power.used_ah == pytest.approx(1.0 - load_a, rel=0.05)
    board.faults.clear("charging")
    assert board.pins.told == 2
    assert board.world.power.charger_a is None


def test_resets_that_come_again_or_leave_half_an_update(tmp_path, monkeypatch) -> None:
    board = Board()
    board.faults.set("crash_loop", {})
    board.pass_s(0.1)
    assert board.life.done == ["hard"]
    assert "crash_loop" in board.faults.active  # for the next boot to find
    image = tmp_path / "image"
    rarely = image / update.DAMAGED
    rarely.parent.mkdir(parents=True)
    rarely.write_bytes(b"whole")
    (image / "boot.py").write_bytes(bytes(10_000))
    board.image, board.folder = str(image), str(tmp_path)
    monkeypatch.setattr(update.os, "ilistdir", _ilistdir, raising=False)
    board.faults.set("update_interrupted", {})
    copy = tmp_path / "update"
    assert (copy / "boot.py").read_bytes() == bytes(10_000)
    assert (copy / update.DAMAGED).read_bytes() not in (b"whole", b"")
    assert rarely.read_bytes() == b"whole"
    board.pass_s(0.1)
    board.faults.clear("update_interrupted")
    board.pass_s(0.1)
    assert board.life.done == ["hard"] * 3


def _ilistdir(folder):
    """MicroPython's os.ilistdir."""
    return [(path.name, 0x4000 if path.is_dir() else 0x8000, 0) for path in Path(folder).iterdir()]


def test_a_lost_line_loses_both_ways_until_it_is_back() -> None:
    board = Board()
    board.faults.set("link_lost", {})
    assert board.port.cut
    board.faults.clear("link_lost")
    assert not board.port.cut


@pytest.mark.parametrize("task", in_firmware.CALLS)
def test_the_next_step_of_a_task_raises_and_only_that_one(task, monkeypatch) -> None:
    module, owner, method = in_firmware.CALLS[task]
    steps = type(owner, (), {method: lambda self, *_, at: "a step"})
    monkeypatch.setitem(sys.modules, module, SimpleNamespace(**{owner: steps}))
    board = Board()
    board.faults.set("task_exception", {"task": task})
    assert not board.faults.active  # a moment
    assert board.player.begun == []  # which has not come yet
    with pytest.raises(RuntimeError, match="injected"):
        getattr(steps(), method)("anything", at=1)
    assert board.player.begun == ["task_exception"]
    assert getattr(steps(), method)("anything", at=1) == "a step"


def test_the_link_fails_at_a_byte_of_noise() -> None:
    board = Board()
    board.faults.set("task_exception", {"task": "link"})
    assert board.port.stdin.line  # so that it happens now
    with pytest.raises(RuntimeError, match="injected"):
        board.port.stdin.read(1)
    assert board.port.stdin.read(1) == board.port.stdin.line


def test_the_housekeeping_fails_at_its_own_clock(monkeypatch) -> None:
    real = SimpleNamespace(ticks_ms=lambda: 7)
    app = SimpleNamespace(time=real)
    monkeypatch.setitem(sys.modules, in_firmware.APP, app)
    Board().faults.set("task_exception", {"task": "app"})
    assert real.ticks_ms() == 7
    with pytest.raises(RuntimeError, match="injected"):
        app.time.ticks_ms()
    assert app.time.ticks_ms() == 7


def test_the_steps_that_are_made_to_fail_are_the_firmware_s(repository) -> None:
    for module, owner, method in in_firmware.CALLS.values():
        tree = _tree(repository, module)
        methods = [
            node.name
            for found in tree.body
            if isinstance(found, ast.ClassDef) and found.name == owner
            for node in found.body
            if isinstance(node, ast.FunctionDef)
        ]
        assert method in methods, f"{module}.{owner}"
    tasks = scenario.FAULTS["task_exception"]["task"]
    assert isinstance(tasks, scenario.Word)
    assert {*in_firmware.CALLS, "app", "link"} == set(tasks.words)
    clocks = [
        function.name
        for function in ast.walk(_tree(repository, in_firmware.APP))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        and "time.ticks_ms" in ast.unparse(function)
    ]
    assert clocks == ["_housekeeping"]
    assert (repository / "firmware" / update.DAMAGED).with_suffix(".py").is_file()


def _tree(repository, module):
    path = repository / "firmware" / (module.replace(".", "/") + ".py")
    return ast.parse(path.read_text())


@pytest.mark.parametrize(
    ("value", "level"), [("high", 400.0), ("low", -40.0), ("text", "hot"), ("nan", None)]
)
def test_the_level_is_garbage_until_it_is_mended(value, level) -> None:
    board = Board()
    real = ceiling.level_c
    board.faults.set("setpoint_garbage", {"value": value})
    found = ceiling.level_c({})
    assert found == level or (value == "nan" and found != found)
    board.faults.clear("setpoint_garbage")
    assert ceiling.level_c is real


def test_a_limit_loses_a_bit_until_it_is_mended_and_after_a_reset_again() -> None:
    board = Board()
    board.faults.set("limits_corrupt", {})
    assert limits.PAD_TRIP_MC == 43_500 ^ 0x4000
    board.faults.clear("limits_corrupt")
    assert limits.PAD_TRIP_MC == 43_500
    after = Board()
    after.faults.rearm({"limits_corrupt": {}, "link_lost": {}})
    assert limits.PAD_TRIP_MC != 43_500
    assert after.port.cut
    after.faults.clear("limits_corrupt")
    assert limits.PAD_TRIP_MC == 43_500
