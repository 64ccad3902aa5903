"""How long infections last: by family and by provider, and what comes back."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from quetsach.assess.cases import CaseReport, Group, TimeToClean
from quetsach.assess.estimate import Answer
from quetsach.assess.figure import days_of
from quetsach.assess.not_estimable import NotEstimable
from quetsach.centre.evaluation.inputs import Cases, Inputs
from quetsach.core.text import LocalText, Number, Text
from quetsach.web.evaluation.chapters.words import HIGH, LOW, refused, sentences, why_not
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
    Steps,
    Table,
    answer_cells,
)

LONGEST_DAYS: Final = 120
"""How far the curves are drawn and told."""
_TITLE = Text("Time to clean")
_NONE = Text("There are no data of both windows.")
_WHOLE = Text("Whole country")
_BY = {
    Group.FAMILY: Text("by family"),
    Group.ISP: Text("by provider"),
}
_WHAT = Text(
    "An episode belongs to an installation of the malware, known by its own identifier, and not to an address, and "
    "ends with the last sighting before 14 quiet days on the uptime clock. Groups of fewer than 50 clean-ups get "
    "no figures."
)
_GROUP = Column("group", Text("Group"))
_COLUMNS = (
    Column("id", Text("Code"), Form.CODE),
    _GROUP,
    Column("events", Text("Became clean"), Form.NUMBER),
    Column("median_days", Text("Median, days"), Form.NUMBER, 1, "median-time-to-clean"),
    Column("median_low", LOW, Form.NUMBER, 1),
    Column("median_high", HIGH, Form.NUMBER, 1),
    Column("infected_14", Text("Infected after 14 days"), Form.PERCENT, 1, "still-infected"),
    Column("infected_30", Text("Infected after 30 days"), Form.PERCENT, 1, "still-infected"),
    Column("why_not", Text("Why there is none")),
)
_CURVE_COLUMNS = (
    Column("id", Text("Code"), Form.CODE),
    _GROUP,
    Column("day", Text("Day", context="number"), Form.NUMBER),
    Column("share", Text("Still infected"), Form.PERCENT, 1, "still-infected"),
    Column("low", LOW, Form.PERCENT, 1),
    Column("high", HIGH, Form.PERCENT, 1),
)
_RETURN_COLUMNS = (
    Column("days", Text("Within days"), Form.NUMBER),
    Column("share", Text("Infected again"), Form.PERCENT, 1, "reinfected"),
    Column("low", LOW, Form.PERCENT, 1),
    Column("high", HIGH, Form.PERCENT, 1),
    Column("why_not", Text("Why there is none")),
)
_LEAST = 0.0001
_OPEN = Text("Intervals of 95 %. “–”: not reached while it was watched.")


def cases(inputs: Inputs) -> Chapter:
    """Return the chapter; a refusal stands where there is no number."""
    found = inputs.cases
    if found is None:
        return Chapter("cases", _TITLE, (Gap(_TITLE, _NONE),))
    reports = {group: report for group, report in found.reports.items() if isinstance(report, CaseReport)}
    if not reports:
        reasons = [report for report in found.reports.values() if isinstance(report, NotEstimable)]
        return Chapter("cases", _TITLE, (refused(_TITLE, *reasons),))
    blocks: list[Content] = [Paragraph(sentences(_WHAT, _when(found)))]
    for group, report in reports.items():
        blocks += _group(group, report, found)
    return Chapter("cases", _TITLE, (*blocks, _returns(reports[Group.FAMILY])))


def _when(found: Cases) -> LocalText:
    period = days_of(found.period)
    if found.started is None:
        return Text("Watched: {period}.", period=period)
    return Text(
        "Watched: {period}; cases that were there before count from {start}, when the campaign began.",
        period=period,
        start=found.started,
    )


def _group(group: Group, report: CaseReport, found: Cases) -> list[Content]:
    by, table = _BY[group], f"time-to-clean-{group.value}"
    title = Text("Time to clean {by}", by=by)
    named = [
        (id_, found.names.get(id_, LocalText(id_, id_)), answer)
        for id_, answer in sorted(report.groups.items(), key=_by_events)
    ]
    rows = [("", _WHOLE, report.whole), *named]
    uncounted = found.kept_back[group]  # small ones, and those that give a small one back with the total
    curves = Table(
        f"survival-{group.value}",
        Text("Still infected day by day {by}", by=by),
        _CURVE_COLUMNS,
        tuple(cells for id_, name, answer in rows if id_ not in uncounted for cells in _curve(id_, name, answer)),
        is_long=True,
    )
    share = Series(Text("still infected, %"), "share", "low", "high")
    drawn = Steps(
        curves.id,
        "group",
        "day",
        share,
        Text("Share still infected {by}", by=by),
        Text("Pale band: interval of 95 %."),
        Text("days"),
    )
    medians = Dots(
        table,
        "group",
        (Series(Text("Median"), "median_days", "median_low", "median_high"),),
        title,
        Text("Half are clean after so many days. Lines: intervals of 95 %."),
        Text("days"),
    )
    cells = tuple(_row(*row, is_counted=row[0] not in uncounted) for row in rows)
    told = Table(table, title, _COLUMNS, cells, _OPEN)
    return [drawn, medians, told, *_difference(report), curves]


def _by_events(item: tuple[str, TimeToClean | NotEstimable]) -> tuple[float, str]:
    id_, answer = item
    return (0.0 if isinstance(answer, NotEstimable) else -float(answer.events), id_)


def _row(id_: str, name: LocalText, answer: TimeToClean | NotEstimable, *, is_counted: bool) -> tuple[Cell, ...]:
    if isinstance(answer, NotEstimable):
        return (id_, name, *[None] * 6, answer.text)
    days = [end if end is not None and np.isfinite(end) else None for end in answer_cells(answer.median)]
    shares = [_percents(share)[0] for share in answer.still_infected.values()]
    return (id_, name, answer.events if is_counted else None, *days, *shares, why_not(answer.median))


def _curve(id_: str, name: LocalText, answer: TimeToClean | NotEstimable) -> Iterator[tuple[Cell, ...]]:
    if isinstance(answer, TimeToClean):
        days = np.arange(min(LONGEST_DAYS, int(answer.curve.longest)) + 1)
        for day, *shares in zip(days, *answer.curve.sampled(days.astype(float)), strict=True):
            yield (id_, name, int(day), *(100 * float(share) for share in shares))


def _difference(report: CaseReport) -> list[Content]:
    if isinstance(report.comparison, NotEstimable):
        return []
    chance = report.comparison.probability
    said = Text(
        "If the groups were equally quick, so large a difference had probability {less}{chance} (log-rank test).",
        less="< " if chance < _LEAST else "",
        chance=Number(max(chance, _LEAST), decimals=4),
    )
    return [Paragraph(said)]


def _returns(report: CaseReport) -> Content:
    title = Text("Infected again after being clean")
    rows = tuple((days, *_percents(answer), why_not(answer)) for days, answer in report.reinfection.items())
    reasons = {row[-1] for row in rows}
    if len(reasons) == 1 and (reason := next(iter(reasons))) is not None:
        return Gap(title, reason)
    return Table("reinfection", title, _RETURN_COLUMNS, rows)


def _percents(answer: Answer) -> tuple[float | None, float | None, float | None]:
    if isinstance(answer, NotEstimable):
        return (None, None, None)
    return (100 * answer.value, 100 * answer.low, 100 * answer.high)
