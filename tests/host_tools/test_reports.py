"""The night raster: the same every time, nothing unknown left blank, words for who listens."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from host_tools.fake_object import Log
from host_tools.made_nights import (
    DAY,
    EVENING_MS,
    HOUR,
    MINUTE,
    a_night,
    beat,
    boot,
    both_ends,
    held,
    put,
)
from kitbag_tools import reports
from kitbag_tools.errors import KitbagError, Reason
from kitbag_tools.history import load
from kitbag_tools.nights import nights
from kitbag_tools.object_client import Contact

pytest.importorskip("matplotlib", reason="matplotlib is not installed: no pictures to test")

LONDON = ZoneInfo("Europe/London")
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def drawn(tmp_path, store) -> Path:
    log = Log()
    a_night(log)
    put(store, log, both_ends())
    path = tmp_path / "night.svg"
    reports.night_raster(store, path, zone_name="Europe/London")
    return path


def test_the_same_store_gives_the_same_picture(drawn, store, tmp_path):
    for suffix in reports.FORMATS:
        one, two = tmp_path / f"one{suffix}", tmp_path / f"two{suffix}"
        reports.night_raster(store, one, zone_name="Europe/London")
        reports.night_raster(store, two, zone_name="Europe/London")
        assert one.read_bytes() == two.read_bytes()
    assert (tmp_path / "one.svg").read_bytes() == drawn.read_bytes()


def test_no_date_and_no_version_is_in_it(drawn):
    text = drawn.read_text()
    assert "Matplotlib v" not in text
    assert "<dc:date>" not in text


def test_it_can_be_read_without_seeing_it(drawn):
    root = ET.fromstring(drawn.read_text())
    assert root.get("role") == "img"
    title, desc = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert desc is not None
    assert title.text == "Nights of object c0ffee01"
    assert "held twice, 20 minutes in all" in (desc.text or "")
    assert "not a measure of sleep, mood or worth" in (desc.text or "")
    bars = [e for e in root.iter() if (e.get("id") or "").startswith("hold-")]
    told = [bar.findtext(f"{SVG}title") for bar in bars]
    assert told == [
        "Held from 22:11:00 for 20 min 0 s; 1200 Pa, at most 1500 Pa",
        "Held from 02:01:00 for 12 s; 720 Pa, at most 900 Pa",
    ]


def hatched(path: Path) -> int:
    return len(re.findall(r"fill: url\(#h", path.read_text()))


def test_what_is_not_known_is_hatched(tmp_path, store):
    whole, cut = Log(), Log(epoch=2)
    for log in (whole, cut):
        boot(log)
        held(log, 1, HOUR, 600)
        beat(log, 1, 2 * HOUR, 28 * HOUR)
        held(log, 1, 29 * HOUR, 600)
    held(whole, 1, 34 * HOUR, 600)
    ends = [Contact(1, at, EVENING_MS + at, 4) for at in (0, 58 * HOUR)]
    put(store, whole, ends, device="aa")
    boot(cut, 2)  # after three hours without power
    held(cut, 2, HOUR, 600)
    ends = [Contact(1, at, EVENING_MS + at, 4) for at in (0, 30 * HOUR)]
    ends += [Contact(2, at, EVENING_MS + 33 * HOUR + at, 4) for at in (0, 25 * HOUR)]
    put(store, cut, ends, boot=2, device="bb")
    for device, patches in (("aa", 2), ("bb", 3)):  # the legend's, and after the last contact
        path = tmp_path / f"{device}.svg"
        reports.night_raster(store, path, zone_name="UTC", device=device)
        assert hatched(path) == patches
    assert "without power for at most 180 min" in path.read_text()


def test_the_hours_shown_are_those_in_which_anything_happened(store):
    log = Log()
    a_night(log)
    put(store, log, both_ends())
    shown = nights(load(store), LONDON)
    cropped = reports.layout(shown, LONDON)
    assert (cropped.from_h, cropped.to_h) == (7.0, 17.0)  # 19:00 to 05:00: at least ten hours
    for gesture in shown[0].gestures:
        assert gesture.start.utc_ms is not None
        at = reports.hours(shown[0], gesture.start.utc_ms, LONDON)
        assert cropped.from_h <= at <= cropped.to_h


def test_firmer_is_darker():
    greys = [sum(reports.shade(pa)) for pa in (None, 100, 400, 1000, 2000, 3000, 9000)]
    assert greys == sorted(greys, reverse=True)
    assert greys[0] - greys[-1] > 1.0


def test_a_month_keeps_its_rows_apart_and_counts_them(tmp_path, store):
    log = Log()
    boot(log)
    for day in range(28):
        held(log, 1, day * DAY + HOUR, 600)
        beat(log, 1, day * DAY + 2 * HOUR, day * DAY + 23 * HOUR)
    start = int(datetime(2026, 10, 10, 20, tzinfo=UTC).timestamp() * 1000)
    put(store, log, [Contact(1, day * DAY, start + day * DAY, 4) for day in range(29)])
    path = tmp_path / "month.svg"
    reports.night_raster(store, path, zone_name="Europe/London", last=14)
    text = path.read_text()
    assert "14 nights: used 13, not used 1" in text
    assert len(re.findall(r'id="hold-\d+-\d+"', text)) == 13


@pytest.mark.parametrize("name", ["night.gif", "night"])
def test_a_format_that_is_none(store, tmp_path, name):
    with pytest.raises(KitbagError) as caught:
        reports.night_raster(store, tmp_path / name)
    assert caught.value.allowed == ".svg, .pdf, .png"


def test_nothing_to_draw(store, tmp_path):
    with pytest.raises(KitbagError) as caught:
        reports.night_raster(store, tmp_path / "night.svg")
    assert caught.value.reason is Reason.NOTHING_STORED
    log = Log()
    boot(log)
    held(log, 1, MINUTE, 10)
    put(store, log, [])
    with pytest.raises(KitbagError) as caught:
        reports.night_raster(store, tmp_path / "night.svg")
    assert "known time" in caught.value.problem
