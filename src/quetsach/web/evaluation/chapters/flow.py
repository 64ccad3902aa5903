"""The flow of units through a registered roll-out (CONSORT): how each step began, and how many were analysed."""

from collections.abc import Iterator

from quetsach.assess.effect.fidelity import Flow, Kept, StepFlow
from quetsach.core.text import LocalText, Number, Text
from quetsach.web.evaluation.document import Block, Boxes, Cell, Column, Form, Paragraph, Table

_TITLE = Text("From the order drawn to the analysis")
_KEPT = {
    Kept.AS_PLANNED: Text("As planned"),
    Kept.EARLY: Text("Early"),
    Kept.LATE: Text("Late"),
    Kept.NEVER: Text("Never"),
    Kept.NOT_NOTED: Text("Not noted"),
}
_COLUMNS = (
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
    yield Boxes("flow", _TITLE, _NOTE, _top(found))
    yield Table(
        "flow", _TITLE, _COLUMNS, tuple(_row(number, step) for number, step in enumerate(found.steps, 1)), _NOTE
    )
    if found.fidelity is None:
        yield Paragraph(_NOT_RECORDED)
    elif found.fidelity.spilled:
        yield Paragraph(_spilled(found.fidelity.spilled))


def _top(found: Flow) -> LocalText:
    return Text("Units drawn: {drawn}; steps: {steps}", drawn=Number(found.drawn), steps=len(found.steps))


def _row(number: int, step: StepFlow) -> tuple[Cell, ...]:
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
