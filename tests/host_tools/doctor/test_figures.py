"""From readings to numbers."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import pytest

from host_tools.made_rest_and_hug import AIR_PA, readings
from kitbag_tools.doctor.figures import Figures, measure
from kitbag_tools.doctor.watch import Watched
from kitbag_tools.object_client import Felt


def watched(**of: float) -> Watched:
    """A minute of rest and twelve seconds with a hug in them."""
    felt = list(islice(readings(**of), 72 * 20))
    return Watched(felt[: 60 * 20], felt[60 * 20 :], 0.14)


def test_the_figures_of_a_good_bladder():
    found = measure(watched(drift_pa_per_min=3, k_per_min=0.02, tautness_pa_per_k=120))
    assert found.live
    assert found.rest_pa == pytest.approx(AIR_PA + 1.5, abs=0.3)
    assert found.noise_pa == pytest.approx(0.8, abs=0.02)
    assert found.stir_pa == pytest.approx(0.8, abs=0.05)
    assert found.drift_pa_per_min == pytest.approx(3, abs=0.4)
    assert found.drift_k_per_min == pytest.approx(0.02, abs=0.001)
    assert found.tautness_pa_per_k == 120
    assert found.peak_pa == pytest.approx(1500, abs=4)
    assert found.hug_s == pytest.approx(5.1, abs=0.15)
    assert found.fall_per_s == pytest.approx(0, abs=0.002)
    assert found.noticed_after_s == 0.14
    assert found.headroom_pa == pytest.approx(110_000 - AIR_PA, abs=3)
    assert found.headroom_of_peak == pytest.approx(5.8, abs=0.1)


@pytest.mark.parametrize("fall_per_s", [0.007, 0.04, 0.1])
def test_how_fast_a_steady_hug_falls(fall_per_s):
    found = measure(watched(fall_per_s=fall_per_s)).fall_per_s
    # Of what was left in the middle of the steady part
    assert found == pytest.approx(fall_per_s / (1 - fall_per_s * 2.4), rel=0.1, abs=0.002)


@pytest.mark.parametrize("fall_per_s", [0.16, 0.25])
def test_a_hug_that_is_nearly_gone_at_its_end_was_a_long_one(fall_per_s):
    found = measure(watched(fall_per_s=fall_per_s))
    assert found.hug_s > 3
    assert found.fall_per_s > fall_per_s


def test_a_falling_room_is_no_part_of_the_hug():
    low = measure(watched(drift_pa_per_min=-300))
    assert low.peak_pa == pytest.approx(1500, abs=40)


def test_a_short_hug_says_nothing_of_a_leak():
    found = measure(watched(hug_s=2.5))
    assert found.peak_pa == pytest.approx(1500, abs=4)
    assert found.hug_s == pytest.approx(2.1, abs=0.15)
    assert found.fall_per_s is None


def test_what_is_too_little_to_be_noticed_is_measured_all_the_same():
    found = measure(watched(peak_pa=50))
    assert found.peak_pa == pytest.approx(50, abs=4)
    assert found.hug_s is None


def test_an_unknown_noise_stays_unknown():
    seen = watched()
    rest = [replace(felt, step_pa=None) for felt in seen.rest]
    assert measure(replace(seen, rest=rest)).noise_pa is None


def test_nothing_quiet_and_nothing_at_all():
    assert measure(Watched()) == Figures(live=True)
    assert measure(Watched(lost=True)) == Figures(live=False)


def test_a_minute_without_a_hug():
    found = measure(replace(watched(), hug=[]))
    assert found.rest_pa is not None
    assert found.peak_pa is None
    assert found.headroom_of_peak is None


def test_the_same_for_ever_is_not_live():
    seen = watched()
    rest = [replace(felt, pressure_pa=101_000.0) for felt in seen.rest]
    assert measure(replace(seen, rest=rest)) == Figures(live=False)


@pytest.mark.parametrize("field", ["pressure_pa", "bladder_c", "step_pa", "tautness_pa_per_k"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("where", ["rest", "hug"])
def test_what_is_no_number_is_not_live(field, value, where):
    seen = watched()
    spoilt: list[Felt] = list(getattr(seen, where))
    spoilt[7] = replace(spoilt[7], **{field: value})
    assert measure(replace(seen, **{where: spoilt})) == Figures(live=False)
