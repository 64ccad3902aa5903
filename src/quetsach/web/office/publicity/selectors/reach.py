"""How far a unit's publicity came: visits through its QR codes, and apart from them what its units did offline.

Visits are turns, not people; what went out over loudspeakers is neither. Nothing here is added up across the two.
Counts of other units below ``SMALLEST_CELL`` are hidden, and as many more as keep the totals from giving them back.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, F, Q, Sum

from quetsach.assess.estimate import SMALLEST_CELL
from quetsach.assess.privacy import Cell, Relation, given_away, hidden_cells
from quetsach.campaign.authority import Permission, scope
from quetsach.core.period import Period
from quetsach.core.text import NO_TEXT, LocalText
from quetsach.web.office.people.access import duties_of, require
from quetsach.web.office.people.models import Person
from quetsach.web.office.publicity.models import Visit
from quetsach.web.office.returns.models import Assignment, ReturnFigure
from quetsach.web.office.tree.models import Position, Unit
from quetsach.web.office.tree.selectors import position_of

_CHANNELS = "channels"


@dataclass(frozen=True, slots=True)
class UnitReach:
    """Visits through the codes of one unit and all below it; ``visits`` is ``None`` where the count is hidden."""

    unit: Unit
    visits: int | None


@dataclass(frozen=True, slots=True)
class ChannelUse:
    """What went out by one channel, from received returns; ``waiting`` is the part not approved yet."""

    label: LocalText
    times: int
    waiting: int
    units: int


@dataclass(frozen=True, slots=True)
class ChannelTable:
    """The channels of one campaign's returns; ``definition`` is the form's own."""

    campaign: LocalText
    definition: LocalText
    rows: tuple[ChannelUse, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """The report of a unit. ``None`` stands for a count that is hidden because it is small."""

    unit: Unit
    period: Period
    total: int | None
    own: int | None
    below: tuple[UnitReach, ...]
    weeks: tuple[tuple[Period, int | None], ...]
    days: tuple[tuple[date, int | None], ...]
    """Of one week alone."""
    channels: tuple[ChannelTable, ...]

    @property
    def largest(self) -> int:
        """The largest day, or the largest week of several, for bars."""
        return max((count or 0 for _, count in (*self.days, *(() if self.days else self.weeks))), default=0)


def reach_of(unit: Unit, period: Period, *, person: Person | None, day: date) -> Reach | None:
    """Return a unit's reach in a span of days (UTC); ``None`` if the unit was not in the tree then.

    Small counts are hidden week by week, and what is told of several weeks is a sum of what is told of each: spans that
    overlap give nothing more when one is taken from the other.

    Args:
        unit: the top of the subtree.
        period: which days; whole weeks for everybody but the operator of the machine.
        person: who asks; ``None`` for the operator of the machine.
        day: today in Viet Nam, for what the person may do.

    Raises:
        AccessError: not this person's to see.
    """
    if person:
        require(person, Permission.SEE, unit, day=day)
    top = position_of(unit, period.last) or position_of(unit, period.first)
    if top is None:
        return None
    is_own = person is None or position_in(unit, scope(duties_of(person, day=day), Permission.SEE), day)
    below, spans = _placed_below(top, period), weeks_in(period)
    weeks = {span: _week_of(unit, span, below, is_own=is_own, by_day=len(spans) == 1) for span in spans}
    parts = list(weeks.values())
    return Reach(
        unit=unit,
        period=period,
        total=_sum(part.total for part in parts),
        own=_sum(part.counts.get(unit.key, 0) for part in parts),
        below=tuple(
            UnitReach(child, _sum(part.counts.get(child.key, 0) for part in parts)) for child in _there(below, period)
        ),
        weeks=tuple((span, part.total) for span, part in weeks.items()),
        days=parts[0].days if len(parts) == 1 else (),
        channels=_channels(top.path, period),
    )


def weeks_in(period: Period) -> tuple[Period, ...]:
    """Return the parts of a period that lie in one week each, Monday to Sunday."""
    found, first = [], period.first
    while first <= period.last:
        last = min(first + timedelta(days=6 - first.weekday()), period.last)
        found.append(Period(first, last))
        first = last + timedelta(days=1)
    return tuple(found)


def whole_weeks(period: Period, *, utc_day: date) -> Period | None:
    """Return the weeks that a period touches and that are over; ``None`` if there is none."""
    first = period.first - timedelta(days=period.first.weekday())
    last = min(period.last + timedelta(days=6 - period.last.weekday()), utc_day - timedelta(days=utc_day.weekday() + 1))
    return Period(first, last) if first < last else None


@dataclass(frozen=True, slots=True)
class _Week:
    """What may be told of one week, by key of the unit itself and of those below it."""

    total: int | None
    counts: Mapping[str, int | None]
    days: tuple[tuple[date, int | None], ...]


def _week_of(unit: Unit, week: Period, placed: Sequence[Position], *, is_own: bool, by_day: bool) -> _Week:
    top = position_of(unit, week.last) or position_of(unit, week.first)
    if top is None:
        return _Week(0, {}, ())
    counts = _visits_by_path(top.path, week)
    below = _by_child(top, counts, _there(placed, week))
    cells = {unit.key: counts.get(top.path, 0), **{child.key: count for child, count in below.items()}}
    shown, has_total = _protected(cells, {unit.key} if is_own else set())
    total = sum(counts.values()) if has_total else None
    if not by_day:
        return _Week(total, shown, ())
    days = _visits_by_day(top.path, week)
    shown_days, has_days = _protected(days, set(days) if is_own and not below else set())
    told = tuple((date.fromisoformat(each), count) for each, count in shown_days.items())
    return _Week(total, shown, told if has_total and has_days else ())


def _sum(counts: Iterable[int | None]) -> int | None:
    """Add up; ``None`` where one of them is hidden."""
    known = list(counts)
    return None if None in known else sum(count for count in known if count is not None)


def position_in(unit: Unit, tops: Iterable[str], day: date) -> bool:
    """Whether a unit is itself one that duties name: its small counts are then the person's own."""
    place = position_of(unit, day)
    return place is not None and place.path in set(tops)


def _in_subtree(path: str, day: str, prefix: str = "unit__positions__") -> Q:
    """The filter for rows of units that stood below a path on the row's own day."""
    return Q(**{f"{prefix}path__startswith": path, f"{prefix}first__lte": F(day)}) & (
        Q(**{f"{prefix}until": None}) | Q(**{f"{prefix}until__gt": F(day)})
    )


def _visits_by_path(path: str, period: Period) -> Mapping[str, int]:
    rows = Visit.objects.filter(_in_subtree(path, "day"), day__range=(period.first, period.last))
    return dict(rows.values_list("unit__positions__path").annotate(Sum("count")))


def _visits_by_day(path: str, period: Period) -> dict[str, int]:
    rows = Visit.objects.filter(_in_subtree(path, "day"), day__range=(period.first, period.last))
    found = dict(rows.values_list("day").annotate(Sum("count")))
    return {day.isoformat(): found.get(day, 0) for day in period}


def _by_child(top: Position, counts: Mapping[str, int], children: Iterable[Unit]) -> dict[Unit, int]:
    """Add counts up by the units directly below, whether anybody came to them or not."""
    added: Counter[str] = Counter()
    for path, count in counts.items():
        if path != top.path:
            added[path.removeprefix(top.path).split("/", 1)[0]] += count
    return {child: added[child.key] for child in children}


def _placed_below(top: Position, period: Period) -> list[Position]:
    """Return where units stood directly below at any time in the span, by code."""
    below = Position.objects.filter(
        Q(until=None) | Q(until__gt=period.first), parent=top.unit_id, first__lte=period.last
    ).select_related("unit")
    return list(below.order_by("unit__code", "unit__opened"))


def _there(placed: Iterable[Position], span: Period) -> list[Unit]:
    """Return the units that stood there at any time in a span."""
    at_the_time = (p for p in placed if p.first <= span.last and (p.until is None or p.until > span.first))
    return list(dict.fromkeys(place.unit for place in at_the_time))


def _protected(values: Mapping[str, int], known: set[str]) -> tuple[Mapping[str, int | None], bool]:
    """Hide small values, but for those that the reader knows anyway, and none: that says nothing of any visitor.

    Zeros are shown, so a hidden value is 1 at least: ten hidden days with ten visits together have one each.

    Returns:
        What may be shown, and whether the total may stand beside it without giving away what is hidden.
    """
    cells: dict[Cell, int] = {(n, "visits"): value for n, value in values.items() if value and n not in known}
    whole = [Relation(tuple(cells))]
    hidden = hidden_cells(cells, whole, least=1)
    shown = {name: None if (name, "visits") in hidden else value for name, value in values.items()}
    concealed = [cells[cell] for cell in hidden]
    is_much = len(concealed) > 1 and sum(concealed) >= SMALLEST_CELL
    return shown, not concealed or (is_much and not given_away(cells, whole, hidden, least=1))


def _channels(path: str, period: Period) -> tuple[ChannelTable, ...]:
    """Add up what received returns say of each channel, for the periods that lie in the span.

    Returns of different assignments may speak of the same days: each has its own table.
    """
    figures = ReturnFigure.objects.filter(
        _in_subtree(path, "period__last"),
        name__code__startswith=f"{_CHANNELS}.",
        period__first__gte=period.first,
        period__last__lte=period.last,
    )
    sums = figures.values_list("assignment", "name__code").annotate(
        times=Sum("value"),
        waiting=Sum("value", filter=Q(is_approved=False), default=0),
        units=Count("unit", distinct=True),
    )
    uses: dict[int, dict[str, tuple[int, int, int]]] = {}
    for assignment, code, times, waiting, units in sums:
        uses.setdefault(assignment, {})[code.removeprefix(f"{_CHANNELS}.")] = (times, waiting, units)
    found = Assignment.objects.filter(pk__in=uses).select_related("form", "campaign").order_by("pk")
    return tuple(_channel_table(assignment, uses[assignment.pk]) for assignment in found)


def _channel_table(assignment: Assignment, uses: Mapping[str, tuple[int, int, int]]) -> ChannelTable:
    """Order the channels as the form does; the form says what one of each is."""
    element = assignment.form.form.element(_CHANNELS)
    options = element.options if element else ()
    rows = (ChannelUse(option.label, *uses[option.id]) for option in options if option.id in uses)
    return ChannelTable(assignment.campaign.plan.name, element.definition if element else NO_TEXT, tuple(rows))
