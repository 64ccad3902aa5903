"""What is stored of returns: one return, its links, who stands for whom."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, QuerySet, Sum

from quetsach.web.api.selectors import kept
from quetsach.web.office.returns.models import Period, Return, ReturnLink, SignOff
from quetsach.web.office.tree.models import Unit


def period_of(assignment: int, key: str) -> Period | None:
    """Return a period of an assignment; ``None`` if there is none."""
    found = Period.objects.select_related("assignment__form", "assignment__campaign")
    return found.filter(assignment=assignment, key=key).first()


def return_of(unit: Unit, period: Period) -> Return | None:
    """Return what is stored of a unit's return; ``None`` while nothing is."""
    return Return.objects.filter(period=period, unit=unit).select_related("period", "unit").first()


def links_open(unit: Unit, period: Period, *, now: datetime) -> QuerySet[ReturnLink]:
    """Return the links to a unit's return that open now."""
    return ReturnLink.objects.filter(period=period, unit=unit, withdrawn_at=None, expires_at__gt=now)


def link_by(unit: Unit, period: Period, number: str) -> ReturnLink | None:
    """Return the link to a unit's return that has a number; ``None`` for another, or what is no number."""
    if not number.isdecimal() or len(number) >= 18:
        return None
    links = ReturnLink.objects.filter(period=period, unit=unit).select_related("unit", "period")
    return links.filter(pk=int(number)).first()


def sign_offs(period: Period) -> QuerySet[SignOff]:
    """Return who stands for whom in a period, with the units."""
    return SignOff.objects.filter(period=period).select_related("unit", "signed_by").prefetch_related("missing")


@dataclass(frozen=True, slots=True)
class FleetReport:
    """Distinct installations, runs and findings that the tool reported within a period (UTC days of the runs)."""

    machines: int
    runs: int
    findings: int


def fleet_report(unit: Unit, period: Period) -> FleetReport:
    """Return what the tool reported under the unit's key, or under its code while that code meant this unit."""
    last = min(period.last, unit.closed - timedelta(days=1)) if unit.closed else period.last
    counted = (
        kept()
        .filter(unit__in={unit.key, unit.code}, day__gte=max(period.first, unit.opened), day__lte=last)
        .aggregate(
            machines=Count("install_id", distinct=True),
            runs=Count("report_id"),
            findings=Sum("findings_count", default=0),
        )
    )
    return FleetReport(**counted)
