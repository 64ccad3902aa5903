"""What partners reported, shown apart: each partner by itself, and over all of them only bounds.

Never added to the returns of units or to the reports of our own tool: the same machine may stand in all three.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Count, F, IntegerField, Max, Q, QuerySet, Sum, Value
from django.db.models.functions import Cast, StrIndex, Substr

from quetsach.campaign.partners.declaration import (
    MEASURES,
    CountedAs,
    Declaration,
    Figure,
    Part,
    Window,
    across,
    days_of,
    totals,
)
from quetsach.core.period import Period
from quetsach.web.office.partners.models import Delivery, DeliveryState, HeldRow, Line, Partner, Token, rows_of
from quetsach.web.office.reading import kept_while_read
from quetsach.web.office.tree.models import Unit
from quetsach.web.office.tree.selectors import root_path

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
    return _remembered("totals", _partner_totals, [partner], period)[0]


def _remembered[T](
    name: str, read: Callable[[Sequence[Partner], Period], Sequence[T]], partners: Sequence[Partner], period: Period
) -> list[T]:
    """Read once what does not change until a partner's next row; adding up a season takes a second or more.

    What is not known yet is read for all partners together: as many queries for fifty as for one.
    """
    held = _held()
    sent = {partner: held.get(partner.pk, (0, 0)) for partner in partners}
    keys = {
        partner: f"partners-{name}-{partner.pk}-{period}-{accepted}-{replaced}"
        for partner, (accepted, replaced) in sent.items()
    }
    kept: dict[str, T] = cache.get_many(keys.values())
    if missing := [partner for partner in partners if keys[partner] not in kept]:
        found = dict(zip((keys[partner] for partner in missing), read(missing, period), strict=True))
        cache.set_many(found, _REMEMBERED_SECONDS)
        kept |= found
    return [kept[keys[partner]] for partner in partners]


@kept_while_read
def _held() -> dict[int, tuple[int, int]]:
    """Return how many rows each partner sent that were accepted, and how many that replaced others."""
    sums = Delivery.objects.values_list("partner").annotate(Sum("accepted"), Sum("replaced")).order_by()
    return {partner: (accepted, replaced) for partner, accepted, replaced in sums}


def _partner_totals(partners: Sequence[Partner], period: Period) -> list[PartnerTotals]:
    lines = _lines(Line.objects.filter(partner__in=partners))
    sums: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in _sums(_rows(lines, period), ()):
        sums[lines[row["line_id"]].partner_id].append(row)
    return [_totals_of(partner, lines, sums[partner.pk]) for partner in partners]


def _totals_of(partner: Partner, lines: Mapping[int, Line], sums: Sequence[Mapping[str, Any]]) -> PartnerTotals:
    methods = _methods(lines[row["line_id"]] for row in sums)
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
        tuple(methods[version] for version in sorted(methods)),
        totals(products, methods),
        tuple(sorted(counted, key=lambda pair: (-pair[1].most, pair[0]))),
    )


def all_totals(period: Period) -> tuple[tuple[PartnerTotals, ...], tuple[Figure, ...]]:
    """Return the totals of each partner, and bounds over all: how far partners overlap is not known."""
    each = tuple(_remembered("totals", _partner_totals, list(Partner.objects.order_by("name")), period))
    return each, across(figure for one in each for figure in one.figures)


def totals_by_place(partner: Partner, period: Period) -> tuple[PlaceTotals, ...]:
    """Return a partner's totals by what stood directly below the centre when each window began, by code.

    Rows of the whole country belong to no place below it and are left out.
    """
    return _remembered("places", _totals_by_place, [partner], period)[0]


def _totals_by_place(partners: Sequence[Partner], period: Period) -> list[tuple[PlaceTotals, ...]]:
    lines = _lines(Line.objects.filter(partner__in=partners))
    found: dict[int, dict[str, list[Part]]] = defaultdict(lambda: defaultdict(list))
    sums = _sums_by_place(lines, period) if lines else ()
    for row in sums:
        for place, part, family in _parts([row], lines, ("place",)):
            if not family:
                found[lines[row["line_id"]].partner_id][place].append(part)
    keys = {key for places in found.values() for key in places}
    units = list(Unit.objects.filter(key__in=keys).order_by("code", "opened"))
    each = []
    for partner in partners:
        places, methods = found[partner.pk], _methods(one for one in lines.values() if one.partner_id == partner.pk)
        each.append(tuple(PlaceTotals(u, totals(places[u.key], methods)) for u in units if u.key in places))
    return each


def _sums_by_place(lines: Mapping[int, Line], period: Period) -> list[dict[str, Any]]:
    top = root_path()
    in_time = Q(unit__positions__until=None) | Q(unit__positions__until__gt=F("first"))
    rows = (
        _rows(lines, period)
        .filter(in_time, unit__positions__first__lte=F("first"), unit__positions__path__startswith=top)
        .annotate(below=Substr("unit__positions__path", Value(len(top) + 1)))
        .annotate(place=Substr("below", Value(1), Cast(StrIndex("below", Value("/")), IntegerField()) - Value(1)))
        .exclude(below="")
    )
    return _sums(rows, ("place",))


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
    lines = _lines(Line.objects.all())
    begins = rows_of(list(lines)).values_list("line_id").annotate(Max("first")).order_by() if lines else ()
    newest: dict[int, date] = {}
    for pk, first in begins:
        line = lines[pk]
        last = days_of(line.declaration.method.window, first).last
        newest[line.partner_id] = max(last, newest.get(line.partner_id, last))
    return newest


def deliveries_of(key: str) -> QuerySet[Delivery]:
    """Return the files of the partner of a key."""
    return Delivery.objects.filter(partner__key=key).select_related("partner", "by")


def tokens_of(key: str) -> QuerySet[Token]:
    """Return the tokens of the partner of a key."""
    return Token.objects.filter(partner__key=key).select_related("partner")


def set_aside_counts(delivery: Delivery) -> tuple[tuple[str, int], ...]:
    """Return how many records of a delivery were set aside for which reason, most first."""
    rows = delivery.faults.values_list("reason").annotate(number=Count("pk")).order_by("-number", "reason")
    return tuple((reason, number) for reason, number in rows)


def _methods(lines: Iterable[Line]) -> dict[int, Declaration]:
    """Return how a partner counts, by version, as far as its lines say."""
    return {line.declaration.version: line.declaration.method for line in lines}


def _lines(lines: QuerySet[Line]) -> dict[int, Line]:
    """Return lines by primary key; those of one declaration share it, so that it is read once."""
    found = {line.pk: line for line in lines.select_related("declaration__partner")}
    declarations = {line.declaration_id: line.declaration for line in found.values()}
    for line in found.values():
        line.declaration = declarations[line.declaration_id]
    return found


def _rows(lines: Mapping[int, Line], period: Period) -> QuerySet[HeldRow]:
    """Return the rows of lines whose whole window lies in the period."""
    rows = HeldRow.objects.none()
    for window in Window:
        chosen = [pk for pk, line in lines.items() if line.declaration.method.window is window]
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
