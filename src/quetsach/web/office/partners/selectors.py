"""What partners reported, shown apart: each partner by itself, and over all of them only bounds.

Never added to the returns of units or to the reports of our own tool: the same machine may stand in all three.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Count, F, IntegerField, Max, Q, QuerySet, Sum, Value
from django.db.models.functions import Cast, StrIndex, Substr

from quetsach.campaign.partners.declaration import CountedAs, Declaration
from quetsach.campaign.partners.total import MEASURES, Figure, Part, across, totals
from quetsach.campaign.partners.window import Window, days_of
from quetsach.core.period import Period
from quetsach.web.office.partners.models import Delivery, DeliveryState, HeldRow, Line, Partner, rows_of
from quetsach.web.office.reading import kept_while_read
from quetsach.web.office.units.models import Unit
from quetsach.web.office.units.selectors import root_unit

_REMEMBERED_SECONDS = 600


@dataclass(frozen=True, slots=True)
class PartnerTotals:
    """The totals of one partner over a period, with how it counts."""

    partner: Partner
    declarations: tuple[Declaration, ...]
    figures: tuple[Figure, ...]
    families: tuple[tuple[str, Figure], ...] = ()

    def figure(self, measure: str, counted_as: CountedAs) -> Figure | None:
        """Return one of the figures."""
        return next((f for f in self.figures if (f.measure, f.counted_as) == (measure, counted_as)), None)


@dataclass(frozen=True, slots=True)
class PlaceTotals:
    """The totals of one partner in one province (or organisation of the level below the centre)."""

    unit: Unit
    figures: tuple[Figure, ...]


def partner_totals(partner: Partner, period: Period) -> PartnerTotals:
    """Return what a partner reported for the windows that lie wholly in a period."""
    return _remembered("totals", _partner_totals, partner, period)


def _remembered[T](name: str, read: Callable[[Partner, Period], T], partner: Partner, period: Period) -> T:
    """Read once what does not change until the partner's next row; adding up a season takes a second or more."""
    accepted, replaced = _held().get(partner.pk, (0, 0))
    key = f"partners-{name}-{partner.pk}-{period}-{accepted}-{replaced}"
    kept: T | None = cache.get(key)
    if kept is None:
        kept = read(partner, period)
        cache.set(key, kept, _REMEMBERED_SECONDS)
    return kept


@kept_while_read
def _held() -> dict[int, tuple[int, int]]:
    """Return how many rows each partner sent that were accepted, and how many that replaced others."""
    sums = Delivery.objects.values_list("partner").annotate(Sum("accepted"), Sum("replaced")).order_by()
    return {partner: (accepted, replaced) for partner, accepted, replaced in sums}


def _partner_totals(partner: Partner, period: Period) -> PartnerTotals:
    methods = _methods(partner)
    lines = _lines(partner)
    sums = _sums(_rows(partner, methods, period), ())
    products, families = [], defaultdict(list)
    for _, part, family in _parts(sums, lines, ()):
        if family:
            families[family].append(part)
        else:
            products.append(part)
    named = [(name, figure) for name, parts in families.items() for figure in totals(parts, methods)]
    counted = [(name, figure) for name, figure in named if figure.measure == "count"]
    return PartnerTotals(
        partner,
        tuple(methods[version] for version in sorted({lines[row["line_id"]].declaration.version for row in sums})),
        totals(products, methods),
        tuple(sorted(counted, key=lambda pair: (-pair[1].most, pair[0]))),
    )


def all_totals(period: Period) -> tuple[tuple[PartnerTotals, ...], tuple[Figure, ...]]:
    """Return the totals of each partner, and bounds over all: how far partners overlap is not known."""
    each = tuple(partner_totals(partner, period) for partner in Partner.objects.order_by("name"))
    return each, across(figure for one in each for figure in one.figures)


def totals_by_place(partner: Partner, period: Period) -> tuple[PlaceTotals, ...]:
    """Return a partner's totals by what stood directly below the centre when each window began, by code.

    Rows of the whole country belong to no place below it and are left out.
    """
    return _remembered("places", _totals_by_place, partner, period)


def _totals_by_place(partner: Partner, period: Period) -> tuple[PlaceTotals, ...]:
    methods, lines = _methods(partner), _lines(partner)
    if not lines:
        return ()
    top = f"/{root_unit().key}/"
    in_time = Q(unit__positions__until=None) | Q(unit__positions__until__gt=F("first"))
    rows = (
        _rows(partner, methods, period)
        .filter(in_time, unit__positions__first__lte=F("first"), unit__positions__path__startswith=top)
        .annotate(below=Substr("unit__positions__path", Value(len(top) + 1)))
        .annotate(place=Substr("below", Value(1), Cast(StrIndex("below", Value("/")), IntegerField()) - Value(1)))
        .exclude(below="")
    )
    found: dict[str, list[Part]] = defaultdict(list)
    for place, part, family in _parts(_sums(rows, ("place",)), lines, ("place",)):
        if not family:
            found[place].append(part)
    units = Unit.objects.filter(key__in=found).order_by("code", "opened")
    return tuple(PlaceTotals(unit, totals(found[unit.key], methods)) for unit in units)


@dataclass(frozen=True, slots=True)
class PartnerState:
    """How a partner stands: numbers of declarations and files, and the newest day that its rows reach."""

    partner: Partner
    declarations: int
    deliveries: int
    waiting: int
    newest_day: date | None


def partner_states() -> tuple[PartnerState, ...]:
    """Return every partner, by name."""
    partners = Partner.objects.order_by("name").annotate(
        number_of_declarations=Count("declarations", distinct=True),
        number_of_deliveries=Count("deliveries", distinct=True),
        number_waiting=Count("deliveries", filter=Q(deliveries__state=DeliveryState.WAITING), distinct=True),
    )
    newest = _newest_days()
    return tuple(
        PartnerState(
            partner,
            partner.number_of_declarations,
            partner.number_of_deliveries,
            partner.number_waiting,
            newest.get(partner.pk),
        )
        for partner in partners
    )


def _newest_days() -> dict[int, date]:
    """Return the last day of the newest window that each partner reported, by the number of the partner."""
    lines = {line.pk: line for line in Line.objects.select_related("declaration")}
    begins = rows_of(list(lines)).values_list("line_id").annotate(Max("first")).order_by() if lines else ()
    newest: dict[int, date] = {}
    for pk, first in begins:
        line = lines[pk]
        last = days_of(line.declaration.method.window, first).last
        newest[line.partner_id] = max(last, newest.get(line.partner_id, last))
    return newest


def set_aside_counts(delivery: Delivery) -> tuple[tuple[str, int], ...]:
    """Return how many records of a delivery were set aside for which reason, most first."""
    rows = delivery.faults.values_list("reason").annotate(number=Count("pk")).order_by("-number", "reason")
    return tuple((reason, number) for reason, number in rows)


def _methods(partner: Partner) -> dict[int, Declaration]:
    return {declaration.version: declaration.method for declaration in partner.declarations.all()}


def _lines(partner: Partner) -> dict[int, Line]:
    return {line.pk: line for line in Line.objects.filter(partner=partner).select_related("declaration")}


def _rows(partner: Partner, methods: Mapping[int, Declaration], period: Period) -> QuerySet[HeldRow]:
    """Return the rows whose whole window lies in the period."""
    lines: dict[int, list[int]] = defaultdict(list)
    for pk, version in Line.objects.filter(partner=partner).values_list("pk", "declaration__version"):
        lines[version].append(pk)
    rows = HeldRow.objects.none()
    for window in Window:
        chosen = [pk for version, pks in lines.items() if methods[version].window is window for pk in pks]
        if chosen:
            rows |= rows_of(chosen).filter(first__gte=period.first, first__lte=_last_begin(window, period))
    return rows


def _last_begin(window: Window, period: Period) -> date:
    """Return the latest day on which a window may begin to end in the period."""
    match window:
        case Window.DAY:
            return period.last
        case Window.WEEK:
            return period.last - timedelta(days=6)
        case Window.MONTH:
            begin = period.last.replace(day=1)
            return begin if days_of(window, begin).last <= period.last else begin - timedelta(days=1)


def _sums(rows: QuerySet[HeldRow], by: tuple[str, ...]) -> list[dict[str, Any]]:
    sums = {f"sum_{measure}": Sum(measure) for measure in MEASURES}
    given = {f"given_{measure}": Count(measure) for measure in MEASURES}
    return list(rows.values("line_id", "first", *by).annotate(rows=Count("key"), **sums, **given).order_by())


def _parts(
    sums: Iterable[Mapping[str, Any]], lines: Mapping[int, Line], by: tuple[str, ...]
) -> Iterator[tuple[str, Part, str]]:
    for row in sums:
        line = lines[row["line_id"]]
        part = Part(
            line.declaration.version,
            line.product,
            line.version,
            row["first"],
            row["rows"],
            tuple(row[f"sum_{measure}"] or 0 for measure in MEASURES),
            tuple(row[f"given_{measure}"] for measure in MEASURES),
        )
        yield (row[by[0]] if by else ""), part, line.family
