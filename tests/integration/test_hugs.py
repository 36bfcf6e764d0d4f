"""Every scripted gesture is one row of hugs.csv, where and when it was."""

import pytest

from support.events import event, hug, squeeze

BASE = [(300, 0.4), (800, 0.26), (1500, 0.47), (3000, 0.8), (6000, 0.15), (8500, 0.4)]


def check(night, expected):
    """`expected`: (kind, count or None, start s, end s) in order of their ends."""
    rows = night.hugs()
    assert [row["kind"] for row in rows] == [kind for kind, *_ in expected], night.kinds()
    for row, (_, count, start_s, end_s) in zip(rows, expected, strict=True):
        assert float(row["start_s"]) == pytest.approx(start_s, abs=1), row
        assert float(row["end_s"]) == pytest.approx(end_s, abs=1), row
        assert -0.05 <= float(row["noticed_s"]) - start_s <= 0.35, row
        if count is not None:
            assert int(row["count"]) == count


@pytest.mark.parametrize("bladder_pa_per_k", [0, 120, 340])
def test_holds_of_every_strength(play, bladder_pa_per_k):
    body = ""
    expected = []
    t = 30.0
    for peak_pa, rise_s in BASE:
        for hold_s in (2.6, 12.0, 40.0):
            body += hug(t, hold_s, peak_pa, rise_s=rise_s)
            end_s = t + rise_s + hold_s + 0.5
            kind = "long_hold" if hold_s >= 30 else "hold"
            expected.append((kind, None, t, end_s))
            t = round(end_s + 17.3, 2)
    check(play(body, t + 10, bladder_pa_per_k=bladder_pa_per_k), expected)


@pytest.mark.parametrize("bladder_pa_per_k", [0, 340])
def test_long_holds_over_a_heater_that_warms_the_air(play, bladder_pa_per_k):
    body = hug(30, 600, 700) + hug(900, 900, 1500) + hug(2400, 300, 400)
    expected = [
        ("long_hold", None, 30, 630.9),
        ("long_hold", None, 900, 1800.9),
        ("long_hold", None, 2400, 2700.9),
    ]
    check(play(body, 2760, bladder_pa_per_k=bladder_pa_per_k), expected)


def test_squeezes_and_pats(play):
    body = ""
    expected = []
    t = 30.0
    for peak_pa in (400, 1500, 5000):
        for count in (1, 2, 3):
            body += squeeze(t, count, peak_pa)
            expected.append(("squeeze", count, t, t + 0.5 * count + 0.4 * (count - 1)))
            t += 15.7
        for count in (3, 5):
            body += event(t, "pat", count=count, peak_pa=peak_pa)
            expected.append(("pat", None, t, t + 0.5 * (count - 1) + 0.15))
            t += 15.3
    night = play(body, t + 5)
    check(night, expected)


def test_squeezes_in_a_hold_are_rows_of_their_own(play):
    night = play(hug(30, 60, 1200) + squeeze(50, 2, 2000), 120)
    found = {row["kind"]: row for row in night.hugs()}
    assert set(found) == {"long_hold", "squeeze"}
    assert found["squeeze"]["count"] == "2"
    assert float(found["long_hold"]["end_s"]) == pytest.approx(90.9, abs=1)


def test_breathing_in_a_hold_is_still_one_hold(play):
    night = play(
        hug(30, 120, 800) + event(35, "breathe", per_min=8, amplitude_pa=60, for_s=110),
        200,
    )
    check(night, [("long_hold", None, 30, 150.9)])


def test_a_hug_that_is_more_than_the_barometer_can_show(play):
    night = play(hug(30, 20, 18_000), 80)
    check(night, [("hold", None, 30, 50.9)])


def test_a_leak_and_a_lift_and_the_weather(play):
    night = play(
        event(10, "fault", kind="bladder_leak", pa_per_s=5)
        + hug(60, 20, 2000)
        + event(100, "clear", kind="bladder_leak")
        + hug(160, 40, 1500),
        240,
    )
    check(night, [("hold", None, 60, 80.9), ("long_hold", None, 160, 200.9)])


def test_a_hug_harder_than_the_sensor_can_measure_is_one_hold_and_says_so(play):
    night = play(hug(30, 20, 12_000) + hug(90, 12, 1_500) + hug(130, 40, 15_000), 220)
    assert [row["kind"] for row in night.hugs()] == ["hold", "hold", "long_hold"]
    told = night.events("sense_fault")
    assert [row["fault"] for row in told] == ["clipped", "clipped"]
    for row, start_s in zip(told, (30, 130), strict=True):
        assert float(row["start_s"]) == pytest.approx(start_s, abs=1.5)
        assert 7_500 <= float(row["gauge_pa"]) <= 9_000
    assert night.summary["final_state"] != "latched"


def test_a_hold_goes_on_over_a_reset_and_begins_no_warmth(play):
    night = play(hug(30, 120, 1500) + event(80, "fault", kind="watchdog_reset"), 240)
    first, second = night.hugs()
    assert first["end_reason"] == "restarted"
    assert second["kind"] == "long_hold"
    assert float(second["start_s"]) == pytest.approx(82, abs=3)
    assert float(second["end_s"]) == pytest.approx(150.9, abs=1)
    assert night.ever_on("heater_duty", 30, 78)
    assert not night.ever_on("heater_duty", 82, 240)


def test_after_a_reset_in_a_hold_a_new_one_warms_as_ever(play):
    night = play(
        hug(30, 60, 1500) + event(50, "fault", kind="soft_reset") + hug(110, 20, 1500), 200
    )
    assert [row["kind"] for row in night.hugs()][-1] == "hold"
    assert not night.ever_on("heater_duty", 52, 110)
    assert night.ever_on("heater_duty", 110, 200)


def test_it_is_picked_up_and_placed(play):
    night = play(hug(30, 10, 1500) + squeeze(60, 1, 800) + hug(300, 40, 600), 500)
    picked = [float(row["start_s"]) for row in night.events("picked_up")]
    placed = [float(row["start_s"]) - 60 for row in night.events("placed")]
    assert picked == pytest.approx([30, 300], abs=1)
    assert placed == pytest.approx([60.5, 340.9], abs=1)


def test_nobody_has_touched_it_where_there_is_only_air(play):
    night = play("", 600)
    assert night.events("picked_up") == night.events("placed") == []


@pytest.mark.parametrize("bladder_pa_per_k", [0, 340])
def test_a_bladder_that_leaks_is_told_after_the_second_hold(play, bladder_pa_per_k):
    holds = hug(30, 60, 1500) + hug(200, 60, 1500) + hug(400, 60, 1500)
    leak = event(20, "fault", kind="bladder_leak", pa_per_s=8)
    cold = "[warmth]\nenabled = false\n"  # air that warms while its tautness is unknown hides it
    night = play(holds + leak, 600, plan=cold, bladder_pa_per_k=bladder_pa_per_k)
    (told,) = night.events("sense_fault")
    assert told["fault"] == "leak"
    assert 320 < float(told["start_s"]) < 330
    sound = play(holds, 600, bladder_pa_per_k=bladder_pa_per_k)
    assert sound.events("sense_fault") == []
