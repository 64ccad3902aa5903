"""Providers against the middle, how little is known of their order, and what became of each one's own rate."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from statistics import median

from quetsach.assess.estimate import Answer, Estimate
from quetsach.assess.figure import days_of
from quetsach.assess.grades import GradedProvider, ProviderGrades
from quetsach.assess.hosts.calibration import ASSUMED
from quetsach.assess.not_estimable import NotEstimable
from quetsach.centre.evaluation.inputs import Grades, Inputs
from quetsach.core.text import Joined, LocalText, Text
from quetsach.lake.weekly import WEEK_DAYS
from quetsach.web.evaluation.chapters.words import HIGH, LOW, refused, sentences
from quetsach.web.evaluation.document import (
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


def settings(found: Grades | None) -> dict[str, object]:
    """Return what grading again takes beside the tables."""
    return {"grades": {"seed": found.seed}} if found else {}


def _graded(found: Grades, graded: ProviderGrades) -> Iterator[Content]:
    yield Paragraph(
        Text(
            "Infections on line in the mean week, {window}; own change against {against}. A machine with two families "
            "is two infections.",
            window=days_of(found.window),
            against=days_of(found.against),
        )
    )
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
