"""The controllers and checks that heat is compared with do what they do in printers."""

import pytest

from heat import sim
from heat.detachments import Detachment, unguarded
from heat.pad import Pad
from heat.pid import Pid, relay_tuned
from heat.two_point import TwoPoint
from heat.watchers import (
    PEERS,
    MaxTemperature,
    ThermalRunaway,
    VerifyHeater,
    Watcher,
    each_second,
)

STRONG_W = 12.0
LEVEL_C = 40.0


def strong_pad() -> Pad:
    return Pad(pad_w=STRONG_W, volts=sim.supply_v(STRONG_W))


@pytest.fixture(scope="module")
def pid() -> Pid:
    return relay_tuned(strong_pad(), LEVEL_C)


def held(control: Pid | TwoPoint, minutes: float) -> list[float]:
    """True temperatures of the pad, cycle by cycle, from cold."""
    pad = strong_pad()
    pads_c: list[float] = []
    while pad.t_s < 60 * minutes:
        pad.drive(control.duty(LEVEL_C, pad.read()))
        pad.cycle()
        pads_c.append(pad.pad_c)
    return pads_c


def first_trip_s(watcher: Watcher, readings_c: list[float], target_c: float = LEVEL_C) -> int:
    """The second in which it trips, -1 for never."""
    for second, pad_c in enumerate(readings_c):
        if watcher.trips(second, pad_c, target_c):
            return second
    return -1


def test_twelve_watts_are_twelve_watts() -> None:
    assert sim.full_w(STRONG_W, sim.supply_v(STRONG_W)) == pytest.approx(STRONG_W)
    pad = strong_pad()
    pad.drive(1.0)
    pad.cycle()
    assert pad.thermal.given_j == pytest.approx(STRONG_W * sim.CYCLE_S, rel=1e-3)


def test_the_relay_test_finds_the_published_gains(pid: Pid) -> None:
    assert pid.kp == pytest.approx(0.254, rel=0.1)
    assert pid.ki == pytest.approx(0.0015, rel=0.15)
    assert pid.kd == pytest.approx(10.7, rel=0.15)


def test_the_pid_regulates(pid: Pid) -> None:
    pads_c = held(pid.again(), 30)
    assert 40.5 < max(pads_c) < 42.5  # it overshoots, but not by much
    assert all(abs(pad_c - LEVEL_C) < 0.2 for pad_c in pads_c[-1000:])


def test_two_points_cycle(pid: Pid) -> None:
    last = held(TwoPoint(), 30)[-2000:]
    assert 1 < max(last) - min(last) < 4
    assert min(last) < LEVEL_C < max(last)


def test_again_has_learnt_nothing(pid: Pid) -> None:
    used = pid.again()
    for _ in range(100):
        used.duty(LEVEL_C, 39.9)
    assert used.again().duty(LEVEL_C, 39.9) == pid.again().duty(LEVEL_C, 39.9)
    assert used.duty(LEVEL_C, 39.9) > pid.again().duty(LEVEL_C, 39.9)


def test_verify_heater_sees_a_heater_that_does_not_heat() -> None:
    assert first_trip_s(VerifyHeater(), [20.0] * 200) == 61  # a minute's grace, then the error
    warms = [20.0 + second / 20 for second in range(400)]
    assert first_trip_s(VerifyHeater(), warms) == -1


def test_verify_heater_sees_a_fall_beyond_its_five_degrees_only() -> None:
    warm = [LEVEL_C] * 60
    assert first_trip_s(VerifyHeater(), warm + [33.0] * 200) == 60 + 59  # 2 °C over: 120 °C·s
    assert first_trip_s(VerifyHeater(), warm + [35.5] * 2000) == -1
    assert first_trip_s(VerifyHeater(1.0, 20.0, 0.5, 30.0), warm + [35.5] * 200) == 60 + 5


def test_thermal_runaway_sees_a_fall_that_lasts() -> None:
    warm = [LEVEL_C] * 60
    assert first_trip_s(ThermalRunaway(), warm + [37.0] * 200) == 59 + 20
    assert first_trip_s(ThermalRunaway(), warm + [38.5] * 2000) == -1
    assert first_trip_s(ThermalRunaway(), warm + [37.0] * 15 + warm) == -1


def test_thermal_runaway_watches_the_way_there() -> None:
    assert first_trip_s(ThermalRunaway(), [20.0] * 200) == 60
    slow = [min(LEVEL_C, 20.0 + second / 20) for second in range(800)]
    assert first_trip_s(ThermalRunaway(), slow) == -1


def test_nothing_trips_at_rest() -> None:
    for watcher in PEERS.values():
        assert first_trip_s(watcher.again(), [20.0] * 300, target_c=0.0) == -1


def test_they_are_asked_once_a_second() -> None:
    class Counts(MaxTemperature):
        asked = 0

        def trips(self, now_s: float, pad_c: float, target_c: float) -> bool:
            self.asked += 1
            return super().trips(now_s, pad_c, target_c)

    counts = Counts(45.0)
    named: dict[str, Watcher] = {"highest": counts}
    seen = [each_second(named, n * 300 / 1000, 46.0, LEVEL_C) for n in range(100)]
    assert counts.asked == 30
    assert {"highest"} in seen


def test_a_thermistor_in_the_air_is_seen_by_all_but_the_highest_temperature(pid: Pid) -> None:
    alone = unguarded(Detachment(22.0, 0.0), pid, strong_pad())
    assert alone.pad_c > 48
    assert alone.skin_c > 43
    assert alone.by == set(PEERS) - {"a highest temperature of 45 °C"}


def test_one_that_lies_at_the_level_is_seen_by_none(pid: Pid) -> None:
    alone = unguarded(Detachment(39.2, 0.0), pid, strong_pad())
    assert alone.pad_c > 48
    assert alone.by == set()
