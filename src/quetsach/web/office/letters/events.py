"""Writing down what happens to a dispatch, and reading its course."""

from collections.abc import Iterable
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
    return _courses(dispatches, dispatches.values_list("pk", "pk"))


def courses_of_units(dispatches: QuerySet[Dispatch]) -> dict[int, Course]:
    """Return where each unit stands, by its key: what it got twice, as from above and from its province, is one."""
    return _courses(dispatches, dispatches.values_list("pk", "to_unit"))


def _courses(dispatches: QuerySet[Dispatch], owners: Iterable[tuple[int, int]]) -> dict[int, Course]:
    owner_of = dict(owners)
    found: dict[int, list[Event]] = {owner: [] for owner in owner_of.values()}
    rows = DispatchEvent.objects.filter(dispatch__in=dispatches.order_by().values("pk"))
    for dispatch, kind, at, reason in rows.values_list("dispatch_id", "kind", "at", "reason").iterator(5000):
        found[owner_of[dispatch]].append(Event(Happening(kind), at, reason))
    return {owner: follow(events) for owner, events in found.items()}
