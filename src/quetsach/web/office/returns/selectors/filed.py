"""What is stored of returns: one return, its links, who stands for whom."""

from datetime import datetime

from django.db.models import QuerySet

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
