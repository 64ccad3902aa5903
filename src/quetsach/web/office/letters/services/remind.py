"""Reminders before and after the due day, and one digest for the unit above; the plan decides, this carries it out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar

from django.db.models import Q

from quetsach.campaign.letters.reminders import Digest, Pending, Plan, Policy, plan
from quetsach.campaign.letters.reminders import Reminder as PlannedReminder
from quetsach.web.identity import site
from quetsach.web.office.letters.content import verification_of
from quetsach.web.office.letters.models import (
    Dispatch,
    Letter,
    LetterState,
    ParentDigest,
    Reminder,
)
from quetsach.web.office.letters.selectors.distribution import tree_day
from quetsach.web.office.letters.services.dispatches import courses_of, link_of
from quetsach.web.office.mail.message import language_of, message_of, reachable_address
from quetsach.web.office.mail.models import Message, MessageKind
from quetsach.web.office.mail.remind import matters_remind
from quetsach.web.office.people.access import today
from quetsach.web.office.tree.models import Unit
from quetsach.web.office.tree.selectors import parents_of

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
    act: ClassVar[str] = "letter-remind"

    @property
    def subject(self) -> str:
        """What the log calls the letter."""
        return self.letter.log_subject

    @property
    def unit(self) -> Unit:
        """Who sent the letter."""
        return self.letter.unit

    def note(self, now: datetime) -> None:
        """Note whom the plan reminds and which units above it tells."""
        Reminder.objects.bulk_create(
            [Reminder(dispatch=self.dispatches[one.unit], day=one.day, at=now) for one in self.plan.reminders],
            batch_size=500,
            ignore_conflicts=True,
        )
        ParentDigest.objects.bulk_create(
            ParentDigest(letter=self.letter, unit=self.parents[one.parent], day=one.day, late=list(one.late), at=now)
            for one in self.plan.digests
        )

    def reminder(self, planned: PlannedReminder, now: datetime) -> Message:
        """Return the mail to a unit that has not answered the letter."""
        letter, dispatch = self.letter, self.dispatches[planned.unit]
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
        message = message_of(
            "reminder",
            values,
            app="letters",
            key=f"reminder:{dispatch.pk}.{planned.day}",
            kind=MessageKind.REMINDER,
            to=address,
            language=language_of(address, usual=letter.language),
            at=now,
        )
        message.dispatch = dispatch
        return message

    def digest(self, planned: Digest, now: datetime) -> Message | None:
        """Return the mail that tells a unit above which of its units are late."""
        letter, parent = self.letter, self.parents[planned.parent]
        address = reachable_address(parent.contacts.all())
        if not address:
            return None
        late = [
            (self.dispatches[key].to_unit, _due(letter, self.dispatches[key]), key in planned.unreachable)
            for key in planned.late
        ]
        return message_of(
            "digest",
            {"letter": letter, "parent": parent, "late": late, "site": site(), "day": planned.day},
            app="letters",
            key=f"digest:{letter.pk}.{parent.pk}.{planned.day}",
            kind=MessageKind.DIGEST,
            to=address,
            language=language_of(address, usual=letter.language),
            at=now,
        )


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
    return matters_remind(reminders_due(now=now), now=now)


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


def _due(letter: Letter, dispatch: Dispatch) -> date | None:
    """As ``dispatch.due``, without reading the letter of each again."""
    return dispatch.own_due or letter.due


def _parents(pending: Mapping[str, Dispatch], day: date) -> dict[str, Unit]:
    """Return the unit above each in a day's tree; where a unit was not in it, the one that sent the letter."""
    above = parents_of([dispatch.to_unit_id for dispatch in pending.values()], day)
    return {key: above.get(dispatch.to_unit_id, dispatch.from_unit) for key, dispatch in pending.items()}
