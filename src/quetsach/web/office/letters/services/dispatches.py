"""A letter on its way to a unit: the signed link that opens it, what happens to it, and the return owed besides."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol

from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from quetsach.campaign.errors import LetterError
from quetsach.campaign.letters.delivery_status import DispatchProgress, Event, EventKind, follow
from quetsach.web.identity import site
from quetsach.web.office.encryption import SignedNumbers
from quetsach.web.office.letters.models import Dispatch, DispatchEvent
from quetsach.web.office.log.services import log_append
from quetsach.web.office.mail.models import MessageKind, MessageState
from quetsach.web.office.mail.queue import DeliveryStatus, Outcome
from quetsach.web.office.people.access import today
from quetsach.web.office.people.models import Person
from quetsach.web.office.tree.models import Contact

# Signed links: a unit without an account answers a letter through one.
#
# A link is bound to one dispatch (that is, to one unit and one letter) and to the number of the link, so that a new
# link makes the older ones void. It ends with the dispatch's ``link_until``. Looking at the page changes nothing; every
# use is logged by the service that it calls.

_SIGNED = SignedNumbers("quetsach.office.letters.link", 2)
MAX_REASON_LENGTH = 1000
EVENT = ("events__kind", "events__at", "events__reason")
"""What is read of an event beside its dispatch; empty for a dispatch to which nothing has happened."""


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


def event_add(
    *, dispatch: Dispatch, kind: EventKind, at: datetime, via: str, by: Person | None = None, reason: str = ""
) -> None:
    """Add an event in the caller's transaction. What comes through the link of a mail proves that the mail arrived."""
    DispatchEvent.objects.create(
        dispatch=dispatch, kind=kind, at=at, via=via, by=by, reason=" ".join(reason.split())[:MAX_REASON_LENGTH]
    )
    if via == "link":
        dispatch.messages.filter(state=MessageState.UNCERTAIN).update(state=MessageState.SENT)


def course_of(dispatch: Dispatch) -> DispatchProgress:
    """Return where one dispatch stands."""
    return follow(event.event for event in dispatch.events.all())


def courses_of(dispatches: QuerySet[Dispatch]) -> dict[int, DispatchProgress]:
    """Return where each of many dispatches stands, by its key; one query for all."""
    rows = dispatches.order_by().values_list("pk", *EVENT).iterator(5000)
    return courses_read((dispatch, event) for dispatch, *event in rows)


def courses_read(rows: Iterable[tuple[int, Sequence[Any]]]) -> dict[int, DispatchProgress]:
    """Return where each of many stands, by its key, from a row of its key and ``EVENT`` for each of its events."""
    found: dict[int, list[Event]] = {}
    for owner, (kind, at, reason) in rows:
        events = found.setdefault(owner, [])
        if kind is not None:
            events.append(Event(EventKind(kind), at, reason))
    return {owner: follow(events) for owner, events in found.items()}


def mail_heard(outcome: Outcome) -> None:
    """Note what became of a mail, in the caller's transaction; mail that belongs to no letter is nothing to it."""
    message = outcome.message
    if (dispatch := message.dispatch) is None:
        return
    is_letter = message.kind == MessageKind.LETTER
    match outcome.status:
        case DeliveryStatus.SENT if is_letter:
            event_add(dispatch=dispatch, kind=EventKind.SENT, at=message.handed_at or outcome.at, via="mail")
        case DeliveryStatus.DELIVERED:
            event_add(dispatch=dispatch, kind=EventKind.DELIVERED, at=outcome.at, via="mail")
        case DeliveryStatus.FAILED:
            if is_letter:
                event_add(dispatch=dispatch, kind=EventKind.BOUNCED, at=outcome.at, via="mail", reason=outcome.reason)
            _failed(outcome, dispatch)


def _failed(outcome: Outcome, dispatch: Dispatch) -> None:
    if outcome.is_address:
        tried = Contact.objects.filter(unit=dispatch.to_unit, email__iexact=outcome.message.recipient, bounced_on=None)
        tried.update(bounced_on=today(outcome.at))
    if outcome.is_notice:
        log_append(
            by=None,
            act="letter-bounce",
            subject=dispatch.letter.log_subject,
            unit=dispatch.to_unit,
            detail={"dispatch": dispatch.pk, "reason": outcome.reason},
            now=outcome.at,
        )
