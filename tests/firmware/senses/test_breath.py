# Runs on CPython and on the MicroPython VM
from math import exp, pi, sin

from kitbag.senses.breath import Breath
from support.lcg import Random

HOLD_PA = 103_000.0
NOISE_PA = 0.9


def breathed(shape, seconds, seed=1, noise_pa=NOISE_PA, every_s=15.0):
    """What was told every `every_s`: [(per_min, amplitude_pa, quality)]. `shape(t_s)` in Pa."""
    random = Random(seed)
    breath = Breath()
    told = []
    due_s = every_s
    for i in range(int(25 * seconds)):
        t = i / 25
        breath.sample(i * 40, HOLD_PA + shape(t) + random.noise(noise_pa))
        if t >= due_s:
            due_s += every_s
            breath.look()
            told.append((breath.per_min, breath.amplitude_pa, breath.quality))
    return told


def test_breaths_are_counted_beside_a_heart_as_large():
    for per_min in (5, 6, 8, 12, 15, 18, 24, 30):
        for amplitude_pa in (5.0, 40.0):

            def shape(t, hz=per_min / 60, amplitude_pa=amplitude_pa):
                heart = 0.7 * amplitude_pa * sin(2 * pi * 1.15 * t)
                return amplitude_pa * sin(2 * pi * hz * t) + heart

            told = breathed(shape, 120)
            for rate, amplitude, quality in told[4:]:
                assert rate is not None, (per_min, amplitude_pa)
                assert abs(rate - per_min) <= 0.5, (per_min, amplitude_pa, rate)
                assert abs(amplitude - amplitude_pa) <= 0.25 * amplitude_pa, (per_min, amplitude)
                assert quality > 0.7


def test_a_hold_that_creeps_is_heard_through():
    def shape(t):
        return 8 * sin(2 * pi * 0.2 * t) - 200 * (1 - exp(-t / 20))

    told = breathed(shape, 120)
    for rate, _, _ in told[4:]:
        assert rate is not None
        assert abs(rate - 12) <= 1


def test_what_is_no_breathing_is_unknown():
    def pulse(t):
        return 8 * sin(2 * pi * 1.2 * t)

    def creep(t):
        return -300 * (1 - exp(-t / 30))

    def turning_over(t):
        return 40.0 * (int(t / 37) % 3)

    for shape in (pulse, creep, turning_over, lambda t: 0.0):
        for noise_pa in (0.3, NOISE_PA, 12.0):
            told = breathed(shape, 300, noise_pa=noise_pa)
            known = [rate for rate, _, _ in told if rate is not None]
            assert len(known) <= 1, (shape, noise_pa, told)


def test_swings_without_a_measure_are_unknown():
    def uneven(t):
        t %= 18.0  # two of 2.5 s, one of 13 s
        return 10 * sin(2 * pi * t / 2.5 if t < 5 else 2 * pi * (t - 5) / 13)

    known = [rate for rate, _, _ in breathed(uneven, 200) if rate is not None]
    assert len(known) <= 1, known


def test_spikes_of_one_sample_are_no_breath_and_hide_none():
    def spiky(t):
        return 60.0 if int(t * 25) % 61 == 0 else 0.0

    assert [rate for rate, _, _ in breathed(spiky, 180) if rate is not None] == []

    def breath(t):
        return spiky(t) + 6 * sin(2 * pi * 0.25 * t)

    for rate, _, _ in breathed(breath, 120)[4:]:
        assert rate is not None
        assert abs(rate - 15) <= 0.5


def test_breath_that_is_held_becomes_unknown():
    def shape(t):
        return 10 * sin(2 * pi * 0.25 * t) if t < 60 else 0.0

    told = breathed(shape, 120)
    assert told[3][0] is not None
    assert [rate for rate, _, _ in told[4:]] == [None] * len(told[4:])


def test_a_gap_and_a_new_hold_begin_anew_and_nothing_is_no_sample():
    breath = Breath()
    for i in range(25 * 60):
        breath.sample(i * 40, HOLD_PA + 10 * sin(2 * pi * 0.25 * i / 25))
        breath.sample(i * 40, float("nan"))
    breath.look()
    assert breath.per_min is not None
    breath.sample(25 * 60 * 40 + 5_000, HOLD_PA)
    breath.look()
    assert breath.per_min is None
    breath.begin()
    breath.look()
    assert (breath.per_min, breath.amplitude_pa, breath.quality) == (None, 0.0, 0.0)
