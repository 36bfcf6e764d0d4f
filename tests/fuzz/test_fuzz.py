"""A slice of `make fuzz`, and what earlier runs of it kept."""

from pathlib import Path

import mutated
import pytest
import targets

from kitbag.wire import sealing

CORPUS = Path(__file__).resolve().parents[2] / "fuzz" / "corpus"


def test_mutated_frames_change_nothing() -> None:
    told = mutated.run(20_000, seed=1)
    assert told.good, told.line()
    assert told.answered > 10_000
    assert mutated.run(500, seed=1).answered == mutated.run(500, seed=1).answered


@pytest.mark.parametrize("target", list(targets.TARGETS))
def test_what_was_found_once_holds(target: str) -> None:
    kept = sorted((CORPUS / target).iterdir())
    assert len(kept) > 2
    for path in kept:
        targets.TARGETS[target](path.read_bytes())


def test_a_door_that_forgets_counters_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = sealing.Seal.open

    def again(self: sealing.Seal, sealed: bytes) -> bytes | None:
        self.counter = 0
        return opened(self, sealed)

    monkeypatch.setattr(sealing.Seal, "open", again)
    assert mutated.run(2_000, seed=1).let_in


def test_a_session_that_takes_any_host_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kitbag.wire.sealing.same", lambda *_: True)
    told = mutated.run(2_000, seed=1)
    assert not told.good
