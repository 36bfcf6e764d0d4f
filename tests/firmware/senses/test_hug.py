# Runs on CPython and on the MicroPython VM
from support.lcg import Random
from support.pressure import Barometer, felt, hold, pats, slope, squeezes, together

START_S = 6.0


def one_hold(found, start_s, end_s, long=None, within_s=1.0, what=None):
    """Exactly one hold was felt, where it was."""
    assert [kind for kind, _ in found.kinds()] == [
        "long_hold" if (end_s - start_s >= 30 if long is None else long) else "hold"
    ], (what, found.kinds(), found.touches)
    g = found.gestures[0]
    assert abs(g.start_ms / 1000 - start_s) <= within_s, (what, g.start_ms)
    assert abs(g.end_ms / 1000 - end_s) <= within_s, (what, g.end_ms)
    assert g.count == 1
    assert 0 < g.confidence <= 1
    return g


# --- Holds -----------------------------------------------------------------------------------


def test_every_hold_is_told_once_and_when_it_was():
    seed = 0
    for peak_pa in (300, 500, 1_500, 4_000, 8_700):
        for rise_s in (0.15, 0.26, 0.47, 0.8):
            for hold_s in (2.5, 9.0):
                seed += 1
                shape = hold(START_S + seed % 7 / 70, peak_pa, hold_s, rise_s)
                found = felt(shape, seed=seed)
                start_s = START_S + seed % 7 / 70
                what = (peak_pa, rise_s, hold_s)
                g = one_hold(found, start_s, shape.ends_s, what=what)
                assert abs(g.peak_pa - peak_pa) <= 0.1 * peak_pa + 15, (what, g.peak_pa)
                assert 0.7 * peak_pa <= g.mean_pa <= peak_pa + 15, (what, g.mean_pa)
                assert found.touches[0] <= g.noticed_ms


def test_it_is_noticed_at_once():
    for peak_pa in (300, 600, 2_000, 6_000):
        for rise_s in (0.1, 0.26, 0.36, 0.47):
            for late_s in (0.0, 0.03, 0.06, 0.09):
                found = felt(hold(START_S + late_s, peak_pa, 3.0, rise_s), seed=int(peak_pa))
                onset_ms = 1000 * (START_S + late_s)
                assert 0 <= found.touches[0] - onset_ms <= 300, (peak_pa, rise_s, late_s)
                g = found.gestures[0]
                assert 0 <= g.noticed_ms - onset_ms <= 300


def test_a_slow_arm_is_felt_too():
    for rise_s in (1.5, 3.0):
        for peak_pa in (500, 2_000):
            shape = hold(START_S, peak_pa, 6.0, rise_s)
            one_hold(felt(shape), START_S, shape.ends_s, what=(rise_s, peak_pa))


def test_a_hold_is_known_after_two_seconds():
    for peak_pa in (300, 3_000):
        found = felt(hold(START_S, peak_pa, 4.0))
        assert len(found.holds) == 1
        known_ms, _ = found.holds[0]
        assert abs(known_ms - 1000 * START_S - 2_000) <= 300


def test_a_hold_that_is_let_go_grows_no_longer():
    barometer = Barometer()
    shape = hold(START_S, 1_500, 1.8)  # 2.7 s in all
    longest = [0]
    plain = barometer.give

    def watched(pressure_pa, bladder_c=22.0):
        plain(pressure_pa, bladder_c)
        now_ms = barometer.ms
        longest[0] = max(longest[0], barometer.sense.held_ms(now_ms))

    barometer.give = watched
    barometer.play(shape, 20)
    assert 2_000 <= longest[0] <= 2_800


def test_from_thirty_seconds_on_it_is_a_long_one():
    for hold_s, long in ((27.0, False), (31.0, True), (90.0, True)):
        shape = hold(START_S, 900, hold_s)
        one_hold(felt(shape), START_S, shape.ends_s, long)


def test_an_arm_that_tires_ends_when_it_lets_go():
    for creep in (0.07, 0.2, 0.35):
        shape = hold(START_S, 1_000, 29.0, creep=creep)
        one_hold(felt(shape), START_S, shape.ends_s, long=False, what=creep)


def test_a_new_grip_is_no_end():
    random = Random(3)
    for number in range(12):
        dips = [
            (
                4.0 + 5 * i + random.uniform(0, 2),
                random.uniform(0.05, 0.74),
                random.uniform(0.05, 0.7),
            )
            for i in range(3)
        ]
        shape = hold(START_S, random.choice((400, 1_200, 3_000)), 22.0, dips=dips)
        one_hold(felt(shape, seed=number), START_S, shape.ends_s, what=dips)


def test_a_slow_release_is_an_end_and_not_two():
    for release_s in (1.0, 2.0, 4.0):
        for peak_pa in (600, 3_000):
            shape = hold(START_S, peak_pa, 8.0, release_s=release_s)
            found = felt(shape)
            assert found.kinds() == [("hold", 1)], (release_s, peak_pa, found.kinds())
            end_s = found.gestures[0].end_ms / 1000
            assert shape.ends_s - release_s - 0.2 <= end_s <= shape.ends_s + 1, end_s


def test_two_holds_are_two():
    for rest_s in (2.5, 5.0, 60.0):
        first = hold(START_S, 1_200, 6.0)
        second = hold(first.ends_s + rest_s, 900, 5.0)
        found = felt(first, second)
        assert found.kinds() == [("hold", 1), ("hold", 1)], rest_s
        for g, shape in zip(found.gestures, (first, second)):
            assert abs(g.end_ms / 1000 - shape.ends_s) <= 1


def test_the_rest_after_a_hold_is_quiet():
    for share in (0.0, -0.15, -0.25):  # a quick release undershoots: the air has cooled
        shape = hold(START_S, 2_000, 10.0)

        def after(t, share=share, shape=shape):
            since = t - shape.ends_s
            return 0.0 if since < 0 else share * 2_000 * 2.718 ** (-since / 6)

        found = felt(shape, extra=after, seconds=60)
        assert found.kinds() == [("hold", 1)], (share, found.kinds())


# --- Squeezes and pats -----------------------------------------------------------------------


def test_squeezes_are_counted():
    for count in (1, 2, 3, 5):
        for each_s, gap_s in ((0.35, 0.3), (0.5, 0.4), (0.8, 0.3), (1.2, 0.5)):
            for peak_pa in (400, 3_000):
                what = (count, each_s, gap_s, peak_pa)
                found = felt(squeezes(START_S, peak_pa, count, each_s, gap_s))
                assert found.kinds() == [("squeeze", count)], (what, found.kinds())
                assert [n for n, _ in found.squeezed] == list(range(1, count + 1)), what
                g = found.gestures[0]
                assert abs(g.start_ms / 1000 - START_S) <= 0.3, what
                assert abs(g.peak_pa - peak_pa) <= 0.15 * peak_pa + 15, (what, g.peak_pa)


def test_a_third_squeeze_is_told_as_it_is_let_go():
    for each_s in (0.35, 0.5, 0.8, 1.2):
        for peak_pa in (400, 2_000, 6_000):
            found = felt(squeezes(START_S, peak_pa, 3, each_s, 0.4))
            released_s = START_S + 3 * each_s + 2 * 0.4
            assert found.squeezed[2][0] == 3
            assert found.squeezed[2][1] <= 1000 * released_s + 150, (each_s, peak_pa)


def test_squeezes_far_apart_are_each_one():
    found = felt(squeezes(START_S, 1_500, 3, 0.5, 5.0))
    assert found.kinds() == [("squeeze", 1)] * 3


def test_pats_are_counted_from_three_on():
    for count in (3, 4, 7):
        for each_s in (0.12, 0.2):
            for peak_pa in (600, 2_500):
                found = felt(pats(START_S, peak_pa, count, each_s))
                assert found.kinds() == [("pat", count)], (count, each_s, peak_pa, found.kinds())
                assert found.squeezed == []
    for count in (1, 2):
        assert felt(pats(START_S, 1_500, count)).kinds() == []


def test_squeezes_on_top_of_a_hold_are_told_and_do_not_end_it():
    for count in (2, 3):
        base = hold(START_S, 1_000, 30.0)
        found = felt(base, squeezes(START_S + 12, 1_500, count))
        assert [n for n, _ in found.squeezed] == list(range(1, count + 1))
        assert sorted(found.kinds()) == [("long_hold", 1), ("squeeze", count)]
        last = found.gestures[-1]
        assert last.kind == "long_hold"
        assert abs(last.end_ms / 1000 - base.ends_s) <= 1


def test_holding_tighter_is_the_same_hold():
    first = hold(START_S, 800, 24.0)
    found = felt(first, hold(START_S + 8, 500, 10.0))
    assert [kind for kind, _ in found.kinds()] == ["hold"]
    assert abs(found.gestures[0].end_ms / 1000 - first.ends_s) <= 1


# --- What is no gesture ----------------------------------------------------------------------


def test_a_quiet_room_is_quiet():
    for noise_pa in (0.3, 0.8, 3.4):
        found = felt(seconds=900, noise_pa=noise_pa)
        assert found.touches == [], noise_pa


def test_weather_is_no_touch():
    for pa_per_s in (-0.11, 0.11, -1.0, 1.0):
        assert felt(seconds=600, extra=slope(pa_per_s)).touches == []


def test_a_lift_is_no_touch_up_or_down():
    for pa_per_s in (-48.0, -25.0, 25.0, 42.0, 48.0):
        for seconds in (3, 10, 20):
            ride = slope(pa_per_s, 10.0, 10.0 + seconds)
            found = felt(seconds=60, extra=ride, noise_pa=1.5)
            assert found.gestures == [], (pa_per_s, seconds)
            assert found.holds == []


def test_a_heater_that_warms_the_air_is_no_touch():
    for k in (0, 120, 340):
        found = felt(
            seconds=600,
            extra=lambda t, k=k: k * 0.04 * min(t, 300),
            bladder_c=lambda t: 22 + 0.04 * min(t, 300),
        )
        assert found.touches == [], k


def test_a_leak_is_no_touch():
    assert felt(seconds=300, extra=slope(-5.0)).touches == []
    assert felt(seconds=100, extra=slope(-60.0)).touches == []


def test_a_slam_next_door_is_no_touch():
    def slam(t):
        return 40 * edge_of(t, 20, 0.1) - 25 * edge_of(t, 21, 0.1)

    def edge_of(t, at_s, for_s):
        return 1.0 if at_s <= t < at_s + for_s else 0.0

    assert felt(seconds=40, extra=slam).touches == []


def test_something_light_that_is_put_on_it_is_no_hold():
    found = felt(seconds=120, extra=hold(20, 80, 1e6, 0.3))
    assert found.gestures == []
    assert found.holds == []


# --- All at once -----------------------------------------------------------------------------


def test_a_hold_is_found_whatever_else_moves():
    moves = {
        "weather": slope(0.11),
        "falling": slope(-0.11),
        "leak": slope(-5.0, 0, 40),
        "lift up": slope(-42.0, 15.0, 25.0),
        "lift down": slope(42.0, 15.0, 25.0),
        "lift before": slope(-42.0, 0.0, 5.5),
    }
    for name, extra in moves.items():
        for peak_pa in (1_000, 4_000):
            shape = hold(START_S, peak_pa, 22.0)
            one_hold(felt(shape, extra=extra), START_S, shape.ends_s, what=(name, peak_pa))


def test_a_hold_while_the_heater_works_has_one_end():
    # 0.04 K/s for the whole of it; the chip's own temperature lags by 20 s
    for k in (0, 120, 340):
        for hold_s in (60.0, 240.0):
            for peak_pa in (400, 1_500):
                shape = hold(START_S, peak_pa, hold_s)

                def air_k(t, shape=shape):
                    return 0.04 * max(0.0, min(t, shape.ends_s + 20) - START_S)

                found = felt(
                    shape,
                    extra=lambda t, k=k, air_k=air_k: k * air_k(t),
                    bladder_c=lambda t, air_k=air_k: 22 + air_k(t - 20),
                )
                one_hold(found, START_S, shape.ends_s, True, what=(k, hold_s, peak_pa))


def test_a_hold_as_the_pad_cools_has_one_end():
    for k in (120, 340):
        shape = hold(START_S + 120, 1_500, 60.0)

        def air_k(t):
            return -6 * (1 - 2.718 ** (-max(0.0, t - 20) / 200))

        found = felt(
            shape,
            extra=lambda t, k=k: k * air_k(t),
            bladder_c=lambda t: 30 + air_k(t - 20),
        )
        one_hold(found, START_S + 120, shape.ends_s, True, what=k)


def test_tautness_is_learned_while_it_rests():
    for k in (0, 120, 340):

        def air_k(t):
            return 8 * (1 - 2.718 ** (-t / 300))

        barometer = Barometer()
        barometer.play(lambda t, k=k: k * air_k(t), 1500, lambda t: 22 + air_k(t))
        assert abs(barometer.sense.tautness_pa_per_k - k) <= 40, (
            k,
            barometer.sense.tautness_pa_per_k,
        )


# --- Samples that are not as they should be --------------------------------------------------


def test_what_is_no_pressure_is_not_heard():
    barometer = Barometer()
    shape = hold(START_S, 1_500, 8.0)
    nan = float("nan")
    garbage = (nan, 0.0, -5.0, 1e9, float("inf"), -float("inf"), 19_000.0)
    plain = barometer.give
    random = Random(4)

    def spoiled(pressure_pa, bladder_c=22.0):
        if random.below(4) == 0:
            plain(random.choice(garbage), bladder_c)
        plain(pressure_pa, bladder_c)

    barometer.give = spoiled
    found = barometer.play(shape, 25)
    one_hold(found, START_S, shape.ends_s)


def test_samples_that_come_twice_or_late_do_no_harm():
    random = Random(5)
    for kind in ("twice", "late", "back"):
        barometer = Barometer(start_ms=10_000)
        shape = hold(START_S, 1_500, 12.0)
        plain = barometer.give

        def spoiled(pressure_pa, bladder_c=22.0, plain=plain, barometer=barometer, kind=kind):
            if kind == "late" and random.below(5) == 0:
                return
            plain(pressure_pa, bladder_c)
            if kind == "twice" and random.below(3) == 0:
                plain(pressure_pa, bladder_c)
            if kind == "back" and random.below(5) == 0:
                barometer.start_ms -= 700
                plain(pressure_pa + 3_000, bladder_c)
                barometer.start_ms += 700

        barometer.give = spoiled
        found = barometer.play(shape, 28)
        assert found.kinds() == [("hold", 1)], (kind, found.kinds())


def test_a_gap_in_the_samples_is_no_gesture():
    barometer = Barometer()
    barometer.play(lambda t: 0.0, 10)
    barometer.ms += 30_000
    barometer.play(lambda t: 30.0, 60)
    assert barometer.felt.gestures == []


def test_twelve_days_on_it_still_feels():
    wrap_ms = 1 << 30
    for before_s in (START_S + 1.5, START_S + 9.0, START_S + 0.2, START_S - 0.5):
        shape = hold(START_S, 1_500, 8.0)
        start_ms = wrap_ms - int(1000 * before_s)
        found = felt(shape, start_ms=start_ms)
        assert found.kinds() == [("hold", 1)], before_s
        g = found.gestures[0]
        assert abs((g.start_ms - start_ms) / 1000 - START_S) <= 1, before_s
        assert abs((g.end_ms - start_ms) / 1000 - shape.ends_s) <= 1, before_s


def test_it_rests_after_everything():
    random = Random(8)
    barometer = Barometer(seed=3)
    shapes = []
    t = START_S
    for _ in range(25):
        kind = random.below(3)
        peak_pa = random.choice((400, 900, 2_500))
        if kind == 0:
            one = hold(t, peak_pa, random.uniform(2.5, 20))
        elif kind == 1:
            one = squeezes(t, peak_pa, 1 + random.below(3))
        else:
            one = pats(t, peak_pa, 3 + random.below(3))
        shapes.append(one)
        t = one.ends_s + random.uniform(6, 20)
    found = barometer.play(together(shapes), t)
    assert len(found.gestures) == 25, found.kinds()
    assert not barometer.sense.active
    assert abs(barometer.sense.gauge_pa) < 20


# --- Pats and squeezes in a row --------------------------------------------------------------


def test_pats_that_follow_closely_are_still_pats():
    for each_s in (0.08, 0.15, 0.22):
        for gap_s in (0.15, 0.2, 0.3):
            found = felt(pats(START_S, 1_500, 5, each_s, each_s + gap_s))
            assert [g.kind for g in found.gestures] == ["pat"], (each_s, gap_s, found.kinds())


def test_a_row_of_quick_squeezes_is_judged_as_one():
    for each_s in ((0.32, 0.42, 0.34), (0.45, 0.33, 0.33), (0.33, 0.33, 0.5)):
        shapes = []
        t = START_S
        for one_s in each_s:
            shapes.append(squeezes(t, 2_000, 1, one_s))
            t += one_s + 0.4
        found = felt(together(shapes))
        assert found.kinds() == [("squeeze", 3)], (each_s, found.kinds())
        assert [count for count, _ in found.squeezed][-1] == 3, each_s  # and stops


def test_a_long_squeeze_before_pats_is_none_of_them():
    shape = together([squeezes(START_S, 1_500, 1, 1.2), pats(START_S + 1.6, 1_500, 4)])
    assert felt(shape).kinds() == [("squeeze", 1), ("pat", 4)]


# --- A reset in the middle of a hold ---------------------------------------------------------


def test_a_hold_goes_on_over_a_reset_and_ends_when_it_is_let_go():
    for peak_pa in (300, 1_500, 6_000):
        for dip in ((), ((12.0, 0.7, 0.3),)):
            barometer = Barometer()
            shape = hold(START_S, peak_pa, 30.0, dips=dip)
            barometer.play(shape, START_S + 8)
            barometer.restart()
            found = barometer.play(shape, shape.ends_s + 10)
            assert found.resumed == 1
            assert found.kinds() == [("hold", 1)], (peak_pa, found.kinds())
            g = found.gestures[0]
            assert abs(g.start_ms / 1000 - (START_S + 10)) <= 0.2
            assert abs(g.end_ms / 1000 - shape.ends_s) <= 1
            assert abs(g.mean_pa - peak_pa) <= 0.1 * peak_pa + 15
            assert not barometer.sense.active
            assert abs(barometer.sense.gauge_pa) < 20


def test_three_squeezes_stop_after_a_reset_in_a_hold_too():
    barometer = Barometer()
    shape = together([hold(START_S, 1_200, 40.0), squeezes(START_S + 20, 2_000, 3)])
    barometer.play(shape, START_S + 8)
    barometer.restart()
    found = barometer.play(shape, shape.ends_s + 8)
    assert [count for count, _ in found.squeezed] == [1, 2, 3]


def test_a_hold_that_was_let_go_during_the_reset_is_over():
    barometer = Barometer()
    shape = hold(START_S, 1_500, 8.0)
    barometer.play(shape, START_S + 6)
    barometer.restart(off_s=5.0)
    found = barometer.play(shape, 40)
    assert found.resumed == 0
    assert found.gestures == []
    again = hold(45, 1_500, 6.0)
    one_hold(barometer.play(again, 60), 45, again.ends_s)


def test_nothing_is_resumed_where_nothing_was_held():
    barometer = Barometer()
    barometer.play(lambda t: 0.0, 10)
    barometer.restart()
    assert barometer.play(lambda t: 3_000.0, 20).gestures == []  # carried up a hill meanwhile
    assert not barometer.sense.active


# --- Readings that are no air ----------------------------------------------------------------


def dips(*over_pa):
    barometer = Barometer()
    found = []
    for pa in (0, 0, 0) + over_pa:
        barometer.ms += 100
        barometer.give(101_325.0 + pa)
        found.append(round(barometer.sense.dip_pa))
    return found[3:]


def test_one_reading_that_is_far_too_low_is_a_glitch():
    assert dips(-150, 2, 0) == [0, 150, 0]
    assert dips(-200, -40, 0) == [0, 160, 0]  # with the filter's tail


def test_a_door_a_release_a_lift_and_a_pat_are_no_glitches():
    assert not any(dips(-60, 0, 0))
    assert not any(dips(1500, 1500, 700, 100, 0, 0))
    assert not any(dips(-100, -200, -300, -400))
    assert not any(dips(-120, -120, 0, 0))
    assert not any(dips(0, 800, 0, 0, 900, 0))


def test_a_glitch_is_no_touch():
    barometer = Barometer()
    barometer.play(lambda t: 0.0, 10)
    for _ in range(20):
        barometer.ms += 100
        barometer.give(101_325.0 - 200)
        barometer.play(lambda t: 0.0, barometer.ms / 1000 + 3)
    assert barometer.felt.touches == []
