"""Watching over the port: what is asked of the person, when it begins anew, when it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from itertools import chain, islice

import pytest

from host_tools.made_rest_and_hug import readings
from kitbag.wire import records
from kitbag_tools.doctor import watch as watching
from kitbag_tools.doctor.watch import Watched
from kitbag_tools.errors import ExitCode, KitbagError
from kitbag_tools.object_client import Felt

Watching = Callable[..., tuple[Watched, list[str]]]


@pytest.fixture
def watch(fake, client) -> Watching:
    """`watch(readings)`: what was seen of an object that feels these, and what was said."""

    def run(felt: Iterator[Felt], rest_s: float = 60.0, log=None) -> tuple[Watched, list[str]]:
        there = fake(log)
        there.feelings = lambda: asdict(next(felt))
        said: list[str] = []
        naps: list[float] = []
        seen = watching.watch(client(there), rest_s, said.append, nap=naps.append)
        assert set(naps) == {watching.POLL_S}
        return seen, said

    return run


def seconds(felt: list[Felt]) -> float:
    return (felt[-1].uptime_ms - felt[0].uptime_ms) / 1000


def test_a_minute_and_a_hug(watch):
    seen, said = watch(readings())
    assert seconds(seen.rest) == 60
    assert not any(felt.touched for felt in seen.rest)
    assert [felt.touched for felt in seen.hug[-2:]] == [True, False]
    assert not seen.lost
    assert said[0] == "Lay it down and leave it alone for a minute."
    assert said[1].startswith("Now hug it for five seconds")
    assert said[2:] == ["Thank you."]


def test_a_touch_begins_the_rest_anew(watch):
    seen, said = watch(readings(rest_s=50, peak_pa=1500), rest_s=60)
    assert seconds(seen.rest) == 60
    assert seen.rest[0].uptime_ms > 150_000
    assert said[1] == "Something touched it, so the time begins anew. Leave it alone."


def test_no_quiet_minute_is_looked_for_for_ever(watch):
    poked = (
        replace(felt, touched=felt.uptime_ms // 1000 % 20 == 0) for felt in readings(peak_pa=0)
    )
    first = next(poked).uptime_ms
    seen, _ = watch(poked)
    assert seen == Watched()
    assert 180 <= (next(poked).uptime_ms - first) / 1000 <= 182


def test_a_hug_is_waited_for_for_a_minute(watch):
    seen, _ = watch(readings(peak_pa=0))
    assert seconds(seen.hug) == pytest.approx(60, abs=0.2)
    assert not any(felt.touched for felt in seen.hug)


def test_a_bump_is_no_hug(watch):
    bump = islice(readings(rest_s=20, hug_s=0.2), 30 * 20)
    later = (replace(f, uptime_ms=f.uptime_ms + 30_000) for f in readings(rest_s=5))
    seen, said = watch(chain(bump, later), rest_s=20)
    assert "That was too short for a hug. Hug it for five seconds." in said
    assert sum(felt.touched for felt in seen.hug) > 100


def test_nobody_has_to_let_go(watch):
    seen, _ = watch(readings(hug_s=600))
    touched = [felt for felt in seen.hug if felt.touched]
    assert seconds(touched) == pytest.approx(15, abs=0.2)


def test_a_bar_shows_how_long(fake, client):
    there = fake()
    felt = readings()
    there.feelings = lambda: asdict(next(felt))
    shown: list[tuple[float, str]] = []
    watching.watch(
        client(there), 60, lambda _: None, lambda *now: shown.append(now), nap=lambda _: None
    )
    assert list(dict.fromkeys(doing for _, doing in shown)) == [
        "leave it alone", "hug it now", "hold it", "let go",
    ]  # fmt: skip
    assert all(0 <= share <= 1 for share, _ in shown)
    last = {doing: share for share, doing in shown}
    assert last["leave it alone"] == pytest.approx(1, abs=0.01)
    assert last["hug it now"] == pytest.approx(3 / 60, abs=0.01)
    assert last["hold it"] == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("after_s", [0, 30, 65])
def test_a_lost_sense_ends_it_at_once(watch, after_s):
    gone = (replace(f, lost=f.uptime_ms >= 100_000 + after_s * 1000) for f in readings())
    seen, _ = watch(gone)
    assert seen.lost
    assert next(gone).uptime_ms - 100_000 <= after_s * 1000 + 150


def test_an_object_that_starts_anew_is_told(watch):
    again = (replace(f, uptime_ms=f.uptime_ms - 99_000) for f in readings())
    anew = chain(islice(readings(), 100), again)
    with pytest.raises(KitbagError) as caught:
        watch(anew)
    assert caught.value.exit_code == ExitCode.INCOMPLETE
    assert "started anew" in str(caught.value)


def test_an_object_in_its_link_window_is_asked_for_nothing(fake, client):
    there = fake()
    there.status = {"state": "link"}
    said: list[str] = []
    with pytest.raises(KitbagError) as caught:
        watching.watch(client(there), 60, said.append)
    assert "plug it in by USB" in caught.value.next_step
    assert (said, "feel" in there.requests) == ([], False)


def test_the_log_says_when_the_hug_was_noticed(fake, client):
    there = fake()
    there.log.add(records.HOLD_START, 1, 90_000, 2.0, 900.0, 0.3, None)
    felt = readings()

    def feel() -> dict[str, object]:
        now = next(felt)
        if now.uptime_ms == 166_000:
            there.log.add(records.HOLD_START, 1, now.uptime_ms, 2.0, 1500.0, 0.14, None)
            there.log.add(records.BATTERY, 1, now.uptime_ms, 3.9)
        return asdict(now)

    there.feelings = feel
    seen = watching.watch(client(there), 60, lambda _: None, nap=lambda _: None)
    assert seen.noticed_after_s == pytest.approx(0.14)


def test_a_log_without_the_hug_leaves_it_open(watch):
    seen, _ = watch(readings())
    assert seen.hug
    assert seen.noticed_after_s is None
