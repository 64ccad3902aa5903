"""Grades of providers, and the choice of the ten botnets: what is ranked, and how little is known of the order."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from statistics import median

from quetsach.assess.estimate import Answer, Estimate, NotEstimable
from quetsach.assess.grades import GradedProvider, ProviderGrades
from quetsach.assess.hosts.calibration import ASSUMED
from quetsach.assess.priority import Criterion, Observation
from quetsach.campaign.schedule.decision import DecisionKind
from quetsach.centre.evaluation.inputs import Dimension, Grades, Inputs, Priority
from quetsach.core.text import Joined, LocalText, Number, Text
from quetsach.lake.weekly import WEEK_DAYS
from quetsach.web.evaluation.document import (
    HIGH,
    LOW,
    Block,
    Cell,
    Chapter,
    Column,
    Content,
    Dots,
    Form,
    Gap,
    Paragraph,
    Series,
    Table,
    refused,
    sentences,
)

_TITLE = Text("Grades of providers")
_NO_SUBSCRIBERS = Text("The subscribers of the provider are missing.")
_NO_WINDOWS = Text("There are no data of both windows.")
_COLUMNS = (
    Column("id", Text("Code"), Form.CODE),
    Column("name", Text("Provider")),
    Column("grade", Text("Grade"), definition="provider-grade"),
    Column("subscribers", Text("Subscribers"), Form.NUMBER),
    Column("machines", Text("Infections"), Form.NUMBER, 1, "machines-online"),
    Column(
        "rate",
        Text("Per 1,000 subscribers"),
        Form.NUMBER,
        2,
        "machines-per-thousand-subscribers",
    ),
    Column("low", LOW, Form.NUMBER, 2),
    Column("high", HIGH, Form.NUMBER, 2),
    Column("above", Text("Chance to lie above the middle"), Form.PERCENT, 1),
    Column("rank_low", Text("Rank from"), Form.NUMBER),
    Column("rank_high", Text("Rank to"), Form.NUMBER),
)
_CHANGES = (
    Column("id", Text("Code"), Form.CODE),
    Column("name", Text("Provider")),
    Column("change", Text("Own change"), Form.CHANGE, 1),
    Column("low", LOW, Form.CHANGE, 1),
    Column("high", HIGH, Form.CHANGE, 1),
    Column("fell", Text("Chance that it fell"), Form.PERCENT, 1),
)
_WEEKS = (
    Column("window", Text("Window")),
    Column("first", Text("Week from"), Form.DAY),
    Column("id", Text("Provider's code")),
    Column("machines", Text("Infections"), Form.NUMBER, 1, "machines-online"),
)
_WORDS = Text(
    "Intervals of 95 %; rates are drawn to what all have in common (empirical Bayes). Graded where the chance to lie "
    "on one side of the middle is 95 % at least. Tell grades, not ranks."
)
_LINES = Text("Lines: intervals of 95 %.")
_DASHED = Text("Dashed: the middle of the providers.")
_SMALL = Text("Of providers with few machines only the grade is told.")


def grades(inputs: Inputs) -> Chapter:
    """Return the chapter; a refusal stands where providers cannot be graded."""
    found = inputs.grades
    if found is None:
        return Chapter("grades", _TITLE, (Gap(_TITLE, _NO_SUBSCRIBERS if inputs.has_two_windows else _NO_WINDOWS),))
    if isinstance(found.grades, NotEstimable):
        return Chapter("grades", _TITLE, (refused(_TITLE, found.grades), *_not_counted(found)))
    return Chapter("grades", _TITLE, tuple(_graded(found, found.grades)))


def grades_settings(found: Grades | None) -> dict[str, object]:
    """Return what grading again takes beside the tables."""
    return {"grades": {"seed": found.seed}} if found else {}


def _graded(found: Grades, graded: ProviderGrades) -> Iterator[Content]:
    yield Paragraph(
        Text(
            "Infections on line in the mean week, {window}; own change against {against}. A machine with two families "
            "is two infections.",
            window=found.window,
            against=found.against,
        )
    )
    for text in found.told:
        yield Paragraph(text)
    yield Paragraph(ASSUMED)
    small = found.kept_back
    shown = [p for p in graded.providers if p.isp not in small]
    unit = Text("infections per 1,000 subscribers")
    middle = _middle(graded, small)
    if shown:
        yield Dots(
            "grades",
            "name",
            (Series(Text("Rate"), "rate", "low", "high"),),
            Text("The rate of each provider"),
            _LINES if middle is None else sentences(_LINES, _DASHED),
            unit,
            level=middle,
            decimals=2,
        )
    kept_back = sorted(
        (p for p in graded.providers if p.isp in small), key=lambda p: p.isp
    )  # their order tells nothing
    rows = tuple(_row(p, found.names[p.isp], is_small=p.isp in small) for p in (*shown, *kept_back))
    yield Table("grades", _TITLE, _COLUMNS, rows, Text("{words} {small}", words=_WORDS, small=_SMALL))
    if changes := tuple(_change(p, found.names[p.isp]) for p in shown if p.change):
        yield Table("grades-own-change", Text("Own change"), _CHANGES, changes)
    yield from _not_graded(found, graded)
    yield _weeks(found, {p.isp for p in shown})


def _middle(graded: ProviderGrades, small: frozenset[str]) -> float | None:
    """Return the rate in the middle; ``None`` where it is, in whole or half, that of a provider which is not told."""
    providers = sorted(graded.providers, key=lambda p: p.graded.shrunk.value)
    ends = (providers[(len(providers) - 1) // 2], providers[len(providers) // 2])
    return None if any(p.isp in small for p in ends) else median(p.graded.shrunk.value for p in providers)


def _row(provider: GradedProvider, name: LocalText, *, is_small: bool) -> tuple[Cell, ...]:
    graded = provider.graded
    if is_small:
        return (provider.isp, name, graded.grade.text, *[None] * (len(_COLUMNS) - 3))
    rate = graded.shrunk
    figures = (provider.subscribers, provider.machines, rate.value, rate.low, rate.high, 100 * graded.above)
    return (provider.isp, name, graded.grade.text, *figures, *graded.rank)


def _change(provider: GradedProvider, name: LocalText) -> tuple[Cell, ...]:
    if provider.change is None:
        return (provider.isp, name, None, None, None, None)
    change = provider.change.change
    return (
        provider.isp,
        name,
        *(100 * value for value in (change.value, change.low, change.high)),
        100 * provider.change.fell,
    )


def _not_graded(found: Grades, graded: ProviderGrades) -> Iterator[Content]:
    for isp, refusal in graded.refused.items():
        yield refused(_grade_of((found.names[isp],)), refusal)
    if graded.without_subscribers:
        yield Gap(_grade_of(found.names[isp] for isp in graded.without_subscribers), _NO_SUBSCRIBERS)


def _grade_of(names: Iterable[LocalText]) -> LocalText:
    return Joined((_TITLE, Joined(names)), ": ")


def _not_counted(found: Grades) -> Iterator[Content]:
    """Yield the reasons why machines could not be counted, each with the providers that it stands in the way of."""
    reasons: dict[LocalText, dict[str, LocalText]] = {}
    for week in (*found.weeks, *found.before):
        for isp, answer in week.items():
            if isinstance(answer, NotEstimable) and isp in found.subscribers:
                reasons.setdefault(answer.text, {})[isp] = found.names[isp]
    for reason, names in reasons.items():
        yield Gap(Text("Infections week by week: {names}", names=Joined(names.values())), reason)


def _weeks(found: Grades, shown: set[str]) -> Table:
    """Return the counts that grades rest on: with them, the subscribers and the seed anyone gets the same grades."""
    rows = [
        (name, period.first + timedelta(days=WEEK_DAYS * n), isp, _value(week.get(isp)))
        for name, period, weeks in (
            (Text("Last window"), found.window, found.weeks),
            (Text("Baseline"), found.against, found.before),
        )
        for n, week in enumerate(weeks)
        for isp in sorted(shown)
    ]
    title = Text("Infections of providers week by week")
    return Table("grades-weeks", title, _WEEKS, tuple(rows), is_long=True)


def _value(answer: Answer | None) -> float:
    return answer.value if isinstance(answer, Estimate) else 0.0


# The ten botnets: which ones stated criteria choose, and which of them other weights would change.


_PRIORITY_TITLE = Text("The ten botnets to take on")
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
        return Chapter("priority", _PRIORITY_TITLE, (Gap(_PRIORITY_TITLE, _NONE),))
    families = inputs.changes.get(Dimension.FAMILY, ())
    shown = set() if isinstance(families, NotEstimable) else {change.id for change in families}
    table = _chosen(found, shown, _decided(inputs))
    return Chapter("priority", _PRIORITY_TITLE, (_said(found), table, *_rests_on(found, shown)))


def priority_settings(found: Priority | None) -> dict[str, object]:
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
            window=found.period,
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
    return Table("priority", _PRIORITY_TITLE, columns, tuple(rows), note)


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
