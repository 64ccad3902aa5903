"""Whether the campaign caused the change: the analysis, its registration and checks, and the flow of units."""

from collections.abc import Iterator

from django.utils import timezone

from quetsach.assess.effect.fidelity import Flow, Kept, StepFlow
from quetsach.assess.effect.finding import Finding, Part
from quetsach.assess.effect.method_texts import ASSUMPTIONS, METHOD_NAMES
from quetsach.assess.effect.sensitivity import judged_name, range_judged, sensitivity
from quetsach.assess.estimate import EXPLANATIONS, SMALLEST_CELL, NotEstimable, NotEstimableReason
from quetsach.centre.evaluation.inputs import Effect, Inputs
from quetsach.core.text import LocalText, Number, Text
from quetsach.web.evaluation.document import (
    HIGH,
    LOW,
    Against,
    Block,
    Boxes,
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
    percents,
    refused,
    sentences,
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


# The flow of units through a registered roll-out (CONSORT): how each step began, and how many were analysed.


_FLOW_TITLE = Text("From the order drawn to the analysis")
_KEPT = {
    Kept.AS_PLANNED: Text("As planned"),
    Kept.EARLY: Text("Early"),
    Kept.LATE: Text("Late"),
    Kept.NEVER: Text("Never"),
    Kept.NOT_NOTED: Text("Not noted"),
}
_FLOW_COLUMNS = (
    Column("step", Text("Step"), Form.NUMBER),
    Column("first", Text("Day drawn"), Form.DAY),
    Column("units", Text("Units"), Form.NUMBER),
    *(Column(kind.value.replace("-", "_"), name, Form.NUMBER) for kind, name in _KEPT.items()),
    Column("analysed", Text("Analysed"), Form.NUMBER),
    Column("lost", Text("Without figures"), Form.NUMBER),
)
_NOTE = Text(
    "As planned: began within a week of the day drawn. Analysed: there are figures before and after that day. All "
    "units count by the day that was drawn, whenever they began."
)
_NOT_RECORDED = Text("Nothing was recorded of when units really began.")


def flow(found: Flow | None) -> Iterator[Block]:
    """Yield the drawing, its table and what reached units too early; nothing without a registered roll-out."""
    if found is None:
        return
    yield Boxes("flow", _FLOW_TITLE, _NOTE, _top(found))
    yield Table(
        "flow",
        _FLOW_TITLE,
        _FLOW_COLUMNS,
        tuple(_flow_row(number, step) for number, step in enumerate(found.steps, 1)),
        _NOTE,
    )
    if found.fidelity is None:
        yield Paragraph(_NOT_RECORDED)
    elif found.fidelity.spilled:
        yield Paragraph(_spilled(found.fidelity.spilled))


def _top(found: Flow) -> LocalText:
    return Text("Units drawn: {drawn}; steps: {steps}", drawn=Number(found.drawn), steps=len(found.steps))


def _flow_row(number: int, step: StepFlow) -> tuple[Cell, ...]:
    kept = (None if step.kept is None else step.kept[kind] for kind in _KEPT)
    return (number, step.first, step.units, *kept, step.analysed, step.lost)


def _spilled(units: int) -> LocalText:
    return Text(
        "{count} unit was reached before its day, so that it is no true control any more: the estimate is smaller "
        "than the effect.",
        many="{count} units were reached before their day, so that they are no true controls any more: the estimate "
        "is smaller than the effect.",
        count=Number(units),
    )
