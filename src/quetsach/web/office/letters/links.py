"""What a unit without an account opens: the signed link of a letter, and the return that it owes besides."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from django.db.models import Model
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from quetsach.campaign.errors import LetterError
from quetsach.web.identity import site
from quetsach.web.office.encryption import SignedNumbers
from quetsach.web.office.letters.models import Dispatch

# Signed links: a unit without an account answers a letter through one.
#
# A link is bound to one dispatch (that is, to one unit and one letter) and to the number of the link, so that a new
# link makes the older ones void. It ends with the dispatch's ``link_until``. Looking at the page changes nothing; every
# use is logged by the service that it calls.

_SIGNED = SignedNumbers("quetsach.office.letters.link", 2)


class LinkError(LetterError):
    """A link cannot be used. ``is_over``: it was right once."""

    def __init__(self, what: str, *, is_over: bool) -> None:
        super().__init__(what)
        self.is_over = is_over


def token_of(dispatch: Dispatch) -> str:
    """Return the signed part of a dispatch's link."""
    return _SIGNED.token(dispatch.pk, dispatch.link_number)


def link_of(dispatch: Dispatch) -> str:
    """Return the address of a dispatch's own page, in the language of its letter."""
    with override(dispatch.letter.language):
        return site() + reverse("letter-link", args=[token_of(dispatch)])


def dispatch_of(token: str, *, now: datetime) -> Dispatch:
    """Return the dispatch that a link opens.

    Raises:
        LinkError: nobody signed it, a newer one took its place, or its time is over.
    """
    found = _SIGNED.read(token)
    if found is None:
        raise LinkError(_("this link was not made by the centre, or a part of it is missing"), is_over=False)
    related = Dispatch.objects.select_related("letter__unit", "from_unit", "to_unit", "above")
    dispatch = related.filter(pk=found[0], link_number=found[1]).first()
    if dispatch is None or dispatch.link_until <= now:
        raise LinkError(_("this link is no longer valid"), is_over=True)
    return dispatch


# What a unit owes besides an answer to its letter: the page of a letter shows it, the app of returns knows it.


class ReturnsOwed(Protocol):
    """Returns that belong to a letter: of its campaign, or all where it belongs to none."""

    def owed(self, dispatch: Dispatch, *, now: datetime) -> Sequence[Model]:
        """Return the periods for which the unit still may write."""

    def upcoming(self, dispatch: Dispatch, *, now: datetime) -> Model | None:
        """Return the next period that has not begun, if there is one."""

    def lead(self, dispatch: Dispatch, period: str, *, now: datetime) -> str:
        """Return the address of the unit's return for a period that it owes; empty for no such period."""

    def withdraw(self, dispatch: Dispatch, *, now: datetime) -> None:
        """Void what the letter's link has led to, in the caller's transaction."""


_given: list[ReturnsOwed] = []


def register_returns(returns: ReturnsOwed) -> None:
    """Say what is owed; the app of returns does it when the office starts."""
    _given[:] = [returns]


def returns_owed() -> ReturnsOwed:
    """Return who knows what is owed."""
    return _given[0]
