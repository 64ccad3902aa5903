"""What returns add up to, by any level of the tree of the period; as plain values for commands and the evaluation."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q

from quetsach.campaign.returns.answers import read_answers
from quetsach.campaign.returns.completeness import Completeness, completeness_text
from quetsach.campaign.returns.form import Element, Kind, Span
from quetsach.campaign.returns.state import RECEIVED, ReturnStatus
from quetsach.core.text import LocalText
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.returns.models import Assignment, FigureName, Period, Return
from quetsach.web.office.returns.selectors.tally import places_of, tally_of
from quetsach.web.office.tree.models import Position
from quetsach.web.office.tree.selectors import root_path

# What the returns of one or more periods add up to, by any level of the tree of the period.
#
# Only figures of a period are added over periods; those to date are taken from the last one, since each holds the ones
# before it. Returns are guarded against counting a machine twice when they are taken in, so a total is a plain sum.

CENTRE = "/"
"""In place of a path: the whole country."""


@dataclass(frozen=True, slots=True)
class Total:
    """A sum, and how many returns gave the figure: one that is missing is not a zero."""

    value: int = 0
    given: int = 0

    def __add__(self, other: "Total") -> "Total":
        """Put the returns of different units or periods together."""
        return Total(self.value + other.value, self.given + other.given)


type Totals = Mapping[str, Mapping[str, Total]]
"""By path of the group, then by name of the figure."""


def totals_by_level(
    assignment: Assignment,
    periods: Sequence[Period],
    elements: Sequence[Element],
    *,
    level: int,
    is_approved_only: bool,
    within: str = CENTRE,
) -> Totals:
    """Return sums by the units of a level; units above that level stand for themselves, so that nothing is lost.

    Args:
        assignment: what the returns are of.
        periods: in order of time, all of that assignment.
        elements: which figures of the form; each row of a table and each family is one of its own.
        level: 0 for the whole country, 1 for provinces and ministries, and so on.
        is_approved_only: what the public sees; else provisional, for the office.
        within: the path of a subtree.
    """
    found: dict[str, dict[str, Total]] = {}
    known = _known(elements)
    asked = _Question(assignment, _received(assignment), level, is_approved_only, within, len(root_path()))
    for span, wanted in ((Span.PERIOD, periods), (Span.TO_DATE, periods[-1:])):
        figures = {pk: name for pk, (name, its_span) in known.items() if its_span is span}
        for part in _same_tree(wanted) if figures else ():
            for name, path, value, given in _sums(asked, figures, part):
                group = found.setdefault(path, {})
                group[name] = group.get(name, Total()) + Total(value, given)
    return found


def _known(elements: Sequence[Element]) -> dict[int, tuple[str, Span]]:
    """Return name and span of the elements' figures by primary key; families have those that were ever reported."""
    spans = {name: element.span for element in elements for name in _names(element)}
    families = {f"{element.id}.": element.span for element in elements if element.kind is Kind.FAMILIES}
    asked = Q(code__in=spans)
    for begin in families:
        asked |= Q(code__startswith=begin)
    found = {}
    for pk, code in FigureName.objects.filter(asked).order_by("code").values_list("pk", "code"):
        span = spans.get(code) or next((span for begin, span in families.items() if code.startswith(begin)), None)
        if span:
            found[pk] = code, span
    return found


def _names(element: Element) -> list[str]:
    if element.kind is Kind.TABLE:
        return [f"{element.id}.{option.id}" for option in element.options]
    return [] if element.kind is Kind.FAMILIES else [element.id]


def whole(totals: Totals) -> Mapping[str, Total]:
    """Return the sums of all groups together."""
    added: dict[str, Total] = {}
    for group in totals.values():
        for name, total in group.items():
            added[name] = added.get(name, Total()) + total
    return added


def _same_tree(periods: Sequence[Period]) -> list[Sequence[Period]]:
    """Divide periods so that within each part no unit moves, and one query sees one tree."""
    if len(periods) < 2:
        return [periods] if periods else []
    moves = Position.objects.filter(first__gt=periods[0].last, first__lte=periods[-1].last)
    return [[period] for period in periods] if moves.exists() else [periods]


@dataclass(frozen=True, slots=True)
class _Question:
    """What is to be added up. ``root_length`` is that of the path of the tree's top.

    ``received`` are the periods of the assignment that have figures.
    """

    assignment: Assignment
    received: frozenset[int]
    level: int
    is_approved_only: bool
    within: str
    root_length: int


def _sums(
    asked: _Question, figures: Mapping[int, str], periods: Sequence[Period]
) -> Sequence[tuple[str, str, int, int]]:
    """Add up in two steps: by unit from the index alone, then up the tree, so that a unit's place is read once."""
    day = periods[-1].last
    wanted = [period.pk for period in periods]
    if asked.received.issubset(wanted):
        wanted = []  # without other periods' figures the rows need no sorting out: a third of the work
    of_periods = f"AND period_id IN ({', '.join(['%s'] * len(wanted))})" if wanted else ""
    approved = "AND is_approved" if asked.is_approved_only else ""
    group = _ancestor_sql(asked.level, asked.root_length)
    names = ", ".join(["%s"] * len(figures))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH by_unit AS (
                SELECT name_id, unit_id, SUM(value) AS total, COUNT(*) AS given FROM office_returns_returnfigure
                WHERE assignment_id = %s AND name_id IN ({names}) {of_periods} {approved}
                GROUP BY name_id, unit_id
            )
            SELECT name_id, {group} AS top, SUM(total), SUM(given)
            FROM by_unit JOIN office_units_position AS place ON place.unit_id = by_unit.unit_id
            WHERE place.first <= %s AND (place.until IS NULL OR place.until > %s) AND substr(place.path, 1, %s) = %s
            GROUP BY 1, 2
            """,  # noqa: S608  (names of our own tables; every value is a parameter)
            [asked.assignment.pk, *figures, *wanted, day, day, len(asked.within), asked.within],
        )
        return [(figures[name], path, int(value), int(given)) for name, path, value, given in cursor.fetchall()]


def _received(assignment: Assignment) -> frozenset[int]:
    found = Return.objects.filter(period__assignment=assignment, state__in=RECEIVED)
    return frozenset(found.values_list("period", flat=True).distinct())


def _ancestor_sql(level: int, root_length: int) -> str:
    """Return SQL for the path of the ancestor of a level; keys have no slash, so slashes tell levels apart."""
    find = "strpos" if connection.vendor == "postgresql" else "instr"
    end = str(root_length)
    for _ in range(level):
        end = f"({end} + {find}(substr(place.path, {end} + 1), '/'))"
    return f"CASE WHEN place.level <= {level} THEN place.path ELSE substr(place.path, 1, {end}) END"


# Totals of a period as plain values: for commands, for others who count on.


def totals_report(period: Period, *, now: datetime, by: str, is_approved_only: bool) -> dict[str, Any]:
    """Return what the returns of a period add up to, by the units of a kind, with completeness and definitions.

    Args:
        period: figures of a period are added from the first one up to it, figures to date are of its returns.
        now: the moment of asking (UTC).
        by: ``country``, or the kind of unit that a row is: ``province``, ``district`` or ``commune``.
        is_approved_only: leave out what is not approved.
    """
    assignment, on_day = period.assignment, Position.objects.on(period.last)
    form = assignment.form.form
    deepest = on_day.filter(unit__kind=by).order_by("-level").values_list("level", flat=True).first()
    level = 0 if by == "country" else 1 if deepest is None else deepest
    elements = form.figure_elements()
    periods = list(assignment.periods.filter(last__lte=period.last))
    sums = totals_by_level(assignment, periods, elements, level=level, is_approved_only=is_approved_only)
    tally, country = tally_of(period, now=now), whole(sums)
    by_place, by_kind = tally.by_level(level), tally.by_kind()
    told = [completeness_text(kind, by_kind[kind], is_approved_only=is_approved_only) for kind in by_kind]
    return {
        "campaign": assignment.campaign.key,
        "form": form.code,
        "period": period.key,
        "since": periods[0].first.isoformat(),
        "first": period.first.isoformat(),
        "last": period.last.isoformat(),
        "is_approved_only": is_approved_only,
        "completeness": {kind: counted.as_json() for kind, counted in by_kind.items()},
        "completeness_told": [_both(text) for text in told],
        "conflicts": [[above.key, below.key] for above, below in tally.conflicts()],
        "figures": [
            {
                "id": element.id,
                "label": _both(element.label),
                "definition": _both(element.definition),
                "counts": str(element.counts),
                "span": str(element.span),
                "value": country[element.id].value,
                "given": country[element.id].given,
            }
            for element in elements
            if element.id in country
        ],
        "rows": [
            {
                "unit": place.key,
                "name": {"vi": place.name_vi, "en": place.name_en or place.name_vi},
                "expected": own.expected,
                "accounted": own.accounted_approved if is_approved_only else own.accounted,
                "completeness": own.as_json(),
                "values": {name: total.value for name, total in sorted(sums.get(place.path, {}).items())},
            }
            for place in places_of(on_day.filter(level__lte=level))
            if place.path in sums or place.path in by_place
            for own in (by_place.get(place.path, Completeness()),)
        ],
    }


def _both(text: LocalText) -> dict[str, str]:
    return {"vi": text.vi, "en": text.en}


# The returns of a campaign as records: for its evaluation, for others to count again, and for the annex of data.


def returns_for_evaluation(campaign: Campaign | str, *, now: datetime) -> Iterator[dict[str, Any]]:
    """Yield a record for every return that is expected in a campaign, by period and place in the tree.

    A missing return has a record, too, with its standing. Figures are of received returns, with the state that says
    whether they are approved; texts and contacts are left out, and so are reasons: they are for the units above.
    """
    key = campaign if isinstance(campaign, str) else campaign.key
    periods = (
        Period.objects.in_force()
        .filter(assignment__campaign__key=key)
        .select_related("assignment__form", "assignment__campaign")
    )
    for period in periods.order_by("assignment", "first"):
        yield from _records(period, now)


def _records(period: Period, now: datetime) -> Iterator[dict[str, Any]]:
    tally, form = tally_of(period, now=now), period.assignment.form.form
    filed = {one.unit_id: one for one in Return.objects.filter(period=period)}
    figures: dict[int, dict[str, int]] = {}
    for pk, name, value in (
        Return.objects.filter(period=period, figures__isnull=False)
        .order_by("figures__name__code")
        .values_list("pk", "figures__name__code", "figures__value")
    ):
        figures.setdefault(pk, {})[name] = value
    for path, standing in tally.survey.standings.items():
        place, one, counted = tally.places[path], filed.get(tally.places[path].pk), tally.survey.of(path)
        is_received = one is not None and bool(counted.received)
        yield {
            "campaign": period.assignment.campaign.key,
            "form": period.assignment.form.code,
            "period": period.key,
            "first": period.first.isoformat(),
            "last": period.last.isoformat(),
            "unit": place.key,
            "code": place.code,
            "kind": place.kind,
            "path": path,
            "standing": str(standing),
            "scope": one.scope if one and is_received else None,
            "due": tally.survey.expected[path].deadline.due.isoformat(),
            "submitted_at": one.submitted_at.isoformat() if one and one.submitted_at else None,
            "is_on_time": bool(counted.on_time) if is_received or standing is ReturnStatus.COVERED else None,
            "is_approved": bool(counted.approved),
            "figures": figures.get(one.pk, {}) if one and is_received else {},
            "not_known": sorted(read_answers(form, one.cells).missing) if one and is_received else [],
        }
