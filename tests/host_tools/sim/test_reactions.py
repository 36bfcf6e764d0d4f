"""What of the log is the answer to a fault, when that was, and the state the log ends with."""

from datetime import UTC, datetime, timedelta

import pytest

from kitbag_tools.sim import reactions, scenario

_START = datetime(2026, 3, 1, 22, tzinfo=UTC)
_COLUMNS = (
    "start_utc",
    "start_utc_earliest",
    "start_utc_latest",
    "function",
    "reaction",
    "fault",
    "state",
)


def _utc(t_s: float | None) -> str:
    if t_s is None:
        return ""
    return (_START + timedelta(seconds=t_s)).isoformat(timespec="milliseconds")


def _row(
    kind: str,
    t_s: float | None,
    boot: int = 1,
    uptime_s: float = 0.0,
    bounds: tuple[float | None, float | None] = (None, None),
    **fields: str,
) -> reactions.Row:
    row = dict.fromkeys(_COLUMNS, "")
    row.update(kind=kind, boot=str(boot), uptime_ms=f"{uptime_s * 1000:.0f}", start_utc=_utc(t_s))
    row.update(start_utc_earliest=_utc(bounds[0]), start_utc_latest=_utc(bounds[1]), **fields)
    return row


def _guard(t_s: float | None, reaction: str, code: str = "SF5", **more) -> reactions.Row:
    return _row("guard", t_s, reaction=reaction, function=code, **more)


def _answer(kind: str, *rows: reactions.Row, boots_s=(0.3,), span=(98.0, 260.0)):
    found = reactions.reactions(rows, _START, list(boots_s))
    return reactions.strongest(found, kind, span)


def test_the_strongest_word_of_the_guard_within_the_span_is_the_answer() -> None:
    rows = (_guard(97, "X"), _guard(101, "W"), _guard(102, "L", "SF7"), _guard(103, "O"))
    assert _answer("heater_open", *rows) == ("L", "SF7")
    assert _answer("heater_open") == ("none", None)
    assert _answer("heater_open", _guard(261, "L")) == ("none", None)


@pytest.mark.parametrize("kind", reactions.RESETS)
def test_to_start_anew_is_an_answer_to_what_resets(kind) -> None:
    assert kind in scenario.FAULTS
    boot = _row("boot", 100.3, boot=2)
    assert _answer(kind, boot, boots_s=(0.3, 100.3)) == ("O", "SF15")
    assert _answer(kind, _guard(101, "O"), boot, boots_s=(0.3, 100.3)) == ("O", "SF15")
    assert _answer(kind, boot, _guard(101, "X", "SF11"), boots_s=(0.3, 100.3)) == ("X", "SF11")
    assert _answer("heater_open", boot, boots_s=(0.3, 100.3)) == ("none", None)


def test_the_first_boot_of_all_answers_nothing() -> None:
    assert _answer("soft_reset", _row("boot", 0.3), span=(-1.0, 100.0)) == ("none", None)


def test_a_lost_sense_is_a_warning_of_its_own_faults() -> None:
    lost = _row("sense_fault", 110, fault="bus")
    assert _answer("bme280_bus_hang", lost) == ("W", "bus")
    assert _answer("bladder_leak", _row("sense_fault", 110, fault="leak")) == ("W", "leak")
    assert _answer("heater_open", lost) == ("none", None)
    assert _answer("bme280_bus_hang", _row("sense_fault", 110, fault="back")) == ("none", None)


# Boot 2 was never visited: the log knows its times within a minute, its uptime to a millisecond
_BOOTS = (_row("boot", 0.3), _row("boot", 150.3, boot=3))
_UNDATED = _guard(None, "X", boot=2, uptime_s=1.2, bounds=(60.0, 151.0))


def test_uptime_places_what_happened_in_a_boot_without_a_visit() -> None:
    (one,) = reactions.reactions([_UNDATED, _BOOTS[0]], _START, [0.3, 100.3, 150.3])
    assert one.earliest_s == one.latest_s == pytest.approx(101.5)
    assert _answer("vm_hang", *_BOOTS, _UNDATED, boots_s=(0.3, 100.3, 150.3))[0] == "X"


@pytest.mark.parametrize("boots_s", [(0.3, 40.0, 100.3, 150.3), (0.3,)])
def test_boots_that_the_object_did_not_count_place_nothing(boots_s) -> None:
    found = reactions.reactions([*_BOOTS, _UNDATED], _START, list(boots_s))
    assert (found[-1].earliest_s, found[-1].latest_s) == (60.0, 151.0)
    assert reactions.strongest(found, "heater_open", (98.0, 260.0)) == ("none", None)
    # Whole inside a longer span there is nothing to doubt
    assert reactions.strongest(found, "heater_open", (58.0, 260.0)) == ("X", "SF5")


def test_only_what_is_surely_outside_is_outside() -> None:
    (bounded, unknown) = reactions.reactions(
        [_guard(None, "L", bounds=(60.0, 90.0)), _guard(None, "L", bounds=(None, 90.0))],
        _START,
        [],
    )
    assert bounded.outside([(98.0, 260.0), (10.0, 59.0)])
    assert not bounded.outside([(80.0, 260.0)])
    assert not unknown.outside([(10.0, 59.0)])
    assert unknown.outside([])


@pytest.mark.parametrize(
    ("rows", "state"),
    [
        ([], None),
        ([_row("boot", 0.3)], "idle"),
        ([_row("boot", 0.3), _row("warmth_state", 9, state="holding")], "holding"),
        ([_row("warmth_state", 9, state="holding"), _row("boot", 20, boot=2)], "idle"),
        ([_guard(9, "L"), _row("warmth_state", 9, state="locked")], "locked"),
        ([_guard(9, "X"), _row("boot", 20, boot=2)], "locked"),
        ([_guard(9, "L"), _row("boot", 20, boot=2)], "latched"),
        ([_guard(9, "L"), _row("warmth_state", 30, state="idle")], "idle"),
        ([_guard(9, "O"), _guard(12, "W")], "tripped"),
        ([_guard(9, "O"), _row("boot", 20, boot=2)], "idle"),
    ],
)
def test_the_log_ends_with_a_state(rows, state) -> None:
    assert reactions.last_state(rows) == state
