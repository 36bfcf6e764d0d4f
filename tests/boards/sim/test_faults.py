"""Every fault of the scenario: what sensors and heat see of it, and that clearing undoes it."""

import pytest

from kitbag_tools.sim import scenario
from simulated import analog, faults, world
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


class Port:
    turn_us = 500_000


class Board:
    """An object that heats: pad at 40, face at 36, bladder pressed by 1 kPa."""

    def __init__(self):
        self.clock = Clock()
        self.world = world.World(self.clock, dict(SETTINGS), 1)
        self.life = Life()
        self.port = Port()
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
    "heater_fet_short": ({}, {"watts": 1.4, "current": 217, "battery": -27}),
    "heater_fet_leak": ({"fraction": 0.5}, {"watts": 0.7, "current": 108, "battery": -14}),
    "heater_open": ({}, {"watts": -1.4, "current": -217, "battery": 27}),
    "battery_sag": ({"v": 3.0}, {"watts": -0.6, "battery": -493, "current": -55}),
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
