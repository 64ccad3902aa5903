"""Reminders of returns before and after their due day, and one digest for the unit above.

The rules are those of letters, and so is the mail's way out: what is queued here leaves with the letters.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from quetsach.campaign.letters.reminders import Digest, Pending, plan
from quetsach.campaign.returns.state import Standing
from quetsach.web.office.letters.mail import language_of, new_message_id, one_line, worded
from quetsach.web.office.letters.models import Message, MessageKind
from quetsach.web.office.letters.sending import reachable_address
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import today
from quetsach.web.office.returns.models import Period, ReturnReminder
from quetsach.web.office.returns.selectors.tally import Place, tally_of
from quetsach.web.office.returns.services.link import link_address, link_make
from quetsach.web.office.units.models import Position, Unit
from quetsach.web.public_address import site

_OPEN = frozenset({Standing.EXPECTED, Standing.OVERDUE, Standing.SENT_BACK})
_LINK_DAYS = 30


@dataclass(frozen=True, slots=True)
class _Owing:
    """Units of one period that owe a return by the same day, by key, and the units above them."""

    period: Period
    due: date
    units: Mapping[str, Unit]
    parents: Mapping[str, Unit]


def returns_remind(*, now: datetime) -> int:
    """Queue the reminders and digests that are due now; run again, it adds nothing.

    Returns:
        How many mails went into the queue.
    """
    day = today(now)
    return sum(_queue(owing, day, now) for period in _near(day) for owing in _owing(period, now))


def _near(day: date) -> Iterable[Period]:
    """Yield the periods that are over or nearly so and whose entry is open: an extension may still be running."""
    for period in Period.objects.select_related("assignment__campaign", "assignment__form"):
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
    positions = Position.objects.on(period.last).filter(unit__in=keys).select_related("parent")
    parents = {p.unit_id: p.parent for p in positions.prefetch_related("parent__contacts") if p.parent}
    for due, places in sorted(by_due.items()):
        named = {place.key: units[place.pk] for place in places}
        above = {place.key: parents[place.pk] for place in places if place.pk in parents}
        yield _Owing(period, due, named, above)


@transaction.atomic
def _queue(owing: _Owing, day: date, now: datetime) -> int:
    done = ReturnReminder.objects.filter(period=owing.period).values_list("unit__key", "day", "is_digest")
    reminded: dict[str, set[int]] = {}
    for key, done_day, is_digest in done:
        if not is_digest:
            reminded.setdefault(key, set()).add(done_day)
    planned = plan(
        [
            Pending(
                unit=key,
                parent=owing.parents[key].key if key in owing.parents else "",
                is_reachable=bool(_address(unit)),
                reminded=frozenset(reminded.get(key, ())),
            )
            for key, unit in owing.units.items()
        ],
        due=owing.due,
        today=day,
        policy=owing.period.assignment.policy,
        told=frozenset((key, done_day) for key, done_day, is_digest in done if is_digest),
    )
    mails = [_reminder(owing, owing.units[found.unit], found.day, now) for found in planned.reminders]
    mails += [mail for digest in planned.digests if (mail := _digest(owing, digest, now))]
    if planned.reminders or planned.digests:
        Message.objects.bulk_create(mails, batch_size=200, ignore_conflicts=True)
        log_append(
            by=None,
            act="returns-remind",
            subject=owing.period.log_subject,
            unit=None,
            detail={"reminders": len(planned.reminders), "digests": len(planned.digests)},
            now=now,
        )
    return len(mails)


def _reminder(owing: _Owing, unit: Unit, day: int, now: datetime) -> Message:
    """Note the reminder and return its mail, with a link that needs no account."""
    ReturnReminder.objects.create(period=owing.period, unit=unit, day=day, is_digest=False, at=now)
    link = link_make(period=owing.period, unit=unit, days=_LINK_DAYS, by=None, now=now)
    address = _address(unit)
    values = {
        "period": owing.period,
        "unit": unit,
        "due": owing.due,
        "day": day,
        "link": link_address(link, language_of(address)),
    }
    key = f"return:{owing.period.pk}.{unit.pk}.{day}"
    return _mail(key, MessageKind.REMINDER, address, values, now=now)


def _digest(owing: _Owing, digest: Digest, now: datetime) -> Message | None:
    """Note the digest and return its mail; without an address it is only shown in the office."""
    parent = next(unit for unit in owing.parents.values() if unit.key == digest.parent)
    ReturnReminder.objects.create(period=owing.period, unit=parent, day=digest.day, is_digest=True, at=now)
    if not (address := _address(parent)):
        return None
    late = [(owing.units[key], key in set(digest.unreachable)) for key in digest.late]
    values = {"period": owing.period, "parent": parent, "due": owing.due, "late": late, "site": site()}
    key = f"return-digest:{owing.period.pk}.{parent.pk}.{digest.day}"
    return _mail(key, MessageKind.DIGEST, address, values, now=now)


def _mail(key: str, kind: MessageKind, address: str, values: Mapping[str, object], *, now: datetime) -> Message:
    language = language_of(address)
    return Message(
        key=key,
        kind=kind,
        recipient=address,
        subject=one_line(worded(f"{kind}_subject", language, values, room="returns")),
        text=worded(kind, language, values, room="returns"),
        message_id=new_message_id(),
        next_at=now,
    )


def _address(unit: Unit) -> str:
    return reachable_address(unit.contacts.all())
