# Runs on CPython and on the MicroPython VM
from kitbag import limits
from kitbag.warmth import guard
from kitbag.warmth.tremor import Tremor
from simulated.noise import Noise
from support.on_table import held_warm, safe

RUN_S = 800


class Pad:
    """What a tremor sees of a pad: the reading follows the heat, or only its own noise."""

    dt_ms = limits.CYCLE_MS
    target_mc = 36_000

    def __init__(self, share, drift_mc_per_s=0.0):
        self._share = share
        self._drift = drift_mc_per_s * limits.CYCLE_MS / 1000
        self._noise = Noise(5)
        self._pad = self._ntc = self._off = 0.0
        self.pad_mc = self.target_mc

    def step(self, mw):
        dt_s = limits.CYCLE_MS / 1000
        self._pad += (mw / 1000 * 1000 - 700 * self._pad / 1000) * dt_s / 35
        self._ntc += (self._share * self._pad - self._ntc) * dt_s / 10
        self._off += self._drift
        self.pad_mc = self.target_mc + round(self._ntc + self._off + 30 * self._noise.normal())


def lost(pad, runs=2):
    tremor = Tremor()
    while runs:
        pad.step(tremor.mw)
        runs -= tremor.step(pad)
    return tremor.lost


def test_a_thermistor_on_the_pad_is_found_and_one_that_is_not_is_lost():
    assert not lost(Pad(1.0))
    assert lost(Pad(0.0))


def test_a_pad_that_drifts_is_found_all_the_same_and_a_drift_is_no_trace():
    for drift in (-0.5, 0.5):  # 0.4 K in a run
        assert not lost(Pad(1.0, drift))
        assert lost(Pad(0.0, drift))


def test_it_begins_anew_when_what_is_held_changes():
    tremor = Tremor()
    pad = Pad(0.0)
    for _ in range(4):
        for _ in range(2000):
            assert not tremor.step(pad)
        tremor.begin()
    assert not tremor.lost


def test_a_thermistor_that_lies_on_something_just_as_warm_is_found_out():
    warm = held_warm(36.0)
    sensed_c = warm.world.thermal.pad_sensor_c
    warm.faults.set("ntc_pad_detached", {"env_c": sensed_c, "coupling": 0.0})
    warm.heat._warming._tremor.begin()
    warm.run(2 * RUN_S + 120)
    assert (warm.guard.function, warm.guard.reaction) == (6, guard.LATCH)
    safe(warm)
