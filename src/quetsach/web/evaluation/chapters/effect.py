"""Whether the campaign caused the change: the analysis against controls, whether it was registered, and its checks."""

from collections.abc import Iterator

from django.utils import timezone

from quetsach.assess.effect.finding import Finding, Part
from quetsach.assess.effect.method_texts import ASSUMPTIONS, METHOD_NAMES
from quetsach.assess.effect.sensitivity import judged_name, range_judged, sensitivity
from quetsach.assess.not_estimable import EXPLANATIONS, NotEstimable, NotEstimableReason
from quetsach.centre.evaluation.inputs import Effect, Inputs
from quetsach.core.number import SMALLEST_CELL
from quetsach.core.text import Number, Text
from quetsach.web.evaluation.chapters.flow import flow
from quetsach.web.evaluation.chapters.words import HIGH, LOW, percents, refused, sentences
from quetsach.web.evaluation.document import (
    Against,
    Cell,
    Chapter,
    Column,
    Content,
    Form,
    Gap,
    Paragraph,
    Series,
    Statement,
    Table,
    Tone,
)

_TITLE = Text("Did the campaign do it")
_NONE = Text(
    "There is no table of controls (provinces that began later, neighbour countries, or botnets that the campaign left "
    "alone), so what the campaign did cannot be told from everything else."
)
_UNREGISTERED = Text("The analysis was not registered before the campaign began.")
_COLUMNS = (
    Column("part", Text("Estimate")),
    Column("value", Text("Value"), Form.NUMBER, 3),
    Column("low", LOW, Form.NUMBER, 3),
    Column("high", HIGH, Form.NUMBER, 3),
)
_CHECKS = (
    Column("check", Text("Check")),
    Column("value", Text("Value"), Form.NUMBER, 3),
)
_FACTS = (
    Column("what", Text("What")),
    Column("value", Text("Value")),
)
_WEIGHTS = (
    Column("unit", Text("Control")),
    Column("share", Text("Weight"), Form.PERCENT, 1),
)
_LOGARITHMS, _FIGURES = Text("logarithms"), Text("the figures")
_OBSERVED, _EXPECTED = (
    Text("Observed"),
    Text("Expected without the campaign"),
)
_COURSE = (
    Column("period", Text("Period")),
    Column("observed", _OBSERVED, Form.NUMBER, 1),
    Column("expected", _EXPECTED, Form.NUMBER, 1),
    Column("low", LOW, Form.NUMBER, 1),
    Column("high", HIGH, Form.NUMBER, 1),
)


def effect(inputs: Inputs) -> Chapter:
    """Return the chapter."""
    if inputs.effect is None:
        return Chapter("effect", _TITLE, (Gap(_TITLE, _NONE),))
    found = inputs.effect.finding
    told = [refused(_TITLE, found)] if isinstance(found, NotEstimable) else _finding(found, inputs.effect)
    return Chapter("effect", _TITLE, (_registered(inputs.effect), *told, *flow(inputs.effect.flow)))


def _registered(effect: Effect) -> Statement:
    registered = effect.registered
    title = Text("Pre-registration")
    if registered is None:
        return Statement(Tone.CAUTION, title, _UNREGISTERED)
    when = Text("Registered on {day}.", day=timezone.localdate(registered.registered_at))
    tone = Tone.CAUTION if registered.differences else Tone.FACT
    return Statement(tone, title, sentences(when, *(d.text for d in registered.differences)))


def _finding(found: Finding, effect: Effect) -> Iterator[Content]:
    yield _facts(found, effect)
    if found.reduction is None:
        yield Gap(Text("Reduction by the campaign"), _NO_RATIO)
    yield from _course(found, effect)
    whole: tuple[Cell, ...] = (
        Text("Effect of the campaign"),
        found.effect.value,
        found.effect.low,
        found.effect.high,
    )
    note = Text(
        "On the scale of {scale}; negative is less than there would have been without the campaign. Intervals are of "
        "{sure} %.",
        scale=_LOGARITHMS if found.scale.is_log else _FIGURES,
        sure=Number(100 * found.confidence),
    )
    by_time = [part for part in found.parts if part.id.partition("-")[0] in _BY_TIME]
    others = [part for part in found.parts if part not in by_time]
    yield Table("effect", Text("Effect"), _COLUMNS, (whole, *map(_row, others)), note)
    if by_time:
        title = Text("Effect by time since the start")
        rows = tuple(map(_row, by_time))
        yield Table("effect-times", title, _COLUMNS, rows, note, is_long=len(rows) > _MOST_ROWS)
    if found.weights:
        shares = tuple((unit, 100 * share) for unit, share in found.weights.items())
        yield Table("effect-weights", Text("Weights of the controls"), _WEIGHTS, shares)
    if found.checks:
        rows = tuple((check.text, check.value) for check in found.checks)
        yield Table("effect-checks", Text("Checks of robustness"), _CHECKS, rows)
    yield from (Paragraph(text) for text in sensitivity(found))
    yield from (Statement(Tone.CAUTION, Text("Caution"), notice.text) for notice in found.notices)


def _row(part: Part) -> tuple[Cell, ...]:
    return (part.name, part.estimate.value, part.estimate.low, part.estimate.high)


_BY_TIME = ("lead", "since")
"""What the ids of parts begin with that are of one time before or since the start."""
_MOST_ROWS = 12
"""So many times are read; more are in the annex, and on the page for who unfolds them."""
_NO_COURSE = Text("With gaps in the panel or few controls, this method does not say what was expected in each period.")
_SMALL = Text("Figures of some period are under 10 and are not told one by one.")
_NO_RATIO = EXPLANATIONS[NotEstimableReason.NO_RATIO]


def _facts(found: Finding, effect: Effect) -> Table:
    """Return how large the effect is and what it is of: everything that its number means nothing without."""
    size = found.reduction
    rows = (
        (Text("Method"), METHOD_NAMES[found.method]),
        *(() if size is None else ((_REDUCTION, percents(size, found.confidence)),)),
        *(((judged_name(found), wider),) if (wider := range_judged(found)) else ()),
        *effect.basis,
        (Text("It stands on"), ASSUMPTIONS[found.method]),
    )
    return Table("effect-basis", Text("What was measured, and how"), _FACTS, rows)


_REDUCTION = Text("Reduction by the campaign")


def _course(found: Finding, effect: Effect) -> Iterator[Content]:
    """Yield the plot of observed against expected, and the table that it is drawn from."""
    points = list(found.points)
    title = Text("Observed, and expected without the campaign")
    if found.course is None or not points:
        yield Gap(title, _NO_COURSE)
        return
    if effect.is_counted and any(0 < (point.observed or 0) < SMALLEST_CELL for point in points):
        yield Gap(title, _SMALL)
        return
    mean = Text("geometric mean of the units") if found.scale.is_log else Text("mean of the units")
    rows = tuple(
        (
            point.period,
            point.observed,
            *((e.value, e.low, e.high) if (e := point.expected) else (None, None, None)),
        )
        for point in points
    )
    yield Against(
        "effect-course",
        "period",
        Series(_OBSERVED, "observed"),
        Series(_EXPECTED, "expected", "low", "high"),
        points[found.course.begins].period,
        title,
        Text(
            "Of the treated units. Pale band: interval of what was expected, for each period by itself. Upright line: "
            "the first unit begins. Where nobody is left to compare with, nothing is expected."
        ),
        mean,
    )
    yield Table("effect-course", title, _COURSE, rows, is_long=True)
