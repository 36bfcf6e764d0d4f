"""The thermistor's table, against the equation that it stands for. Pins are not touched."""

from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitbag.parts import thermistor


class Board:
    NTC_R25_OHM = 10_000
    NTC_BETA_K = 3950
    NTC_PULLUP_OHM = 10_000
    NTC_SUPPLY_MV = 3300


@pytest.fixture(autouse=True)
def pins(monkeypatch):
    """A pin's reading is its own number."""
    monkeypatch.setattr(thermistor, "ADC", Adc)
    monkeypatch.setattr(thermistor, "Pin", lambda pin: pin)


class Adc:
    ATTN_11DB = 3

    def __init__(self, pin, atten):
        self._pin = pin

    def read_uv(self):
        if isinstance(self._pin, OSError):
            raise self._pin
        return self._pin


def exact_mv(celsius: float) -> float:
    ohm = Board.NTC_R25_OHM * exp(Board.NTC_BETA_K * (1 / (celsius + 273.15) - 1 / 298.15))
    return Board.NTC_SUPPLY_MV * ohm / (ohm + Board.NTC_PULLUP_OHM)


@given(st.floats(10, 60))
def test_the_table_is_within_its_promise(celsius):
    one = thermistor.Thermistor(1_200_000, thermistor.table(Board))
    # A whole millivolt is all that there is to see
    mv = round(exact_mv(celsius))
    around = sorted([exact_mv(celsius) - mv, 0])
    slope = abs(exact_mv(celsius + 0.05) - exact_mv(celsius - 0.05)) / 0.1
    slack_c = (around[1] - around[0]) / slope + 0.02 + 0.001
    assert abs(one.millicelsius(mv) / 1000 - celsius) <= slack_c


def test_warmer_is_never_read_as_colder():
    one = thermistor.Thermistor(0, thermistor.table(Board))
    found = [one.millicelsius(mv) for mv in range(3300)]
    assert all(a >= b for a, b in zip(found, found[1:]))
    assert all(isinstance(mc, int) for mc in found)


def test_an_adc_error_is_no_reading():
    assert thermistor.Thermistor(OSError(116), thermistor.table(Board)).read_mv() == -1
    assert thermistor.Thermistor(1_234_567, thermistor.table(Board)).read_mv() == 1234
