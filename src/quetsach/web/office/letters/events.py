"""Writing down what happens to a dispatch, and reading its course."""

from datetime import datetime

from django.db.models import QuerySet

from quetsach.campaign.letters.course import Course, Event, Happening, follow
from quetsach.web.office.letters.models import Dispatch, DispatchEvent, MessageState
from quetsach.web.office.people.models import Person

MAX_REASON_LENGTH = 1000


def event_add(
    *, dispatch: Dispatch, kind: Happening, at: datetime, via: str, by: Person | None = None, reason: str = ""
) -> None:
    """Add an event in the caller's transaction. What comes through the link of a mail proves that the mail arrived."""
    DispatchEvent.objects.create(
        dispatch=dispatch, kind=kind, at=at, via=via, by=by, reason=" ".join(reason.split())[:MAX_REASON_LENGTH]
    )
    if via == "link":
        dispatch.messages.filter(state=MessageState.UNCERTAIN).update(state=MessageState.SENT)


def course_of(dispatch: Dispatch) -> Course:
    """Return where one dispatch stands."""
    return follow(event.event for event in dispatch.events.all())


def courses_of(dispatches: QuerySet[Dispatch]) -> dict[int, Course]:
    """Return where each of many dispatches stands, by its key; two queries for all."""
    found: dict[int, list[Event]] = {dispatch: [] for dispatch in dispatches.values_list("pk", flat=True)}
    rows = DispatchEvent.objects.filter(dispatch__in=dispatches.order_by().values("pk"))
    for dispatch, kind, at, reason in rows.values_list("dispatch_id", "kind", "at", "reason").iterator(5000):
        found[dispatch].append(Event(Happening(kind), at, reason))
    return {dispatch: follow(events) for dispatch, events in found.items()}
