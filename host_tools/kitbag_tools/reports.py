"""The night raster: a row a night, noon in its margins, for a clinician and for the holder.

One picture in three layers: `plot` works out what stands where (pure), `_Sheet` draws it with
matplotlib, `night_raster` writes it. The same store gives the same bytes. What is not known is
hatched and never left blank, for blank reads as "not used".
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from .errors import KitbagError, Reason
from .files import write_atomically
from .history import History, load
from .nights import BOUTS, PARTLY_SEEN, Gesture, Night, Stretch, nights, placed
from .store import Store
from .timeline import weakest
from .zones import local
from .zones import zone as zone_called

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = (".svg", ".pdf", ".png")
LONGEST_NIGHTS = 366

# One hue a meaning, and each of them also a shape or a height: the page must read in grey
_INK = "#2b2733"
_QUIET = "#6f6a78"
_FAINT = "#b9b4c1"
_PAPER = "#faf8f5"
_HOLD_LIGHT = (0.80, 0.77, 0.91)
_HOLD_DARK = (0.20, 0.13, 0.40)
_WARM_FILL = "#f6d3b3"
_WARM_LINE = "#b4541a"
_FACE_LINE = "#7d5a45"
_SCENT = "#2f6f5e"
_TOUCH = "#3d6fa5"
_STOP = "#2b2733"
_HATCH = "#cfcad6"

# Pressure above rest at which a bar has its lightest and its darkest shade
_SOFT_PA, _FIRM_PA = 300.0, 3000.0
# The warmth ribbon's scale: from a cool room to the highest level there is
_RIBBON_LOW_C, _RIBBON_HIGH_C = 20.0, 40.0


_LEFT_IN, _RIGHT_IN, _PLOT_IN = 1.45, 2.35, 7.4
_HEAD_IN, _FOOT_IN = 1.28, 0.98


@dataclass(frozen=True)
class Bands:
    """Where in a row everything lies, from its top (0) to its bottom (1)."""

    marks: float
    bars: tuple[float, float]
    comfort: float
    ribbon: tuple[float, float]


_LOW_ROW = Bands(0.085, (0.16, 0.50), 0.585, (0.66, 0.93))
_TALL_ROW = Bands(0.075, (0.125, 0.40), 0.475, (0.55, 0.95))


@dataclass(frozen=True)
class Layout:
    """How much of a night is shown (hours from noon, on the wall) and how tall a row is."""

    from_h: float
    to_h: float
    row_in: float

    @property
    def tall(self) -> bool:
        return self.row_in > 1

    @property
    def bands(self) -> Bands:
        return _TALL_ROW if self.tall else _LOW_ROW


def night_raster(
    store: Store,
    path: Path,
    *,
    zone_name: str | None = None,
    device: str | None = None,
    zone: tzinfo | None = None,
    last: int = LONGEST_NIGHTS,
) -> None:
    """Draw the last `last` nights of one object to `path` (.svg, .pdf or .png).

    Times are in `zone`, or the zone called `zone_name`, or UTC. Raises KitbagError: nothing
    stored, matplotlib missing, file not writable.
    """
    if path.suffix.lower() not in FORMATS:
        raise KitbagError(
            where=str(path),
            reason=Reason.USAGE,
            given=path.suffix or "no ending",
            allowed=", ".join(FORMATS),
            next_step="give the picture a name that ends in .svg",
        )
    history = load(store, device)
    where = zone or zone_called(zone_name or "UTC")
    shown = [n for n in nights(history, where) if n.reason != PARTLY_SEEN] or nights(
        history, where
    )
    shown = shown[-last:]
    if not shown:
        raise KitbagError(
            where=str(store.path),
            reason=Reason.NOTHING_STORED,
            problem="there is no night with a known time to draw",
            next_step="use the object, then run `kitbag sync`",
        )
    sheet = _Sheet(history, shown, where, zone_name or _zone_words(where))
    write_atomically(path, sheet.drawn(path.suffix.lower()))


def layout(shown: list[Night], where: tzinfo) -> Layout:
    """Crop to the hours in which anything happened, with an hour around them, at least ten."""
    edges: list[float] = []
    for night in shown:
        moments = [
            *(placed(g.start) for g in night.gestures if g.kind != "rest"),
            *(placed(g.end) for g in night.gestures if g.end and g.kind != "rest"),
            *(edge for s in [*night.warmth, *night.touch] for edge in (s.start_ms, s.end_ms)),
            *(m.utc_ms for m in night.marks if m.kind in ("scent", "stop")),
        ]
        edges += [hours(night, at, where) for at in moments if at is not None]
    low, high = (min(edges) - 0.75, max(edges) + 0.75) if edges else (9.0, 20.0)
    low, high = max(0.0, float(int(low))), min(24.0, float(-int(-high // 1)))
    if high - low < 10:
        middle = (low + high) / 2
        low = max(0.0, min(14.0, float(round(middle - 5))))
        high = low + 10
    count = len(shown)
    return Layout(low, high, 2.5 if count == 1 else 1.5 if count <= 3 else 0.66)


def hours(night: Night, utc_ms: int, where: tzinfo) -> float:
    """Hours from the night's noon to a moment as a clock on the wall shows them."""
    at = local(utc_ms, where).replace(tzinfo=None)
    noon = datetime(night.date.year, night.date.month, night.date.day, 12)
    return min(24.0, max(0.0, (at - noon).total_seconds() / 3600))


def shade(pressure_pa: float | None) -> tuple[float, float, float]:
    """The colour of a hold of mean pressure `pressure_pa`: firmer is darker."""
    share = ((pressure_pa or 0.0) - _SOFT_PA) / (_FIRM_PA - _SOFT_PA)
    share = min(1.0, max(0.0, share)) ** 0.7
    light, dark = _HOLD_LIGHT, _HOLD_DARK
    mixed = [a + share * (b - a) for a, b in zip(light, dark, strict=True)]
    return mixed[0], mixed[1], mixed[2]


class _Sheet:
    """One drawing. Everything is placed in inches on the sheet or hours in a row."""

    def __init__(
        self, history: History, shown: list[Night], where: tzinfo, zone_name: str
    ) -> None:
        self._history = history
        self._nights = shown
        self._where = where
        self._zone_name = zone_name
        self._layout = layout(shown, where)
        self._bands = self._layout.bands
        self._told: dict[str, str] = {}  # id of a drawn thing: what it says when pointed at

    def drawn(self, suffix: str) -> bytes:
        """The file's bytes."""
        matplotlib = _matplotlib()
        settings: dict[Any, Any] = {
            "svg.hashsalt": "kitbag",
            "svg.fonttype": "path",
            "font.family": "DejaVu Sans",
            "hatch.linewidth": 0.6,
            "pdf.fonttype": 42,
        }
        with matplotlib.rc_context(settings):
            figure = self._figure()
            out = io.BytesIO()
            # Without dates and program versions in it, or no two files would be the same
            empty: dict[str, dict[str, Any]] = {
                ".svg": {"Date": None, "Creator": None},
                ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
                ".png": {"Software": None},
            }
            figure.savefig(out, format=suffix[1:], metadata=empty[suffix], dpi=150)
        data = out.getvalue()
        return self._spoken(data.decode()).encode() if suffix == ".svg" else data

    def _figure(self) -> Figure:
        from matplotlib.figure import Figure

        rows_in = self._layout.row_in * len(self._nights)
        height = _HEAD_IN + rows_in + _FOOT_IN
        width = _LEFT_IN + _PLOT_IN + _RIGHT_IN
        figure = Figure(figsize=(width, height), facecolor="white")
        rows = figure.add_axes(
            (_LEFT_IN / width, _FOOT_IN / height, _PLOT_IN / width, rows_in / height)
        )
        rows.set_xlim(self._layout.from_h, self._layout.to_h)
        rows.set_ylim(len(self._nights), 0)
        self._clock(rows)
        for place, night in enumerate(self._nights):
            self._row(rows, place, night)
        page = figure.add_axes((0, 0, 1, 1), facecolor="none")
        page.set_xlim(0, width)
        page.set_ylim(height, 0)
        page.axis("off")
        self._head(page)
        self._foot(page, height, width)
        return figure

    # --- the frame -----------------------------------------------------------------------------

    def _clock(self, rows: Axes) -> None:
        first, last = int(self._layout.from_h), int(self._layout.to_h)
        step = 1 if last - first <= 14 else 2
        ticks = [h for h in range(first, last + 1) if h % step == 0]
        rows.set_xticks(ticks, [f"{(12 + h) % 24:02d}" for h in ticks])
        rows.xaxis.set_ticks_position("top")
        rows.tick_params(length=0, labelsize=8.5, labelcolor=_QUIET, pad=3)
        rows.set_yticks([])
        for spine in rows.spines.values():
            spine.set_visible(False)
        for hour in ticks:
            midnight = hour == 12
            rows.axvline(
                hour,
                color=_FAINT if midnight else "#e7e3ea",
                linewidth=1.0 if midnight else 0.6,
                zorder=1.5,
            )

    def _head(self, page: Axes) -> None:
        first, last = self._nights[0].date, self._nights[-1].date
        if first == last:
            title = f"Night of {first:%A} {first.day} {first:%B %Y}"
        elif (first.year, first.month) == (last.year, last.month):
            title = f"Nights of {first.day} to {last.day} {last:%B %Y}"
        else:
            begin = f"{first.day} {first:%B}{'' if first.year == last.year else f' {first.year}'}"
            title = f"Nights of {begin} to {last.day} {last:%B %Y}"
        left = _LEFT_IN - 1.25
        page.text(left, 0.36, title, fontsize=15, color=_INK, weight="bold", va="center")
        page.text(
            left,
            0.62,
            f"What was done with the object, noon to noon, {self._zone_name}",
            fontsize=9,
            color=_QUIET,
            va="center",
        )
        self._legend(page, left, 0.9)
        for offset, word in zip(_COLUMNS, ("held", "warm", "scent"), strict=True):
            page.text(
                _LEFT_IN + _PLOT_IN + offset,
                _HEAD_IN - 0.11,
                word,
                fontsize=8.5,
                color=_QUIET,
                ha="right",
                va="center",
            )

    def _legend(self, page: Axes, x: float, y: float) -> None:
        from matplotlib.patches import Rectangle

        def word(at: float, text: str) -> None:
            page.text(at, y, text, fontsize=8, color=_INK, va="center")

        for i in range(5):
            pressure = _SOFT_PA + i * (_FIRM_PA - _SOFT_PA) / 4
            page.add_patch(
                Rectangle((x + 0.13 * i, y - 0.06), 0.13, 0.12, facecolor=shade(pressure))
            )
        word(x + 0.72, "held, firmer is darker")
        x += 2.35
        page.plot([x], [y], marker="^", color=_INK, markersize=4.5)
        word(x + 0.1, "squeeze")
        x += 0.8
        page.plot([x], [y], marker="o", color=_INK, markersize=3)
        word(x + 0.1, "pat")
        x += 0.5
        page.plot([x], [y], marker="s", color="white", mec=_STOP, markersize=4.6, mew=1.1)
        word(x + 0.11, "stop")
        x += 0.6
        page.plot([x, x], [y - 0.07, y + 0.07], color=_SCENT, linewidth=1.8)
        word(x + 0.08, "scent")
        x += 0.62
        page.plot([x, x + 0.26], [y, y], color=_TOUCH, linewidth=1.6, linestyle=(0, (2, 1)))
        word(x + 0.33, "touch")
        x += 0.92
        page.add_patch(Rectangle((x, y - 0.06), 0.3, 0.12, facecolor=_WARM_FILL))
        page.plot([x, x + 0.3], [y - 0.06, y - 0.06], color=_WARM_LINE, linewidth=1.2)
        page.plot([x, x + 0.3], [y - 0.01, y - 0.01], color=_FACE_LINE, linewidth=0.8, ls=":")
        word(x + 0.37, "warmth: pad, face (dotted)")
        x += 2.2
        page.add_patch(
            Rectangle(
                (x, y - 0.06), 0.3, 0.12, facecolor="white", edgecolor=_HATCH, hatch="//////", lw=0
            )
        )
        word(x + 0.37, "not known")

    def _foot(self, page: Axes, height: float, width: float) -> None:
        left = _LEFT_IN - 1.25
        lines = footer(self._history, self._nights)
        for i, line in enumerate(lines):
            page.text(left, height - 0.66 + 0.2 * i, line, fontsize=8, color=_QUIET, va="center")
        page.plot([left, width - 0.2], [height - 0.84, height - 0.84], color=_FAINT, linewidth=0.7)

    # --- a row ---------------------------------------------------------------------------------

    def _row(self, rows: Axes, place: int, night: Night) -> None:
        from matplotlib.patches import Rectangle

        low, high = self._layout.from_h, self._layout.to_h
        rows.add_patch(
            Rectangle((low, place + 0.03), high - low, 0.94, facecolor=_PAPER, zorder=1)
        )
        self._unknown(rows, place, night)
        self._warmth(rows, place, night)
        for number, gesture in enumerate(night.gestures):
            self._gesture(rows, place, night, number, gesture)
        for mark in night.marks:
            at = hours(night, mark.utc_ms, self._where)
            if mark.kind == "scent":
                rows.plot(
                    [at, at],
                    [place + self._bands.comfort - 0.06, place + self._bands.comfort + 0.06],
                    color=_SCENT,
                    linewidth=1.8,
                    solid_capstyle="butt",
                    zorder=5,
                )
            elif mark.kind == "stop":
                rows.plot(
                    [at],
                    [place + self._bands.marks],
                    marker="s",
                    color="white",
                    mec=_STOP,
                    mew=1.1,
                    markersize=4.6,
                    zorder=6,
                )
        for touch in night.touch:
            span = [hours(night, at, self._where) for at in (touch.start_ms, touch.end_ms)]
            rows.plot(
                span,
                [place + self._bands.comfort] * 2,
                color=_TOUCH,
                linewidth=1.6,
                linestyle=(0, (2, 1)),
                zorder=4,
            )
        self._margins(rows, place, night)

    def _unknown(self, rows: Axes, place: int, night: Night) -> None:
        """Hatch every hour that the log does not cover."""
        from matplotlib.patches import Rectangle

        low, high = self._layout.from_h, self._layout.to_h
        known = sorted(
            (hours(night, s.start_ms, self._where), hours(night, s.end_ms, self._where))
            for s in night.known
        )
        at = low
        for begin, stop in [*known, (high, high)]:
            start = min(max(begin, low), high)
            if start - at > 1 / 120:
                rows.add_patch(
                    Rectangle(
                        (at, place + 0.03),
                        start - at,
                        0.94,
                        facecolor="white",
                        edgecolor=_HATCH,
                        hatch="//////",
                        linewidth=0,
                        zorder=2,
                    )
                )
            at = max(at, stop)

    def _warmth(self, rows: Axes, place: int, night: Night) -> None:
        top, bottom = (place + share for share in self._bands.ribbon)
        for stretch in night.warmth:
            # What cools after the heater has ended still belongs to the picture
            shown = Stretch("warm", stretch.start_ms - 60_000, stretch.end_ms + 60_000)
            points = [t for t in night.temperatures if shown.start_ms <= t.utc_ms <= shown.end_ms]
            for attribute, colour, style in (
                ("face_c", _FACE_LINE, ":"),
                ("pad_c", _WARM_LINE, "-"),
            ):
                series = [
                    (hours(night, t.utc_ms, self._where), getattr(t, attribute))
                    for t in points
                    if getattr(t, attribute) is not None
                ]
                if not series:
                    continue
                xs = [x for x, _ in series]
                ys = [_on_ribbon(c, top, bottom) for _, c in series]
                if attribute == "pad_c":
                    rows.fill_between(xs, ys, bottom, color=_WARM_FILL, linewidth=0, zorder=3)
                rows.plot(
                    xs,
                    ys,
                    color=colour,
                    linewidth=1.2 if style == "-" else 0.9,
                    ls=style,
                    zorder=4,
                )
            if not points:
                span = [hours(night, at, self._where) for at in (stretch.start_ms, stretch.end_ms)]
                rows.fill_between(
                    span, (top + bottom) / 2, bottom, color=_WARM_FILL, linewidth=0, zorder=3
                )
        if night.warmth:
            rows.plot(
                [self._layout.from_h, self._layout.to_h],
                [bottom, bottom],
                color=_FAINT,
                linewidth=0.5,
                zorder=2.5,
            )
        if self._layout.tall and night.warmth:
            for level in (20, 30, 40):
                y = _on_ribbon(level, top, bottom)
                rows.text(
                    self._layout.from_h - 0.03,
                    y,
                    f"{level} °C",
                    fontsize=6.5,
                    color=_QUIET,
                    ha="right",
                    va="center",
                )
                rows.plot(
                    [self._layout.from_h, self._layout.to_h],
                    [y, y],
                    color=_FAINT,
                    linewidth=0.4,
                    linestyle=(0, (1, 3)),
                    zorder=2.5,
                )

    def _gesture(
        self, rows: Axes, place: int, night: Night, number: int, gesture: Gesture
    ) -> None:
        from matplotlib.patches import Rectangle

        start_ms = placed(gesture.start)
        end_ms = placed(gesture.end) if gesture.end else None
        if start_ms is None:
            return
        at = hours(night, start_ms, self._where)
        if gesture.kind in BOUTS:
            name = f"hold-{place}-{number}"
            top, bottom = (place + share for share in self._bands.bars)
            open_end = end_ms is None
            stop = at + 0.08 if end_ms is None else hours(night, end_ms, self._where)
            bar = Rectangle(
                (at, top),
                max(stop - at, 0.025),
                bottom - top,
                facecolor="white" if open_end else shade(gesture.mean_pa),
                edgecolor=_HOLD_DARK,
                linewidth=0.8 if open_end else 0.35,
                linestyle=":" if open_end else "-",
                zorder=5,
            )
            bar.set_gid(name)
            rows.add_patch(bar)
            self._told[name] = bar_words(gesture, self._where)
        elif gesture.kind in ("squeeze", "pat"):
            rows.plot(
                [at],
                [place + self._bands.marks],
                marker="^" if gesture.kind == "squeeze" else "o",
                color=_INK,
                markersize=4.5 if gesture.kind == "squeeze" else 3,
                zorder=5,
            )

    def _margins(self, rows: Axes, place: int, night: Night) -> None:
        left = self._layout.from_h
        an_inch = (self._layout.to_h - left) / _PLOT_IN
        middle = place + (0.30 if self._layout.tall else 0.5)
        a_line = 0.19 / self._layout.row_in
        change = night.end_ms - night.start_ms != 86_400_000
        rows.text(
            left - 1.25 * an_inch,
            middle - (a_line / 2 if change else 0),
            f"{night.date:%a} {night.date.day} {night.date:%b}",
            fontsize=9.5,
            color=_INK,
            va="center",
        )
        if change:
            rows.text(
                left - 1.25 * an_inch,
                middle + a_line / 2,
                "clocks change",
                fontsize=7,
                color=_QUIET,
                va="center",
            )
        right = self._layout.to_h
        if night.use != "used":
            words = "not used" if night.use == "not_used" else _WHY.get(night.reason, "not known")
            rows.text(
                right + (_COLUMNS[0] - 0.42) * an_inch,
                middle,
                words,
                fontsize=8.5,
                color=_QUIET,
                style="italic",
                va="center",
            )
            return
        cells = (
            f"{night.held_min:.0f} min" if night.held_min else "–",
            f"{night.warmth_min:.0f} min" if night.warmth_min else "–",
            f"{night.scents}" if night.scents else "–",
        )
        under = (
            f"{night.holds}×" if night.holds else "",
            f"≤ {night.pad_max_c:.1f} °C" if night.warmth_min and night.pad_max_c else "",
            "",
        )
        for offset, cell, small in zip(_COLUMNS, cells, under, strict=True):
            x = right + offset * an_inch
            shift = a_line / 2 if small else 0
            rows.text(x, middle - shift, cell, fontsize=9, color=_INK, ha="right", va="center")
            rows.text(
                x, middle + shift, small, fontsize=7.5, color=_QUIET, ha="right", va="center"
            )

    # --- for who listens instead of looking ----------------------------------------------------

    def _spoken(self, svg: str) -> str:
        """The SVG with a title, a description, and words on every hold."""
        from .nights import describe

        title = f"Nights of object {self._history.device}"
        told = [" ".join(describe(night, self._where, "")) for night in self._nights] + footer(
            self._history, self._nights
        )
        head = (
            f'<title id="title">{escape(title)}</title>'
            f'<desc id="desc">{escape(" ".join(told))}</desc>'
        )
        svg = re.sub(
            r"(<svg\b)([^>]*>)",
            lambda m: f'{m[1]} role="img" aria-labelledby="title desc"{m[2]}{head}',
            svg,
            count=1,
        )
        return re.sub(
            r'<g id="(hold-\d+-\d+)">',
            lambda m: f"{m[0]}<title>{escape(self._told[m[1]])}</title>",
            svg,
        )


# Right edges of the columns in the right margin, in inches from the plot
_COLUMNS = (0.72, 1.55, 2.05)

_WHY = {
    "no_power": "no power",
    "gap": "gap in the log",
    "clock_unknown": "times not known",
    "not_logged": "not written down",
    "guest": "lent to others",
    "withheld": "withheld",
    "no_data": "not known",
}


_WHAT_IT_IS = (
    "Usage, not a measure of sleep, mood or worth. Levels are pad temperatures; the face "
    "against the skin is 1–3 °C cooler."
)


def bar_words(gesture: Gesture, where: tzinfo) -> str:
    """What a bar says when pointed at."""
    start_ms = placed(gesture.start)
    about = "" if gesture.start.anchored else "about "
    start = f"{local(start_ms, where):%H:%M:%S}" if start_ms is not None else "?"
    told = f"Held from {about}{start}"
    if gesture.duration_s is not None:
        minutes, seconds = divmod(round(gesture.duration_s), 60)
        told += f" for {minutes} min {seconds} s" if minutes else f" for {seconds} s"
    else:
        told += ", end not known"
    if gesture.mean_pa is not None and gesture.peak_pa is not None:
        told += f"; {gesture.mean_pa:.0f} Pa, at most {gesture.peak_pa:.0f} Pa"
    return told


def footer(history: History, shown: list[Night]) -> list[str]:
    """Where the picture comes from and how far it can be trusted."""
    used = sum(night.use == "used" for night in shown)
    unknown = sum(night.use == "unknown" for night in shown)
    lost = sum(gap.count for log in history.logs for gap in log.gaps)
    without = sum(s.minutes for night in shown for s in night.silent if s.kind == "no_power")
    quality = weakest(night.quality for night in shown if night.quality)
    nights_word = f"{len(shown)} night{'s' if len(shown) != 1 else ''}"
    told = f"{nights_word}: used {used}, not used {len(shown) - used - unknown}, unknown {unknown}"
    if lost:
        told += f" · {lost} record{'s' if lost != 1 else ''} missing from the log"
    else:
        told += " · no record missing"
    if without >= 1:
        told += f" · without power for at most {without:.0f} min"
    clock = {
        None: "",
        "anchored_both": "right within 1 s",
        "anchored_one": "right within 1 s",
        "bounded": "some only known within bounds",
        "unknown": "some not known",
    }[quality]
    if clock:
        told += f" · times {clock}"
    return [
        f"Object {history.device} · firmware {history.firmware}",
        told,
        _WHAT_IT_IS,
    ]


def _on_ribbon(celsius: float, top: float, bottom: float) -> float:
    share = (celsius - _RIBBON_LOW_C) / (_RIBBON_HIGH_C - _RIBBON_LOW_C)
    return bottom - min(1.0, max(0.0, share)) * (bottom - top)


def _zone_words(where: tzinfo) -> str:
    return str(where)


def _matplotlib():
    try:
        import matplotlib
    except ImportError as error:
        raise KitbagError(
            where="report",
            reason=Reason.PART_MISSING,
            problem="pictures need matplotlib, which is not installed",
            next_step="pip install 'kitbag[reports]'",
        ) from error
    return matplotlib
