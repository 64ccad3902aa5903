"""Writing down what happens to a dispatch, what becomes of its mail too, and reading its course."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from quetsach.campaign.letters.delivery_status import DispatchProgress, Event, EventKind, follow
from quetsach.web.office.letters.models import Dispatch, DispatchEvent
from quetsach.web.office.log.services import log_append
from quetsach.web.office.mail.models import MessageKind, MessageState
from quetsach.web.office.mail.services.queue import DeliveryStatus, Outcome
from quetsach.web.office.people.access import today
from quetsach.web.office.people.models import Person
from quetsach.web.office.tree.models import Contact

MAX_REASON_LENGTH = 1000
EVENT = ("events__kind", "events__at", "events__reason")
"""What is read of an event beside its dispatch; empty for a dispatch to which nothing has happened."""


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
