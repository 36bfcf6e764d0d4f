"""What the sense bench reads off what was felt, and what it sets beside it."""

import pytest

from kitbag.senses.hug import HugSense
from on_vm.sense_peers import Following, Threshold
from on_vm.sense_samples import COUNTED, samples
from sense import breaths, cost, kinds
from sense.airs import Air
from sense.ambient import COOL_C, TAUT_PA_PER_K, WARM_C, Heater, Scene
from sense.draws import Drawn
from sense.played import held, play, there
from support.pressure import Felt, Shape, felt, hold, pats, slope, squeezes


@pytest.mark.parametrize("sense", [HugSense, Threshold])
@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        ("hold", hold(6.0, 1_500.0, 5.0)),
        ("hold", hold(6.0, 1_500.0, 40.0)),
        ("squeeze", squeezes(6.0, 1_500.0, 2, 0.8)),
        ("pat", pats(6.0, 1_500.0, 4)),
    ],
)
def test_a_plain_gesture_in_a_quiet_room_is_named_by_every_sense(
    sense: type, kind: str, shape: Shape
) -> None:
    told = felt(shape, sense=sense)
    assert kinds.named(kind, told)
    assert not any(kinds.named(other, told) for other in {"hold", "squeeze", "pat"} - {kind})


def test_two_gestures_are_not_one_named_rightly() -> None:
    assert not kinds.named("squeeze", felt(squeezes(6.0, 1_500.0, 2, 0.8, 8.0)))
    assert not kinds.named("squeeze", Felt())


def test_a_threshold_is_lost_where_the_air_moves_and_one_that_follows_is_not() -> None:
    weather = slope(0.5)
    shape = hold(600.0, 1_500.0, 5.0)
    assert not kinds.named("hold", felt(shape, extra=weather, sense=Threshold))
    assert kinds.named("hold", felt(shape, extra=weather, sense=Following))


def test_a_hold_is_there_only_where_it_was() -> None:
    shape = hold(6.0, 1_500.0, 5.0)
    one = Drawn("hold", shape, 6.0, lambda _: 0.0)
    ((_, told),) = play([one], HugSense)
    assert len(there(one, told)) == len(held(told)) == 1
    assert len(told.told_ms) == 1
    assert told.told_ms[0] / 1000 > shape.ends_s
    assert there(Drawn("hold", shape, 2.0, lambda _: 0.0), told) == []


def test_the_heater_goes_from_end_to_end_at_its_rate() -> None:
    heater = Heater(0.05, 0.0)
    assert heater.air_c(0.0) == COOL_C
    assert heater.air_c(400.0) == pytest.approx(WARM_C)
    assert heater.air_c(800.0) == pytest.approx(COOL_C)
    assert heater.air_c(100.0) - heater.air_c(99.0) == pytest.approx(0.05)
    scene = Scene(Air(lambda _: 7.0, 800.0), heater)
    assert scene.pressure(400.0) == pytest.approx(7 + TAUT_PA_PER_K * (WARM_C - COOL_C))
    assert scene.chip_c(100.0) == pytest.approx(heater.air_c(80.0))


def test_instructions_are_counted_of_the_sense_alone() -> None:
    class Costly(Threshold):
        def sample(self, *_: object) -> None:
            for _ in range(1_000):
                str(self)

    plain = cost.instructions(Threshold, "rest")
    assert 5 < plain < 100
    assert cost.instructions(Following, "rest") > plain
    assert cost.instructions(Costly, "rest") > 1_000
    assert cost.instructions(HugSense, "held") > cost.instructions(HugSense, "rest")


def test_the_counted_samples_are_all_of_a_hold_or_of_rest() -> None:
    for what, over_pa in (("rest", 0.0), ("held", 1_500.0)):
        counted = samples(what)[-COUNTED:]
        assert all(abs(pa - 101_325 - over_pa) < 2 for _, pa, _ in counted)


def test_without_recordings_breath_is_left_out_and_the_reason_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("RECORDINGS", raising=False)
    assert breaths.measure() == []
    assert "RECORDINGS" in capsys.readouterr().err
