"""Reminders before and after the due day, and one digest for the unit above; the plan decides, this carries it out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q

from quetsach.campaign.letters.reminders import Digest, Pending, Plan, Policy, plan
from quetsach.campaign.letters.reminders import Reminder as PlannedReminder
from quetsach.web.office.letters.cascade import tree_day
from quetsach.web.office.letters.events import courses_of
from quetsach.web.office.letters.links import link_of
from quetsach.web.office.letters.mail import language_of, new_message_id, one_line, worded
from quetsach.web.office.letters.models import (
    Dispatch,
    Letter,
    LetterState,
    Message,
    MessageKind,
    ParentDigest,
    Reminder,
)
from quetsach.web.office.letters.sending import reachable_address
from quetsach.web.office.letters.wording import verification_of
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import today
from quetsach.web.office.tree.models import Position, Unit
from quetsach.web.public_address import site

POLICY = Policy()
_REMEMBERED_DAYS = 60
"""So long after its due day nobody is reminded of a letter any more."""


@dataclass(frozen=True, slots=True)
class LetterPlan:
    """What is to go out for one letter, with the dispatches and units that it speaks of by key."""

    letter: Letter
    plan: Plan
    dispatches: Mapping[str, Dispatch]
    parents: Mapping[str, Unit]


def reminders_plan(letter: Letter, *, now: datetime) -> LetterPlan:
    """Return what is to go out now for a letter with a due day; nothing is written."""
    day = today(now)
    dispatches = letter.dispatches.select_related("to_unit", "from_unit").prefetch_related("to_unit__contacts")
    courses = courses_of(letter.dispatches.all())
    pending = {d.to_unit.key: d for d in dispatches if courses[d.pk].is_pending and _due(letter, d)}
    parents = _parents(pending, tree_day(letter))
    reminded: dict[int, set[int]] = {}
    for dispatch, reminded_day in Reminder.objects.filter(dispatch__letter=letter).values_list("dispatch", "day"):
        reminded.setdefault(dispatch, set()).add(reminded_day)
    planned = plan(
        [
            Pending(
                unit=key,
                parent=parents[key].key,
                is_reachable=bool(reachable_address(dispatch.to_unit.contacts.all())),
                reminded=frozenset(reminded.get(dispatch.pk, ())),
                due=_due(letter, dispatch),
                since=today(dispatch.made_at),
            )
            for key, dispatch in pending.items()
        ],
        due=letter.due or day,
        today=day,
        policy=POLICY,
        told=frozenset(letter.digests.values_list("unit__key", "day")),
    )
    return LetterPlan(letter, planned, pending, {unit.key: unit for unit in parents.values()})


def reminders_queue(*, now: datetime) -> int:
    """Queue the reminders and digests of all letters that are due now; run again, it adds nothing.

    Returns:
        How many went into the queue.
    """
    return sum(_queue(found, now) for found in reminders_due(now=now))


def reminders_due(*, now: datetime) -> list[LetterPlan]:
    """Return the plans of all letters for which something is to go out now."""
    day = today(now)
    first = day - timedelta(days=_REMEMBERED_DAYS)
    last = day - timedelta(days=min(POLICY.unit_days))
    days = (first, last)
    near = Q(due__range=days) | Q(pk__in=Dispatch.objects.filter(own_due__range=days).values("letter"))
    letters = Letter.objects.filter(near, state=LetterState.ISSUED).select_related("unit")
    plans = [reminders_plan(letter, now=now) for letter in letters]
    return [found for found in plans if found.plan.reminders or found.plan.digests]


@transaction.atomic
def _queue(found: LetterPlan, now: datetime) -> int:
    messages = [message for message in _reminders(found, now) if message]
    messages += [message for digest in found.plan.digests if (message := _digest(found, digest, now))]
    Message.objects.bulk_create(messages, batch_size=200, ignore_conflicts=True)
    log_append(
        by=None,
        act="letter-remind",
        subject=found.letter.log_subject,
        unit=found.letter.unit,
        detail={"reminders": len(found.plan.reminders), "digests": len(found.plan.digests)},
        now=now,
    )
    return len(messages)


def _reminders(found: LetterPlan, now: datetime) -> list[Message]:
    planned = found.plan.reminders
    Reminder.objects.bulk_create(
        [Reminder(dispatch=found.dispatches[reminder.unit], day=reminder.day, at=now) for reminder in planned],
        batch_size=500,
        ignore_conflicts=True,
    )
    return [_reminder(found, reminder, now) for reminder in planned]


def _reminder(found: LetterPlan, planned: PlannedReminder, now: datetime) -> Message:
    letter, dispatch = found.letter, found.dispatches[planned.unit]
    dispatch.letter = letter
    values = {
        "letter": letter,
        "dispatch": dispatch,
        "link": link_of(dispatch),
        "day": planned.day,
        "due": dispatch.due,
        "check": verification_of(letter).url,
    }
    address = reachable_address(dispatch.to_unit.contacts.all())
    language = language_of(address, usual=letter.language)
    return Message(
        key=f"reminder:{dispatch.pk}.{planned.day}",
        kind=MessageKind.REMINDER,
        dispatch=dispatch,
        recipient=address,
        subject=one_line(worded("reminder_subject", language, values)),
        text=worded("reminder", language, values),
        message_id=new_message_id(),
        next_at=now,
    )


def _digest(found: LetterPlan, digest: Digest, now: datetime) -> Message | None:
    """Note the digest and return its mail; without an address it is only shown in the office."""
    letter, parent = found.letter, found.parents[digest.parent]
    ParentDigest.objects.create(letter=letter, unit=parent, day=digest.day, late=list(digest.late), at=now)
    address = reachable_address(parent.contacts.all())
    if not address:
        return None
    language = language_of(address, usual=letter.language)
    unreachable = set(digest.unreachable)
    late = [
        (found.dispatches[key].to_unit, _due(letter, found.dispatches[key]), key in unreachable) for key in digest.late
    ]
    values = {"letter": letter, "parent": parent, "late": late, "site": site(), "day": digest.day}
    return Message(
        key=f"digest:{letter.pk}.{parent.pk}.{digest.day}",
        kind=MessageKind.DIGEST,
        recipient=address,
        subject=one_line(worded("digest_subject", language, values)),
        text=worded("digest", language, values),
        message_id=new_message_id(),
        next_at=now,
    )


def _due(letter: Letter, dispatch: Dispatch) -> date | None:
    """As ``dispatch.due``, without reading the letter of each again."""
    return dispatch.own_due or letter.due


def _parents(pending: Mapping[str, Dispatch], day: date) -> dict[str, Unit]:
    """Return the unit above each in a day's tree; where a unit was not in it, the one that sent the letter."""
    positions = Position.objects.on(day).filter(unit__in=[d.to_unit_id for d in pending.values()])
    above = {
        position.unit_id: position.parent
        for position in positions.select_related("parent").prefetch_related("parent__contacts")
        if position.parent
    }
    return {key: above.get(dispatch.to_unit_id, dispatch.from_unit) for key, dispatch in pending.items()}
