"""The holder's breathing as real belts recorded it, into a held bladder with its noise."""

import pytest

from kitbag.senses.breath import Breath
from support import belts
from support.chip_senses import ChipBreath

both = pytest.mark.parametrize("breath", [Breath, ChipBreath])
sizes = pytest.mark.parametrize("amplitude_pa", [5.0, 15.0, 40.0])


@both
@sizes
def test_breathing_that_is_visible_is_counted(recordings, amplitude_pa, breath):
    right, windows = belts.counted_rightly(recordings / belts.RECORDING, amplitude_pa, breath)
    assert windows > 50
    assert right >= 0.9 * windows, (right, windows)


@both
@sizes
def test_where_none_is_visible_it_is_unknown(recordings, amplitude_pa, breath):
    unknown, windows = belts.left_unknown(recordings / belts.RECORDING, amplitude_pa, breath)
    assert windows > 100
    assert unknown >= 0.95 * windows, (unknown, windows)
