"""What the returns of one or more periods add up to, by any level of the tree of the period.

Only figures of a period are added over periods; those to date are taken from the last one, since each holds the ones
before it. Returns are guarded against counting a machine twice when they are taken in, so a total is a plain sum.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q

from quetsach.campaign.returns.form import Element, Kind, Span
from quetsach.campaign.returns.state import RECEIVED
from quetsach.web.office.returns.models import Assignment, FigureName, Period, Return
from quetsach.web.office.tree.models import Position
from quetsach.web.office.tree.selectors import root_path

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
