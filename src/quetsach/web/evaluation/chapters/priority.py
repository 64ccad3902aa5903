"""The ten botnets: which ones stated criteria choose, and which of them other weights would change."""

from quetsach.assess.figure import days_of
from quetsach.assess.not_estimable import NotEstimable
from quetsach.assess.priority import Criterion, Observation
from quetsach.campaign.schedule.decision import DecisionKind
from quetsach.centre.evaluation.inputs import Dimension, Inputs, Priority
from quetsach.core.text import LocalText, Number, Text
from quetsach.web.evaluation.document import Block, Cell, Chapter, Column, Form, Gap, Paragraph, Table

_TITLE = Text("The ten botnets to take on")
_NONE = Text("There are no data of the baseline window.")
_YES, _NO = Text("yes"), Text("no")
_CRITERIA = (
    Column("id", Text("Code"), Form.CODE),
    Column("name", Text("Criterion")),
    Column("weight", Text("Weight"), Form.NUMBER, 2),
    Column("low", Text("Scores 0"), Form.NUMBER, 2),
    Column("high", Text("Scores 1"), Form.NUMBER, 2),
    Column("is_log", Text("Scale by logarithm")),
    Column("is_used", Text("Was measured")),
    Column("text", Text("What it is")),
)


def priority(inputs: Inputs) -> Chapter:
    """Return the chapter: the choice as the baseline window showed it, and the decision of the office beside it."""
    found = inputs.priority
    if found is None:
        return Chapter("priority", _TITLE, (Gap(_TITLE, _NONE),))
    families = inputs.changes.get(Dimension.FAMILY, ())
    shown = set() if isinstance(families, NotEstimable) else {change.id for change in families}
    table = _chosen(found, shown, _decided(inputs))
    return Chapter("priority", _TITLE, (_said(found), table, *_rests_on(found, shown)))


def settings(found: Priority | None) -> dict[str, object]:
    """Return what choosing again takes beside the tables."""
    if found is None:
        return {}
    criteria = found.choice.criteria
    numbers = {"seats": criteria.seats, "concentration": criteria.concentration, "certain": criteria.certain}
    return {"priority": {"version": criteria.version, "seed": found.seed, **numbers}}


def _decided(inputs: Inputs) -> frozenset[str]:
    """Return the families of the decision in force; none where the office decided nothing."""
    decisions = inputs.outcome.decisions if inputs.outcome else ()
    replaced = {d.supersedes for d in decisions}
    standing = [d for d in decisions if d.kind is DecisionKind.BOTNETS and d.number not in replaced]
    return frozenset(standing[-1].subjects if standing else ())


def _said(found: Priority) -> Block:
    criteria = found.choice.criteria
    return Paragraph(
        Text(
            "{seats} families by stated criteria and weights (version {version}), on the baseline window {window}. "
            "“Certain”: among the first with {certain} % or more of the weights near the stated ones; “contested”: it "
            "hangs on the weights.",
            seats=criteria.seats,
            version=criteria.version,
            window=days_of(found.period),
            certain=Number(100 * criteria.certain),
        )
    )


def _chosen(found: Priority, shown: set[str], decided: frozenset[str]) -> Table:
    used = _used(found)
    columns = (
        Column("id", Text("Code"), Form.CODE),
        Column("name", Text("Family")),
        Column("is_chosen", Text("By the criteria")),
        Column("is_decided", Text("Decided")),
        Column("standing", Text("Standing")),
        Column("score", Text("Score"), Form.NUMBER, 2, "priority-score"),
        Column("acceptability", Text("Among the first"), Form.PERCENT),
        *(Column(f"score_{c.id}", c.name, Form.NUMBER, 2) for c in used),
    )
    rows: list[tuple[Cell, ...]] = []
    # Those without figures come last by their codes: their order tells nothing.
    for candidate in sorted(found.choice.candidates, key=lambda c: "" if c.family in shown else c.family):
        chosen = _YES if candidate.is_chosen else _NO
        decision = (_YES if candidate.family in decided else _NO) if decided else None
        figures: list[Cell] = [None] * (2 + len(used))
        if candidate.family in shown:
            figures = [candidate.score, 100 * candidate.acceptability, *(candidate.scores[c.id] for c in used)]
        name = found.names[candidate.family]
        rows.append((candidate.family, name, chosen, decision, candidate.standing.text, *figures))
    note = Text("Families of few addresses are named without figures.")
    return Table("priority", _TITLE, columns, tuple(rows), note)


def _used(found: Priority) -> tuple[Criterion, ...]:
    return tuple(c for c in found.choice.criteria.criteria if c not in found.choice.left_out)


def _rests_on(found: Priority, shown: set[str]) -> tuple[Block, ...]:
    """Return the criteria and what was measured: with these and the seed anyone makes the same choice."""
    criteria = found.choice.criteria
    used = _used(found)
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (c.id, c.name, c.weight, *map(_short, (c.low, c.high)), _yes(is_true=c.is_log), _yes(is_true=c in used), c.text)
        for c in criteria.criteria
    )
    columns = (
        Column("id", Text("Code"), Form.CODE),
        Column("name", Text("Family")),
        *(Column(c.id, c.name, Form.NUMBER, 2) for c in used),
    )
    measured = tuple(_measured(o, found) for o in found.observations if o.family in shown)
    return (
        Table("priority-criteria", Text("Criteria and weights"), _CRITERIA, rows),
        Table(
            "priority-measured",
            Text("What was measured of each family"),
            columns,
            measured,
            is_long=True,
        ),
    )


def _measured(observation: Observation, found: Priority) -> tuple[Cell, ...]:
    values = (observation.values.get(c.id) for c in _used(found))
    return (observation.family, found.names[observation.family], *values)


def _short(number: float) -> float:
    """Return a whole number as one: it is written without decimals."""
    return int(number) if number.is_integer() else number


def _yes(*, is_true: bool) -> LocalText:
    return _YES if is_true else _NO
