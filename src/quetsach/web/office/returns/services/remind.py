"""Invitations to report, reminders before and after the due day, and one digest for the unit above.

The first mail to a unit is an invitation: it is told what it is asked for before it is told that it is late. The days
of reminders are those of letters' rules.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import batched
from typing import Any, ClassVar

from django.db import transaction

from quetsach.campaign.letters.reminders import Digest, Pending, Plan, Reminder, plan
from quetsach.campaign.returns.state import ReturnStatus
from quetsach.web.identity import site
from quetsach.web.office.log.services import log_append
from quetsach.web.office.mail.message import language_of, message_of, reachable_address
from quetsach.web.office.mail.models import Message, MessageKind, MessageState
from quetsach.web.office.mail.remind import matters_remind
from quetsach.web.office.people.access import today
from quetsach.web.office.returns.models import (
    Assignment,
    Invitation,
    Period,
    ReturnDecision,
    ReturnLink,
    ReturnReminder,
)
from quetsach.web.office.returns.selectors.asking import Asker, asker_of
from quetsach.web.office.returns.selectors.owing import owing_of
from quetsach.web.office.returns.selectors.tally import Place, owing_positions, tally_of
from quetsach.web.office.returns.services.link import LINK_DAYS, link_address, link_make
from quetsach.web.office.tree.models import Position, Unit
from quetsach.web.office.tree.selectors import parents_of

# Mail about returns: each names who asks, by which letter, how to check that, and the period in words.
#
# What is queued here leaves with the letters. Nobody's first mail is a reminder: see below.

MOST_PERIODS_NAMED = 6


@dataclass(slots=True)
class Writer:
    """Writes the mail of one assignment at one moment; who asks is looked up once."""

    assignment: Assignment
    now: datetime
    asker: Asker = field(init=False)

    def __post_init__(self) -> None:
        self.asker = asker_of(self.assignment)

    def invitation(self, unit: Unit, periods: Sequence[Period], link: ReturnLink | None) -> Message:
        """Return the first mail to a unit: what it is asked for, until when, and the way to the first return."""
        named = periods[:MOST_PERIODS_NAMED]
        values = {"periods": named, "more": len(periods) - len(named), "form": self.assignment.form.form}
        key = f"{_invitations(self.assignment)}{unit.pk}"
        return self._to(unit, key, "invitation", link, values)

    def reminder(self, unit: Unit, period: Period, day: int, values: Mapping[str, Any]) -> Message:
        """Return the reminder of a day, counted from the due day, with a link that needs no account."""
        link = link_make(period=period, unit=unit, days=LINK_DAYS, by=None, now=self.now)
        key = f"{_reminders(period)}{unit.pk}.{day}"
        return self._to(unit, key, "reminder", link, {"period": period, "day": day, **values})

    def sent_back(self, decision: ReturnDecision) -> Message:
        """Return the mail that tells a unit what it has to correct."""
        unit, period = decision.filed.unit, decision.filed.period
        link = link_make(period=period, unit=unit, days=LINK_DAYS, by=None, now=self.now)
        return self._to(unit, f"return-back:{decision.pk}", "sent_back", link, {"period": period, "decision": decision})

    def withdrawal(self, unit: Unit) -> Message:
        """Return the mail that tells a unit that it does not owe these returns any more."""
        key = f"return-withdrawn:{self.assignment.pk}.{unit.pk}"
        return self._to(unit, key, "withdrawal", None, {"reason": self.assignment.withdrawn_reason})

    def digest(self, parent: Unit, period: Period, day: int, values: Mapping[str, Any]) -> Message:
        """Return the mail that tells a unit above which of its units are late."""
        key = f"return-digest:{period.pk}.{parent.pk}.{day}"
        return self._to(parent, key, "digest", None, {"period": period, **values}, kind=MessageKind.DIGEST)

    def _to(
        self,
        unit: Unit,
        key: str,
        template: str,
        link: ReturnLink | None,
        values: Mapping[str, Any],
        *,
        kind: MessageKind = MessageKind.REMINDER,
    ) -> Message:
        address = address_of(unit)
        language = language_of(address)
        told = {
            **values,
            "unit": unit,
            "asker": self.asker,
            "link": link_address(link, language) if link else "",
            "link_until": link.expires_at if link else None,
            "site": site(),
        }
        return message_of(template, told, app="returns", key=key, kind=kind, to=address, language=language, at=self.now)


def address_of(unit: Unit) -> str:
    """Return where mail to a unit goes; empty if nothing reaches it."""
    return reachable_address(unit.contacts.all())


def sent_back_tell(decision: ReturnDecision, *, now: datetime) -> bool:
    """Queue the mail about a return that was sent back.

    Returns:
        Whether the unit has an address that mail reaches.
    """
    if not address_of(decision.filed.unit):
        return False
    Writer(decision.filed.period.assignment, now).sent_back(decision).save()
    return True


def withdrawal_tell(assignment: Assignment, *, now: datetime) -> int:
    """Drop what has not left yet, and queue a mail to each unit that was told that it owes these returns.

    Returns:
        How many units are told.
    """
    waiting = Message.objects.filter(state=MessageState.QUEUED)
    for period in assignment.periods.all():
        for begin in (_reminders(period), f"return-digest:{period.pk}."):
            waiting.filter(key__startswith=begin).delete()
    waiting.filter(key__startswith=_invitations(assignment)).delete()
    kept = Message.objects.filter(key__startswith=_invitations(assignment)).values_list("key", flat=True)
    told = {int(key.rpartition(".")[2]) for key in kept}
    writer = Writer(assignment, now)
    units = [unit for unit in Unit.objects.filter(pk__in=told).prefetch_related("contacts") if address_of(unit)]
    Message.objects.bulk_create(map(writer.withdrawal, units), batch_size=200, ignore_conflicts=True)
    return len(units)


def _invitations(assignment: Assignment) -> str:
    return f"return-invitation:{assignment.pk}."


def _reminders(period: Period) -> str:
    return f"return:{period.pk}."


_OPEN = frozenset({ReturnStatus.EXPECTED, ReturnStatus.OVERDUE, ReturnStatus.SENT_BACK})
_AT_ONCE = 100
"""So many invitations are written in one transaction: others can write between."""


@dataclass(frozen=True, slots=True)
class _Owing:
    """Units of one period that owe a return by the same day, by key, and the units above them; the plan about them."""

    period: Period
    due: date
    units: Mapping[str, Unit]
    parents: Mapping[str, Unit]
    plan: Plan
    writer: Writer
    act: ClassVar[str] = "returns-remind"
    unit: ClassVar[None] = None

    @property
    def subject(self) -> str:
        """What the log calls the period."""
        return self.period.log_subject

    def note(self, now: datetime) -> None:
        """Note whom the plan reminds and which units above it tells."""
        reminded = [(self.units[one.unit], one.day, False) for one in self.plan.reminders]
        told = [(self._above(one), one.day, True) for one in self.plan.digests]
        ReturnReminder.objects.bulk_create(
            ReturnReminder(period=self.period, unit=unit, day=day, is_digest=is_digest, at=now)
            for unit, day, is_digest in reminded + told
        )

    def reminder(self, planned: Reminder, _now: datetime) -> Message:
        """Return the mail to a unit that owes a return."""
        return self.writer.reminder(self.units[planned.unit], self.period, planned.day, {"due": self.due})

    def digest(self, planned: Digest, _now: datetime) -> Message | None:
        """Return the mail that tells a unit above which of its units are late."""
        parent = self._above(planned)
        if not address_of(parent):
            return None
        late = [(self.units[key], key in planned.unreachable) for key in planned.late]
        return self.writer.digest(parent, self.period, planned.day, {"due": self.due, "late": late})

    def _above(self, planned: Digest) -> Unit:
        return next(unit for unit in self.parents.values() if unit.key == planned.parent)


def returns_remind(*, now: datetime) -> int:
    """Queue the invitations, reminders and digests that are due now; run again, it adds nothing.

    Returns:
        How many mails went into the queue.
    """
    day = today(now)
    invited = sum(_invite(assignment, now) for assignment in _asking())
    return invited + matters_remind((owing for period in _near(day) for owing in _owing(period, now)), now=now)


def _asking() -> Iterable[Assignment]:
    return Assignment.objects.in_force().select_related("campaign", "form", "letter")


def _invite(assignment: Assignment, now: datetime) -> int:
    """Invite the units that owe a return whose entry is not closed, that mail reaches, and that were not invited."""
    periods = [p for p in assignment.periods.select_related("assignment") if not p.deadline.is_locked(now)]
    owing = owing_of(periods)
    reached = owing_positions(owing.values(), sorted({period.last for period in periods})).filter(
        unit__contacts__email__gt="", unit__contacts__bounced_on=None
    )
    done = Invitation.objects.filter(assignment=assignment).values("unit")
    places: dict[int, list[Position]] = {}
    for place in reached.exclude(unit__in=done).select_related("unit").prefetch_related("unit__contacts").distinct():
        places.setdefault(place.unit_id, []).append(place)
    owed = {
        unit: [
            period
            for period in periods
            if any(_owes(place, period) and owing[period.pk].has(unit, place.unit.kind, place.path) for place in at)
        ]
        for unit, at in places.items()
    }
    writer = Writer(assignment, now) if owed else None
    for some in batched(
        ((at[0].unit, owed[unit]) for unit, at in places.items() if owed[unit]), _AT_ONCE, strict=False
    ):
        if writer:
            _write_invitations(writer, some)
    return sum(bool(found) for found in owed.values())


def _owes(place: Position, period: Period) -> bool:
    return place.first <= period.last and (place.until is None or period.last < place.until)


@transaction.atomic
def _write_invitations(writer: Writer, units: Sequence[tuple[Unit, list[Period]]]) -> None:
    now, assignment = writer.now, writer.assignment
    mails = []
    for unit, periods in units:
        first = next((period for period in periods if period.first <= today(now)), None)
        link = link_make(period=first, unit=unit, days=LINK_DAYS, by=None, now=now) if first else None
        mails.append(writer.invitation(unit, periods, link))
    Invitation.objects.bulk_create(
        [Invitation(assignment=assignment, unit=unit, at=now) for unit, _periods in units], ignore_conflicts=True
    )
    Message.objects.bulk_create(mails, batch_size=200, ignore_conflicts=True)
    detail = {"units": len(mails)}
    log_append(by=None, act="returns-invite", subject=assignment.log_subject, unit=None, detail=detail, now=now)


def _near(day: date) -> Iterable[Period]:
    """Yield the periods that are over or nearly so and whose entry is open: an extension may still be running."""
    known = Period.objects.in_force().select_related("assignment__campaign", "assignment__form", "assignment__letter")
    for period in known:
        span, deadline = period.assignment.policy.span, period.deadline
        if span and deadline.due + timedelta(days=span[0]) <= day <= deadline.lock + timedelta(days=max(span[1], 0)):
            yield period


def _owing(period: Period, now: datetime) -> Iterable[_Owing]:
    tally = tally_of(period, now=now)
    by_due: dict[date, list[Place]] = {}
    for path, standing in tally.survey.standings.items():
        if standing in _OPEN:
            by_due.setdefault(tally.survey.expected[path].deadline.due, []).append(tally.places[path])
    keys = [place.pk for places in by_due.values() for place in places]
    units = Unit.objects.prefetch_related("contacts").in_bulk(keys)
    parents = parents_of(keys, period.last)
    writer = Writer(period.assignment, now) if by_due else None
    for due, places in sorted(by_due.items()):
        named = {place.key: units[place.pk] for place in places}
        above = {place.key: parents[place.pk] for place in places if place.pk in parents}
        if writer:
            yield _Owing(period, due, named, above, _plan(period, due, named, above, today(now)), writer)


def _plan(period: Period, due: date, units: Mapping[str, Unit], above: Mapping[str, Unit], day: date) -> Plan:
    """Return whom to remind on a day: nobody who is invited on that same day gets two mails at once."""
    done = ReturnReminder.objects.filter(period=period).values_list("unit__key", "day", "is_digest")
    reminded: dict[str, set[int]] = {}
    for key, done_day, is_digest in done:
        if not is_digest:
            reminded.setdefault(key, set()).add(done_day)
    planned = plan(
        [
            Pending(
                unit=key,
                parent=above[key].key if key in above else "",
                is_reachable=bool(address_of(unit)),
                reminded=frozenset(reminded.get(key, ())),
            )
            for key, unit in units.items()
        ],
        due=due,
        today=day,
        policy=period.assignment.policy,
        told=frozenset((key, done_day) for key, done_day, is_digest in done if is_digest),
    )
    invited = _invited_before(period.assignment, day)
    return replace(planned, reminders=tuple(found for found in planned.reminders if found.unit in invited))


def _invited_before(assignment: Assignment, day: date) -> set[str]:
    """Return the keys of the units that were invited on an earlier day."""
    rows = Invitation.objects.filter(assignment=assignment).values_list("unit__key", "at")
    return {key for key, at in rows if today(at) < day}
