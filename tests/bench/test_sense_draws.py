"""The gestures that senses are measured with are what their words mean, and stay the same."""

import pytest

from sense import draws
from sense.draws import Drawn

DRAWN = {
    "hold": list(draws.holds()),
    "squeeze": list(draws.squeezes()),
    "pat": list(draws.pats()),
}


@pytest.mark.parametrize("kind", DRAWN)
def test_every_gesture_is_drawn_and_of_its_kind(kind: str) -> None:
    assert len(DRAWN[kind]) == draws.EACH
    assert {one.kind for one in DRAWN[kind]} == {kind}


@pytest.mark.parametrize("kind", DRAWN)
def test_a_gesture_is_zero_before_and_after_and_as_firm_as_it_says(kind: str) -> None:
    for one in DRAWN[kind][:40]:
        assert one.shape(one.start_s) == 0
        assert one.shape(one.shape.ends_s + 0.001) == pytest.approx(0, abs=1e-6)
        ms = range(1 + round(1000 * (one.shape.ends_s - one.start_s)))
        peak_pa = max(one.shape(one.start_s + t / 1000) for t in ms)
        assert 0.9 * draws.LEAST_PA <= peak_pa <= 1.2 * draws.MOST_PA


@pytest.mark.parametrize(("kind", "within_s"), [("squeeze", (0.3, 1.5)), ("pat", (0.06, 0.3))])
def test_lengths_cover_the_whole_of_what_the_word_means(
    kind: str, within_s: tuple[float, float]
) -> None:
    lengths = [one_s for one in DRAWN[kind] for one_s in one.each_s]
    assert within_s[0] <= min(lengths) < within_s[0] + 0.02
    assert within_s[1] - 0.02 < max(lengths) <= within_s[1]


def test_squeezes_are_one_to_three_and_pats_three_to_six() -> None:
    assert {len(one.each_s) for one in DRAWN["squeeze"]} == {1, 2, 3}
    assert {len(one.each_s) for one in DRAWN["pat"]} == {3, 4, 5, 6}


def test_what_lies_at_the_border_is_not_clear() -> None:
    def of(*each_s: float) -> Drawn:
        return Drawn("pat", None, 6.0, lambda _: 0.0, each_s)

    assert of(0.1, 0.2).clear
    assert not of(0.1, 0.28).clear
    for kind in ("squeeze", "pat"):
        clear = sum(one.clear for one in DRAWN[kind])
        assert draws.EACH / 2 < clear < draws.EACH


def test_they_are_the_same_every_time() -> None:
    first, again = list(draws.pats()), list(draws.pats())
    assert [one.each_s for one in first] == [one.each_s for one in again]
