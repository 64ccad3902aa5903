"""Returns as the page of a letter shows them: whoever holds the link of the letter may have that of the return."""

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse

from quetsach.web.office.letters.models import Dispatch
from quetsach.web.office.returns.models import Period, ReturnLink
from quetsach.web.office.returns.selectors.owed import next_of, owed_by
from quetsach.web.office.returns.services.link import LINK_DAYS, link_from_letter, token_of


def owed(dispatch: Dispatch, *, now: datetime) -> Sequence[Period]:
    """Return the returns that the unit owes in the letter's campaign; in all where the letter belongs to none."""
    return owed_by(dispatch.to_unit, campaign=dispatch.letter.campaign or None, now=now)


def upcoming(dispatch: Dispatch, *, now: datetime) -> Period | None:
    """Return the next period that has not begun and for which the unit will write, if there is one."""
    return next_of(dispatch.to_unit, campaign=dispatch.letter.campaign or None, now=now)


def lead(dispatch: Dispatch, period: str, *, now: datetime) -> str:
    """Return the address of the unit's return for a period, by its number; empty for none that it owes."""
    found = {str(one.pk): one for one in owed(dispatch, now=now)}.get(period)
    if found is None:
        return ""
    link = link_from_letter(period=found, unit=dispatch.to_unit, days=LINK_DAYS, now=now)
    return reverse("return-link", args=[token_of(link)])


def withdraw(dispatch: Dispatch, *, now: datetime) -> None:
    """Void the links to returns that the letter's link has led to."""
    led_to = ReturnLink.objects.all()
    if dispatch.letter.campaign:  # the link of a letter that belongs to none led to the returns of all
        led_to = led_to.filter(period__assignment__campaign__key=dispatch.letter.campaign)
    led_to.filter(unit=dispatch.to_unit, made_by=None, withdrawn_at=None).update(withdrawn_at=now)
