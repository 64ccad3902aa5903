"""Values over time: a curve of days, and windows where they lie, with marks on days and levels to compare with."""

import string
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from quetsach.core.period import TABLE_DAY
from quetsach.core.text import number_text
from quetsach.web.design import alt
from quetsach.web.design.charts.drawing import HEIGHT, NARROW, WIDTH, drawn

_STRONG = "#2f4a66"
_SOFT = "#8fa3b8"
_LEVEL = "#8a4b00"
_ROMAN = ("I", "II", "III", "IV", "V")
_LABELS = 18
"""Height of the labels under the plot."""
_ABOVE, _HANGS = 1.2, 24
"""How much higher the plot is than its highest window where marks hang in it, and how far these hang down."""


@dataclass(frozen=True, slots=True)
class _Screen:
    """What a chart is drawn for: size of the plot, letters of a line below it, labels of its axes, form of days.

    Words begin ``before`` the plot; ``name`` is the class by which the stylesheet shows one form and hides the other.
    """

    width: int
    height: int
    line: int
    labels: int
    before: int = 0
    name: str = ""
    days: str = ""


_PAGE = _Screen(WIDTH, HEIGHT, 100, 6)
_WIDE = replace(_PAGE, name="is-wide")
_PHONE = _Screen(215, 220, 42, 2, 62, NARROW, "%m/%Y")
"""As wide as a screen of 360 px leaves, so that letters have their own size."""


@dataclass(frozen=True, slots=True)
class Mark:
    """An upright line on a day, with a number whose words stand below the plot."""

    day: date
    words: str


@dataclass(frozen=True, slots=True)
class CurveChart:
    """A value a day, in order of time, with marks on some days; a gap of days is a gap in the line."""

    title: str
    description: str
    unit: str
    points: Sequence[tuple[date, float]]
    marks: Sequence[Mark] = ()


def draw_curve(chart: CurveChart, *, language: str) -> str:
    """Return the chart as one ``<svg>`` element that can stand inside a page.

    Args:
        chart: what to draw; values at least 0.
        language: for separators and days.
    """
    rows: list[dict[str, object]] = []
    run = 0
    for n, (day, value) in enumerate(chart.points):
        run += n > 0 and (day - chart.points[n - 1][0]).days > 1
        rows.append({"day": day.isoformat(), "value": value, "run": str(run)})
    form = _day_form(language)
    y = alt.Y("value:Q", title=chart.unit, scale=alt.Scale(zero=True), axis=alt.Axis(format=",d", tickCount=5))
    line = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_line(color=_STRONG, strokeWidth=1.8)
        .encode(x=_days("day", form), y=y, detail="run:N")
    )
    words = [f"{n}. {mark.day:{form}}: {mark.words}" for n, mark in enumerate(chart.marks, 1)]
    marks = [layer for n, mark in enumerate(chart.marks, 1) for layer in _mark(mark, n, form)]
    return drawn(
        alt.layer(line, *marks, *([_below(words)] if words else [])),
        chart.title,
        " ".join((chart.description, *(f"{text}." for text in words))),
        language,
    )


@dataclass(frozen=True, slots=True)
class Span:
    """A value of a window of whole days, what it is called, and whether it is the baseline."""

    first: date
    last: date
    value: float
    name: str
    is_baseline: bool


@dataclass(frozen=True, slots=True)
class Level:
    """A value to set the windows beside, such as what a campaign aims at, with what it is."""

    value: float
    words: str


@dataclass(frozen=True, slots=True)
class SpanChart:
    """Values of windows in order of time, each as wide as its window is long; days of no window are empty.

    Marks before the first window or after the last are left out. A level is a line across the plot; its name is its
    place among the levels in Roman numerals, as windows have numbers and marks letters.
    """

    title: str
    description: str
    unit: str
    spans: Sequence[Span]
    marks: Sequence[Mark] = ()
    levels: Sequence[Level] = ()


def draw_spans_for_screens(chart: SpanChart, *, language: str) -> str:
    """Return the chart as two ``<svg>`` elements, for wide screens and for phones; the stylesheet shows one of them.

    Args:
        chart: what to draw; values at least 0.
        language: for separators and days.
    """
    return "\n".join(_draw_spans(chart, screen, language) for screen in (_WIDE, _PHONE))


def draw_spans(chart: SpanChart, *, language: str) -> str:
    """Return the chart as one ``<svg>`` element that can stand inside a page.

    Words stand below it: windows by number, levels by Roman numeral, marks by letter.

    Args:
        chart: what to draw; values at least 0.
        language: for separators and days.
    """
    return _draw_spans(chart, _PAGE, language)


def _draw_spans(chart: SpanChart, screen: _Screen, language: str) -> str:
    form = _day_form(language)
    rows = [
        {
            "first": span.first.isoformat(),
            "last": (span.last + timedelta(days=1)).isoformat(),
            "middle": (span.first + (span.last - span.first) / 2).isoformat(),
            "value": span.value,
            "kind": "baseline" if span.is_baseline else "window",
            "n": str(n),
        }
        for n, span in enumerate(chart.spans, 1)
    ]
    marks = _within(chart.marks, chart.spans)
    highest = max((*(span.value for span in chart.spans), *(level.value for level in chart.levels)), default=0.0)
    # a mark hangs above all windows and their numbers, and crosses none of them
    scale = alt.Scale(domain=[0, _ABOVE * highest], nice=False) if marks and highest else alt.Scale(zero=True)
    y = alt.Y("value:Q", title=chart.unit, scale=scale, axis=alt.Axis(format=",d", tickCount=5))
    base = alt.Chart(alt.InlineData(values=rows)).encode(y=y)
    bars = base.mark_bar().encode(
        x=_days("first", screen.days or form, screen.labels),
        x2="last:T",
        y2=alt.value(screen.height),
        fill=alt.condition("datum.kind == 'baseline'", alt.value(_STRONG), alt.value(_SOFT)),
        stroke=alt.value(_STRONG),
    )
    numbers = base.mark_text(dy=-8, fontSize=13, fontWeight=600).encode(
        x=_days("middle", screen.days or form, screen.labels), text="n:N"
    )
    told = [
        f"{n}. {span.first:{form}} – {span.last:{form}}, {span.name}: {number_text(span.value, language)}"
        for n, span in enumerate(chart.spans, 1)
    ]
    aims = list(zip(_ROMAN, chart.levels, strict=False))
    told += [f"{name}. {level.words}: {number_text(level.value, language)}" for name, level in aims]
    said = [f"{letter}. {mark.day:{form}}: {mark.words}" for letter, mark in marks]
    hung = [layer for letter, mark in marks for layer in _hung(mark, letter, screen.days or form, screen.labels)]
    words = [*told, *said]
    across = [layer for name, level in aims for layer in _across(level, name, screen)]
    layers = (bars, *across, numbers, *hung, *([_below(words, screen)] if words else []))
    description = " ".join((chart.description, *(f"{w}." for w in words)))
    size = (screen.width, screen.height)
    return drawn(alt.layer(*layers), chart.title, description, language, size, name=screen.name)


def _within(marks: Sequence[Mark], spans: Sequence[Span]) -> list[tuple[str, Mark]]:
    """Return the marks from the first window to the last, each with its letter; after z come aa, ab and so on."""
    if not spans:
        return []
    first, last = min(span.first for span in spans), max(span.last for span in spans)
    kept = [mark for mark in marks if first <= mark.day <= last]
    alphabet = string.ascii_lowercase
    letters = [*alphabet, *(one + other for one in alphabet for other in alphabet)]
    return list(zip(letters, kept, strict=False))


def _hung(mark: Mark, letter: str, form: str, labels: int) -> "tuple[alt.Chart, ...]":
    """Return the upright line of a mark above the windows, and its letter over it."""
    at = alt.Chart(alt.InlineData(values=[{"day": mark.day.isoformat()}])).encode(x=_days("day", form, labels))
    return (
        at.mark_rule(strokeWidth=1.8, color=_LEVEL).encode(y=alt.value(0), y2=alt.value(_HANGS)),
        at.mark_text(fontSize=13, fontWeight=600, text=letter).encode(y=alt.value(-12)),
    )


def _across(level: Level, name: str, screen: _Screen) -> "tuple[alt.Chart, ...]":
    """Return the line of a level from edge to edge, and its numeral over its right end."""
    at = alt.Chart(alt.InlineData(values=[{"value": level.value}])).encode(y="value:Q")
    return (
        at.mark_rule(strokeDash=[6, 4], strokeWidth=1.8, color=_LEVEL).encode(
            x=alt.value(0), x2=alt.value(screen.width)
        ),
        at.mark_text(fontSize=13, fontWeight=600, align="right", dy=-8, text=name).encode(x=alt.value(screen.width)),
    )


def _day_form(language: str) -> str:
    """Return how days are written; what draws them knows the same directives."""
    return TABLE_DAY.in_language(language)


def _days(field: str, form: str, labels: int = _PAGE.labels) -> "alt.X":
    """Return an axis of whole days: the same picture whatever the time zone of the machine that draws it."""
    axis = alt.Axis(format=form, tickCount=labels, labelAngle=0, grid=False)
    return alt.X(f"{field}:T", title=None, scale=alt.Scale(type="utc"), axis=axis)


def _mark(mark: Mark, number: int, form: str) -> "tuple[alt.Chart, ...]":
    """Return the line of a mark through the plot, and its number above: no text crosses a line."""
    marked = alt.Chart(alt.InlineData(values=[{"day": mark.day.isoformat()}])).encode(x=_days("day", form))
    return (
        marked.mark_rule(strokeDash=[6, 4], strokeWidth=1.2, color=_LEVEL),
        marked.mark_text(fontSize=13, fontWeight=600, text=str(number)).encode(y=alt.value(-10)),
    )


def _below(words: Sequence[str], screen: _Screen = _PAGE) -> "alt.Chart":
    """Return the words of windows and marks, one under the other below the plot; long ones take several lines."""
    lines = [line for text in words for line in textwrap.wrap(text, screen.line, subsequent_indent="    ")]
    rows: list[dict[str, object]] = [
        {"words": line, "y": screen.height + _LABELS + 20 * n} for n, line in enumerate(lines, 1)
    ]
    told = alt.Chart(alt.InlineData(values=rows)).mark_text(align="left", fontSize=13, baseline="top")
    made: alt.Chart = told.encode(text="words:N", x=alt.value(-screen.before), y=alt.Y("y:Q", scale=None, axis=None))
    return made
