"""The world as a whole: switches in time, clocks, contact, tables, going on after a reset."""

import csv
import json

import pytest

from simulated import world
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


@pytest.fixture
def made(tmp_path):
    """`made(key=value)`: (clock, world) with its tables in tmp_path."""
    worlds = []

    def make(**settings):
        clock = Clock()
        made = world.World(clock, {**SETTINGS, **settings}, 1)
        made.open_tables(str(tmp_path), True)
        worlds.append(made)
        return clock, made

    yield make
    for made in worlds:
        made.close_tables()


def _second(clock, seconds):
    clock.run_until(clock.now() + int(seconds * 1_000_000))


def _rows(tmp_path, made, name="outputs.csv"):
    made.close_tables()
    with (tmp_path / name).open() as file:
        return list(csv.DictReader(file))


def test_only_a_toggling_line_holds_the_second_switch(made, tmp_path) -> None:
    clock, sim = made()
    sim.drive_heater(1.0)
    for level in (1, 0, 1, 0):
        sim.drive_keepalive(level)
        _second(clock, 1.0)
    sim.drive_keepalive(0)  # no edge
    _second(clock, 5.0)
    rows = [r for r in _rows(tmp_path, sim) if r["what"] == "switch2"]
    assert [(int(r["t_ms"]), r["value"]) for r in rows] == [(0, "0"), (0, "1"), (4250, "0")]


def test_heat_flows_from_the_very_moment_to_the_very_moment(made) -> None:
    clock, sim = made()
    sim.drive_keepalive(1)
    _second(clock, 0.123456)
    sim.drive_heater(1.0)
    watts = sim.power.watts
    _second(clock, 0.777)
    sim.drive_heater(0.0)
    _second(clock, 3)
    sim.update()
    assert sim.thermal.given_j == pytest.approx(watts * 0.777, rel=1e-6)
    # The one-shot ends the next heat at its own moment, without anybody looking
    sim.drive_keepalive(0)
    sim.drive_heater(1.0)
    _second(clock, 100)
    sim.update()
    assert sim.thermal.given_j == pytest.approx(watts * (0.777 + 1.25), rel=1e-3)


def test_a_stuck_line_cannot_hold_and_a_welded_switch_needs_no_holding(made) -> None:
    clock, sim = made()
    sim.drive_heater(1.0)
    sim.keepalive_stuck = True
    sim.drive_keepalive(1)
    assert sim.power.watts == 0
    sim.update()
    sim.power.welded = True
    sim.faulted()
    _second(clock, 10)
    assert sim.power.watts > 2


def test_a_pwm_on_the_line_would_hold_it_for_ever(made) -> None:
    clock, sim = made()
    sim.drive_heater(1.0)
    sim.drive_keepalive(0.5)
    _second(clock, 60)
    assert sim.power.held


def test_the_cut_out_latches_at_46_c_until_the_power_goes(made) -> None:
    clock, sim = made(pad_w=12.0, cutout=True)
    sim.power.short = True
    sim.drive_keepalive(0.5)
    for _ in range(600):
        _second(clock, 1.0)
        sim.update()
    assert sim.thermal.peak_pad_c == pytest.approx(46, abs=0.7)
    assert sim.power.cut_out
    assert sim.power.watts == 0
    assert sim.thermal.pad_c < 40
    sim.power_lost()
    assert not sim.power.cut_out
    assert not sim.power.held


def test_without_the_cut_out_nothing_hides_the_fault(made) -> None:
    clock, sim = made(pad_w=12.0)
    sim.power.short = True
    sim.drive_keepalive(0.5)
    for _ in range(300):
        _second(clock, 1.0)
        sim.update()
    assert sim.thermal.pad_c > 50


def test_the_crystal_is_off_by_what_was_said(made) -> None:
    clock, sim = made(clock_ppm=100.0)
    _second(clock, 10_000)
    assert sim.true_s(clock.now()) == pytest.approx(10_000 / 1.0001)
    assert sim.local_us(3600.0) == round(3600e6 * 1.0001)
    sim.set("clock_ppm", 0.0)
    before = sim.true_s(clock.now())
    _second(clock, 100)
    assert sim.true_s(clock.now()) - before == pytest.approx(100)


def test_a_body_is_there_while_it_hugs_or_where_it_lies(made) -> None:
    _, sim = made()
    sim.touch()
    assert not sim.thermal.contact
    sim.hugs = 1
    sim.touch()
    assert sim.thermal.contact
    sim.hugs = 0
    for place, there in (("neck", True), ("floor", False), ("body", True), ("bed", False)):
        sim.place = place
        sim.touch()
        assert sim.thermal.contact == there


def test_truth_has_the_columns_of_the_contract(made, tmp_path) -> None:
    clock, sim = made()
    sim.place = "body"
    sim.touch()
    sim.drive_keepalive(0.5)
    sim.drive_heater(0.5)
    sim.drive_motor(0.25)
    for _ in range(3):
        _second(clock, 1)
        sim.write_truth()
    sim.place = "bed"
    sim.touch()
    _second(clock, 1)
    sim.write_truth()
    rows = _rows(tmp_path, sim, "truth.csv")
    assert list(rows[0]) == [
        "t_s", "pad_c", "face_c", "skin_c", "heater_w", "switch1", "switch2", "scent", "motor",
        "bladder_pa", "ambient_pa", "battery_v", "cem43",
    ]  # fmt: skip
    assert [r["t_s"] for r in rows] == ["1", "2", "3", "4"]
    assert rows[2]["skin_c"]
    assert rows[3]["skin_c"] == ""
    assert 1.2 < float(rows[0]["heater_w"]) < 1.6
    assert rows[0]["motor"] == "0.25"


def test_outputs_has_a_row_for_each_change_and_no_other(made, tmp_path) -> None:
    clock, sim = made()
    for duty in (0.0, 0.5, 0.5, 0.0):
        sim.drive_heater(duty)
        sim.drive_diffuser(duty)
        sim.drive_motor(duty)
        _second(clock, 1)
    rows = [(int(r["t_ms"]), r["what"], r["value"]) for r in _rows(tmp_path, sim)]
    assert rows[5:] == [
        (1000, "heater_duty", "0.5"),
        (1000, "switch1", "1"),
        (1000, "scent", "1"),
        (1000, "motor", "0.5"),
        (3000, "heater_duty", "0"),
        (3000, "switch1", "0"),
        (3000, "scent", "0"),
        (3000, "motor", "0"),
    ]


def test_a_swapped_pair_and_a_shifted_reference(made) -> None:
    _, sim = made()
    sim.thermal.pad_sensor_c, sim.thermal.face_sensor_c = 40.0, 30.0
    pad, face, reference = sim.pad_mv(), sim.face_mv(), sim.reference_mv()
    assert face > pad + 200
    sim.swapped = True
    assert sim.pad_mv() == pytest.approx(face, abs=6)
    sim.adc_gain = 1.02
    assert sim.reference_mv() == pytest.approx(reference * 1.02, abs=6)


def test_heat_taken_away_is_timed_from_the_fault(made) -> None:
    clock, sim = made()
    sim.drive_heater(1.0)
    for i in range(6):
        sim.drive_keepalive(i & 1 ^ 1)
        _second(clock, 0.5)
    fault = {"kind": "x", "t_s": 3.0}
    sim.update()
    sim.watch(fault)
    sim.drive_heater(0.0)
    sim.drive_heater(1.0)  # a moment without heat is not heat taken away
    _second(clock, 20)
    assert fault["off_s"] == pytest.approx(2.5 + 1.25)


def test_the_world_goes_on_after_a_reset_where_it_was(made) -> None:
    clock, sim = made()
    sim.place = "body"
    sim.touch()
    sim.drive_heater(1.0)
    sim.drive_keepalive(1)
    sim.bladder.begin_edge(0.0, 2.0, 0.0, 1500.0)
    sim.pad_ntc.offset_c = -2.0
    sim.chip.write(0xF4, b"\x27")
    _second(clock, 1)
    sim.update()
    kept = json.loads(json.dumps(sim.save()))
    after_clock = Clock(clock.now())
    after = world.World(after_clock, dict(SETTINGS), 1)
    after.restore(kept, powered=True)
    for one, other in ((sim, clock), (after, after_clock)):
        _second(other, 5)
        one.update()
    # The cell was looked at once more: its voltage has fallen by what was drawn
    assert after.thermal.pad_c == pytest.approx(sim.thermal.pad_c, abs=1e-5)
    assert after.pressure() == pytest.approx(sim.pressure(), abs=1e-3)
    assert after.pad_mv() == sim.pad_mv()
    assert after.power.held == sim.power.held is False
    data, again = bytearray(8), bytearray(8)
    sim.chip.read(0xF7, data)
    after.chip.read(0xF7, again)
    assert data == again
