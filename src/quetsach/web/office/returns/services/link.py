"""Links to one unit's return without an account: signed, bound to unit and period, expiring, each use noted."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from quetsach.campaign.authority import Permission
from quetsach.campaign.errors import ReturnError
from quetsach.campaign.returns.state import State
from quetsach.core.period import midnight_after
from quetsach.web.identity import site
from quetsach.web.office.encryption import SignedNumbers
from quetsach.web.office.letters.models import Dispatch
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.returns.models import Period, Return, ReturnLink
from quetsach.web.office.returns.selectors.owing import deadline_of, expected_positions, next_of, owed_by
from quetsach.web.office.returns.selectors.tally import decider_of
from quetsach.web.office.tree.models import Unit

_SIGNED = SignedNumbers("quetsach.office.returns.link", 3)
MOST_DAYS = 60
LINK_DAYS = 14
"""How long a link lives that mail, a letter's page or the unit above gives, if entry does not close before."""
_LEFT_AT_LEAST, _SECOND = timedelta(days=1), timedelta(seconds=1)


class LinkError(ReturnError):
    """The link leads nowhere (any more)."""


@transaction.atomic
def link_make(*, period: Period, unit: Unit, days: int, by: Person | None, now: datetime) -> ReturnLink:
    """Make a link for a unit's return, which never opens longer than the return can be written.

    ``by`` is ``None`` for the centre's own mail.

    Raises:
        ReturnError: the unit owes nothing for the period, entry is closed, or the days are too many.
        AccessError: this is not the person's to do.
    """
    if by is not None:
        require(by, Permission.ENTER_RETURN, decider_of(unit, period, day=today(now)), day=today(now))
    if not 1 <= days <= MOST_DAYS:
        raise ReturnError(_("a link is valid for 1 to 60 days"))
    if not expected_positions(period).filter(unit=unit).exists():
        raise ReturnError(_("no return is expected of this unit for this period"))
    until = _end(period, unit, days=days, now=now)
    if until <= now:
        raise ReturnError(_("entry is closed for this period"), hint=_("give the unit more time first"))
    made = ReturnLink.objects.create(period=period, unit=unit, made_by=by, made_at=now, expires_at=until)
    log_append(
        by=by,
        act="return-link",
        subject=f"return-link:{made.pk}",
        unit=unit,
        detail={"period": period.key, "expires_at": made.expires_at.isoformat()},
        now=now,
    )
    return made


def _end(period: Period, unit: Unit, *, days: int, now: datetime) -> datetime:
    """Return when a link made now ends: with the entry, which stays open for a return that was sent back."""
    zone = timezone.get_default_timezone()
    until = midnight_after(today(now) + timedelta(days=days), zone)
    if Return.objects.filter(period=period, unit=unit, state=State.RETURNED).exists():
        return until
    return min(until, midnight_after(deadline_of(period, unit).lock, zone))


def token_of(link: ReturnLink) -> str:
    """Return the secret part of the link's address."""
    return _SIGNED.token(link.pk, link.period_id, link.unit_id)


def link_address(link: ReturnLink, language: str) -> str:
    """Return the whole address of the link, for mail and paper: that of the page in a language."""
    with override(language):
        return f"{site()}{reverse('return-link', args=[token_of(link)])}"


def link_of(token: str, *, now: datetime) -> ReturnLink:
    """Return the link of a token.

    Raises:
        LinkError: the token is not ours, or the link has expired or was withdrawn.
    """
    hint = _("ask the unit above for a new link")
    found = _SIGNED.read(token)
    if found is None:
        raise LinkError(_("this link is not valid"), hint=hint)
    pk, period, unit = found
    link = (
        ReturnLink.objects.filter(pk=pk, period=period, unit=unit)
        .select_related(
            "unit", "period__assignment__form", "period__assignment__campaign", "period__assignment__letter"
        )
        .first()
    )
    if link is None or not link.is_open(now) or not link.period.assignment.is_in_force:
        raise LinkError(_("this link has expired"), hint=hint)
    return link


def link_from_letter(*, period: Period, unit: Unit, days: int, now: datetime) -> ReturnLink:
    """Return the link that the link of a letter leads to: one that the centre gave and that still opens, or a new one.

    Raises:
        ReturnError: the unit owes nothing for the period.
    """
    given = ReturnLink.objects.filter(period=period, unit=unit, made_by=None, withdrawn_at=None)
    wanted = min(now + _LEFT_AT_LEAST, _end(period, unit, days=days, now=now) - _SECOND)
    known = given.filter(expires_at__gt=max(wanted, now)).order_by("-expires_at").first()
    return known or link_make(period=period, unit=unit, days=days, by=None, now=now)


@transaction.atomic
def link_withdraw(*, link: ReturnLink, by: Person, now: datetime) -> None:
    """Close a link for good.

    Raises:
        AccessError: this is not the person's to do.
    """
    require(by, Permission.ENTER_RETURN, decider_of(link.unit, link.period, day=today(now)), day=today(now))
    link.withdrawn_at = link.withdrawn_at or now
    link.save(update_fields=["withdrawn_at"])
    log_append(by=by, act="return-link-withdraw", subject=f"return-link:{link.pk}", unit=link.unit, detail={}, now=now)


# Returns as the page of a letter shows them: whoever holds the link of the letter may have that of the return.


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
