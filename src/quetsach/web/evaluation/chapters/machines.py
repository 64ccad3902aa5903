"""How many machines there are and how long they stay infected: changes, time to clean, what comes back."""

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from quetsach.assess.cases import CaseReport, Group, TimeToClean
from quetsach.assess.definitions import change_of
from quetsach.assess.estimate import Answer, Estimate, NotEstimable
from quetsach.assess.hosts.calibration import ASSUMED, StandsOn
from quetsach.assess.hosts.comparison import Comparison, Covered, Gone
from quetsach.assess.hosts.doubts import may_be_named, small_families
from quetsach.centre.evaluation.inputs import Cases, Inputs
from quetsach.core.text import LocalText, Number, Text
from quetsach.web.evaluation.document import (
    HIGH,
    LOW,
    STANDS_ON,
    Cell,
    Chapter,
    Column,
    Content,
    Dots,
    Form,
    Gap,
    Paragraph,
    Series,
    Statement,
    Steps,
    Table,
    Tone,
    answer_cells,
    refused,
    sentences,
    why_not,
)

_TITLE = Text("Machines and infections")
_NONE = Text("There are no two windows with data to compare machines in.")
_WHAT = Text(
    "An address is not a machine. Infections on line are estimated from how long each address was there, over those "
    "feeds and families alone that both windows have in the same way. Where families are added up, a machine with two "
    "of them is two infections."
)
_COLUMNS = (
    Column("measure", Text("Measure")),
    Column("before", Text("Baseline"), Form.NUMBER),
    Column("after", Text("Last window"), Form.NUMBER),
    Column("reduction", Text("Reduction"), Form.PERCENT, 1, "observed-reduction"),
    Column("reduction_low", LOW, Form.PERCENT, 1),
    Column("reduction_high", HIGH, Form.PERCENT, 1),
    STANDS_ON,
    Column("why_not", Text("Why there is none")),
)


_BAND = Text(
    "The interval has the uncertainty of both windows, taken in opposite directions. One method mostly errs the same "
    "way in both, so that the interval is wider than the true error. Addresses are counted and have none."
)
_CALIBRATED = Text(
    "What each window may be off by is calibrated on machines with bot IDs, in the networks where the malware sends "
    "them."
)
_GONE = Text("Gone: cleaned, or no longer seen")
_GONE_COLUMNS = (
    Column("family", Text("Family")),
    Column("machines", Text("Machines in the baseline window"), Form.NUMBER),
    Column("daily_addresses", Text("Daily addresses"), Form.NUMBER),
)


def machines(inputs: Inputs) -> Chapter:
    """Return the chapter."""
    found = inputs.machines
    if found is None:
        return Chapter("machines", _TITLE, (Gap(_TITLE, _NONE),))
    blocks: list[Content] = [*_measures(found)]
    if isinstance(found.machines, Estimate):
        blocks += [Paragraph(_covered(found.covered)), Paragraph(_BAND), Paragraph(_stands_on(found))]
        blocks.append(Paragraph(found.could_go_unseen))
    blocks += _gone(inputs, found) if found.gone else []
    if inputs.same_holiday:
        blocks.append(_at_the_same_holiday(inputs.same_holiday))
    told = {notice.text for notice in inputs.targets.notices} if inputs.targets else set()
    blocks += [
        Statement(Tone.CAUTION, Text("Caution"), notice.text) for notice in found.notices if notice.text not in told
    ]
    return Chapter("machines", _TITLE, tuple(blocks))


def _measures(found: Comparison) -> list[Content]:
    """Return the table; where nothing can be measured, why."""
    answers = (found.machines, found.by_events, found.by_addresses)
    refusals = [answer for answer in answers if isinstance(answer, NotEstimable)]
    if len(refusals) == len(answers):
        return [refused(_TITLE, *refusals)]
    one = found.covered.families == 1
    rows = (
        _row(
            Text("Machines on line") if one else Text("Infections on line"),
            found.machines,
            StandsOn.ASSUMED if found.assumed_families else StandsOn.CALIBRATED,
        ),
        _row(
            Text("Machines told from events") if one else Text("Infections told from events"),
            found.by_events,
            StandsOn.ASSUMED,
        ),
        _row(Text("Daily addresses"), found.by_addresses, None),
    )
    return [Paragraph(_WHAT), Table("machines", _TITLE, _COLUMNS, rows)]


def _row(name: LocalText, answer: Answer, stands_on: StandsOn | None) -> tuple[Cell, ...]:
    if isinstance(answer, NotEstimable):
        return (name, None, None, None, None, None, None, why_not(answer))
    ends = (answer.low, answer.high) if answer.low < answer.high else (None, None)
    return (name, answer.measured.get("before"), answer.measured.get("after"), answer.value, *ends, stands_on, None)


def _gone(inputs: Inputs, found: Comparison) -> list[Content]:
    """Return the families that are no longer seen, those too small to be named in one row, and the total with them."""
    names = inputs.gone_names
    shown = [g for g in found.gone if g.watch.family in names and may_be_named(g.daily_addresses)]
    rows: list[tuple[Cell, ...]] = [
        (names[g.watch.family], _machines_of(g), g.daily_addresses)
        for g in sorted(shown, key=lambda g: -g.daily_addresses)
    ]
    if small := len(found.gone) - len(shown):
        rows.append((small_families(small), None, None))
    made: list[Content] = [Table("gone", _GONE, _GONE_COLUMNS, tuple(rows))]
    if isinstance(found.if_gone_are_clean, Estimate) and shown:
        told = found.if_gone_are_clean.percent_text()
        made.append(
            Paragraph(
                Text("If every machine with these families was cleaned, the total reduction is {told}.", told=told)
            )
        )
    return made


def _at_the_same_holiday(found: Comparison) -> Content:
    """Say what the window with a holiday is against the same holiday of another year."""
    title = Text("Against the same holiday of another year")
    if isinstance(found.machines, NotEstimable):
        return refused(title, found.machines)
    ends = (found.machines.low, found.machines.high)
    if found.machines.value < 0:
        ends = (-ends[1], -ends[0])
    low, high = (Number(end, decimals=1) for end in ends)
    text = Text(
        "Two windows with the same holiday, {before} and {after}: infections on line {change} ({low} % to {high} %).",
        before=found.before,
        after=found.after,
        change=change_of(-found.machines.value),
        low=low,
        high=high,
    )
    return Statement(Tone.FACT, title, text)


def _machines_of(gone: Gone) -> float | None:
    machines = gone.machines
    return machines.value if isinstance(machines, Estimate) and may_be_named(machines.value) else None


def _stands_on(found: Comparison) -> LocalText:
    """Say of how many families the errors are calibrated, and of how many they are assumed."""
    calibrated, of = len(found.calibrated_families), len({watch.family for watch in found.panel})
    if not calibrated:
        return ASSUMED
    if calibrated == of:
        return _CALIBRATED
    return Text(
        "For {calibrated} of {of} families, what each window may be off by is calibrated on machines "
        "with bot IDs, in the networks where the malware sends them. {assumed}",
        calibrated=calibrated,
        of=of,
        assumed=ASSUMED,
    )


def _covered(covered: Covered) -> LocalText:
    percent = math.floor(covered.percent)
    return Text(
        "The total is of {families} of the {of} families of the baseline window, which had at least "
        "{percent} % of its infections.",
        families=covered.families,
        of=covered.of,
        percent=percent,
    )


# How long infections last: by family and by provider, and what comes back.


LONGEST_DAYS: Final = 120
"""How far the curves are drawn and told."""
_CASES_TITLE = Text("Time to clean")
_CASES_NONE = Text("There are no data of both windows.")
_WHOLE = Text("Whole country")
_BY = {
    Group.FAMILY: Text("by family"),
    Group.ISP: Text("by provider"),
}
_CASES_WHAT = Text(
    "An episode belongs to an installation of the malware, known by its own identifier, and not to an address, and "
    "ends with the last sighting before 14 quiet days on the uptime clock. Groups of fewer than 50 clean-ups get "
    "no figures."
)
_GROUP = Column("group", Text("Group"))
_CASES_COLUMNS = (
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
        return Chapter("cases", _CASES_TITLE, (Gap(_CASES_TITLE, _CASES_NONE),))
    reports = {group: report for group, report in found.reports.items() if isinstance(report, CaseReport)}
    if not reports:
        reasons = [report for report in found.reports.values() if isinstance(report, NotEstimable)]
        return Chapter("cases", _CASES_TITLE, (refused(_CASES_TITLE, *reasons),))
    blocks: list[Content] = [Paragraph(sentences(_CASES_WHAT, _when(found)))]
    for group, report in reports.items():
        blocks += _group(group, report, found)
    return Chapter("cases", _CASES_TITLE, (*blocks, _returns(reports[Group.FAMILY])))


def _when(found: Cases) -> LocalText:
    period = found.period
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
    cells = tuple(_cases_row(*row, is_counted=row[0] not in uncounted) for row in rows)
    told = Table(table, title, _CASES_COLUMNS, cells, _OPEN)
    return [drawn, medians, told, *_difference(report), curves]


def _by_events(item: tuple[str, TimeToClean | NotEstimable]) -> tuple[float, str]:
    id_, answer = item
    return (0.0 if isinstance(answer, NotEstimable) else -float(answer.events), id_)


def _cases_row(id_: str, name: LocalText, answer: TimeToClean | NotEstimable, *, is_counted: bool) -> tuple[Cell, ...]:
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
