"""Heater, cell, switches, analogue inputs."""

import math
import runpy
import statistics

import pytest

from simulated import analog, power
from simulated.clock import Clock
from simulated.noise import Noise
from simulated.world import World

WORLD = {"pad_w": 3.0, "battery_v": 4.0}
WHOLE = {
    **WORLD,
    "room_c": 20.0,
    "body_c": 34.0,
    "insulation": 1.0,
    "fabric": 1.0,
    "perfusion": 1.0,
    "ambient_pa": 101_325.0,
    "bladder_pa_per_k": 120.0,
    "clock_ppm": 0.0,
    "cutout": False,
}


def _on(**settings):
    heater = power.Power({**WORLD, **settings})
    heater.duty = 1.0
    heater.held = True
    heater.settle()
    return heater


@pytest.mark.parametrize("pad_w", [2.5, 3.0, 12.0])
def test_power_follows_the_square_of_the_voltage_at_the_pad(pad_w) -> None:
    heater = _on(pad_w=pad_w, battery_v=4.0)
    assert heater.watts == pytest.approx(pad_w * (heater.battery_v / 4.0) ** 2, rel=1e-9)
    assert heater.amps == pytest.approx(heater.battery_v / (16 / pad_w))
    sag = (heater.amps + power.IDLE_A) * power.CELL_OHM
    assert heater.battery_v == pytest.approx(4.0 - sag)


def test_heat_needs_both_switches() -> None:
    for duty, held in ((0.0, False), (1.0, False), (0.0, True)):
        heater = power.Power(WORLD)
        heater.duty, heater.held = duty, held
        heater.settle()
        assert heater.watts == 0.0
        assert (heater.switch1, heater.switch2) == (int(duty > 0), int(held))
    assert _on().watts > 2.5


def test_duty_scales_the_power() -> None:
    heater = _on()
    full = heater.watts
    heater.duty = 0.25
    heater.settle()
    assert heater.watts == pytest.approx(full / 4)


def test_faults_of_the_switches() -> None:
    heater = power.Power(WORLD)
    heater.held = True
    heater.short = True
    heater.settle()
    assert heater.watts == pytest.approx(_on().watts)
    assert heater.switch1 == 1
    heater.short = False
    heater.leak = 0.35
    heater.settle()
    assert heater.watts == pytest.approx(_on().watts * 0.35)
    heater.leak = 0.0
    heater.duty = 1.0
    heater.held = False
    heater.welded = True
    heater.settle()
    assert heater.watts > 2
    for broken in ("open", "cut_out"):
        heater = _on()
        setattr(heater, broken, True)
        heater.settle()
        assert heater.watts == 0.0


def test_the_cell_discharges_by_what_is_drawn() -> None:
    heater = _on()
    before = heater.battery_v
    drawn_a = heater.amps + power.IDLE_A
    for _ in range(3600):
        heater.step(1.0)
    heater.settle()
    assert heater.used_ah == pytest.approx(drawn_a)
    assert 0.02 < before - heater.battery_v < 0.3
    assert power.ocv(power.charge_at(3.9)) == pytest.approx(3.9)


def test_a_sagging_cell_gives_less_power() -> None:
    heater = _on()
    heater.sag_v = 3.0
    heater.settle()
    assert heater.battery_v < 3.0
    assert heater.watts == pytest.approx(3.0 * (heater.battery_v / 4) ** 2)


def test_the_sensed_current_lags_by_its_rc() -> None:
    heater = _on()
    heater.step(10.0)
    full = heater.amps
    assert heater.sensed_a(0.0) == pytest.approx(full)
    heater.duty = 0.0
    heater.settle()
    assert heater.sensed_a(0.05) == pytest.approx(full * math.exp(-1))
    heater.step(0.05)
    assert heater.sensed_a(0.05) == pytest.approx(full * math.exp(-2))


def _seen_mv(heater):
    """What the look at the node between switch 2 and the pad settles to."""
    heater.settle()
    heater.step(1.0)
    return 500 * heater.sensed_v(0.0)


def test_the_node_before_the_pad_tells_which_switch_conducts() -> None:
    heater = power.Power(WORLD)
    assert _seen_mv(heater) == pytest.approx(786, abs=1)  # both open: the bias
    heater.duty = 0.25
    assert _seen_mv(heater) == pytest.approx(786 * 0.75, abs=1)
    heater.duty = 1.0
    assert _seen_mv(heater) == pytest.approx(0, abs=1)
    heater.held = True
    assert _seen_mv(heater) == pytest.approx(500 * heater.battery_v)
    heater.duty = 0.0
    assert _seen_mv(heater) == pytest.approx(2000, abs=5)


@pytest.mark.parametrize(
    ("fault", "value", "open_mv", "closed_mv"),
    [
        ("short", True, 0, 1910),
        ("leak", 0.35, 0, 1970),  # ten ohms pull as well as none
        ("wired_to", "motor", 393, 1955),
        ("open", True, 786, 2000),  # a broken wire: nothing pulls
        ("cut_out", True, 786, 786),  # before switch 2: it takes the cell off the node
        ("welded", True, 2000, 2000),
    ],
)
def test_the_node_before_the_pad_tells_of_faults(fault, value, open_mv, closed_mv) -> None:
    heater = power.Power(WORLD)
    heater.motor = 0.5
    setattr(heater, fault, value)
    assert _seen_mv(heater) == pytest.approx(open_mv, abs=8)
    heater.held = True
    assert _seen_mv(heater) == pytest.approx(closed_mv, abs=40)


def test_the_node_is_told_apart_by_the_numbers_of_the_board(repository) -> None:
    board = runpy.run_path(str(repository / "boards" / "esp32_s3" / "board.py"))
    heater = power.Power(WORLD)
    assert board["PAD_SUPPLY_LOW_MV"] + 300 < _seen_mv(heater) < board["PAD_SUPPLY_HIGH_MV"] - 300
    heater.held = True
    heater.sag_v = 2.8  # a cell that is empty, and gives all it can
    heater.duty = 1.0
    assert _seen_mv(heater) > board["PAD_SUPPLY_HIGH_MV"] + 100


def test_the_look_at_the_node_lags_by_its_rc() -> None:
    heater = power.Power(WORLD)
    heater.step(1.0)
    heater.duty = 1.0
    heater.settle()
    assert heater.sensed_v(0.05) == pytest.approx(1.571 * math.exp(-1), abs=0.001)
    heater.step(0.05)
    assert heater.sensed_v(0.05) == pytest.approx(1.571 * math.exp(-2), abs=0.001)


def test_a_charger_fills_the_cell_and_no_further() -> None:
    cell = power.Power({**WORLD, "battery_v": 4.1})
    before = cell.battery_v
    cell.charger_a = 1.0
    cell.settle()
    assert cell.battery_v - before == pytest.approx(min(1.0, 0.04 + 0.1 / 0.15) * 0.15, abs=1e-6)
    for _ in range(8 * 3600):
        cell.step(1.0)
        cell.settle()
        assert cell.battery_v <= 4.2 + 1e-9
    assert power.ocv(cell._charge - cell.used_ah / power.CELL_AH) == pytest.approx(4.2, abs=0.01)


def test_the_cell_is_as_warm_as_the_stuffing() -> None:
    world = World(Clock(), dict(WHOLE), 1)
    world.thermal.stuffing_c = 31.0
    assert _celsius(world.cell_mv()) == pytest.approx(31, abs=0.2)


def _celsius(mv):
    ohm = 10_000 * mv / (3300 - mv)
    return 1 / (math.log(ohm / 10_000) / 3950 + 1 / 298.15) - 273.15


@pytest.mark.parametrize("celsius", [5.0, 20.0, 36.0, 43.5, 60.0])
def test_a_thermistor_reads_back_to_a_millivolt_and_its_noise(celsius) -> None:
    ntc = analog.Thermistor(Noise(9))
    readings = [_celsius(ntc.sense(celsius, 1.0)) for _ in range(4000)]
    per_mv = abs(_celsius(analog.ntc_mv(celsius) + 1) - celsius)
    assert statistics.fmean(readings) == pytest.approx(celsius, abs=0.01)
    expected = math.hypot(0.03, per_mv / math.sqrt(12))
    assert statistics.pstdev(readings) == pytest.approx(expected, rel=0.1)


def test_a_thermistor_is_as_noisy_as_the_world_says() -> None:
    def noise_c(world: World) -> float:
        return statistics.pstdev(_celsius(world.pad_mv()) for _ in range(2000))

    world = World(Clock(), dict(WHOLE), 1)
    assert noise_c(world) == pytest.approx(0.03, rel=0.2)
    world.set("ntc_noise_c", 0.5)
    assert noise_c(world) == pytest.approx(0.5, rel=0.2)
    after = World(Clock(), dict(WHOLE), 1)
    after.restore(world.save(), powered=True)
    assert noise_c(after) == pytest.approx(0.5, rel=0.2)


def test_the_converter_has_a_floor_a_bend_and_an_end() -> None:
    assert analog.reading_mv(99.0) == 0
    assert analog.reading_mv(150.4) == 150
    assert analog.reading_mv(2450.0) == 2450
    assert 2700 < analog.reading_mv(2800.0) < 2800
    assert analog.reading_mv(3300.0) == analog.FULL_MV


def test_faults_of_a_thermistor() -> None:
    ntc = analog.Thermistor(Noise(9))
    healthy = ntc.sense(36.0, 1.0)
    ntc.fault = "frozen"
    assert ntc.sense(20.0, 1.0) == healthy
    ntc.fault = "short"
    assert ntc.sense(36.0, 1.0) == 0
    ntc.fault = "open"
    assert ntc.sense(36.0, 1.0) == analog.FULL_MV
    ntc.fault = None
    ntc.offset_c = -4.0
    assert _celsius(ntc.sense(40.0, 1.0)) == pytest.approx(36, abs=0.2)
    ntc.offset_c = 0.0
    ntc.spike = 1
    assert _celsius(ntc.sense(30.0, 1.0)) == pytest.approx(70, abs=0.5)
    assert _celsius(ntc.sense(30.0, 1.0)) == pytest.approx(30, abs=0.2)
