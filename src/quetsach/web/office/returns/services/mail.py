"""Mail about returns: each names who asks, by which letter, how to check that, and the period in words.

What is queued here leaves with the letters. Nobody's first mail is a reminder: see ``reminding``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from quetsach.web.office.mail.models import Message, MessageKind, MessageState
from quetsach.web.office.mail.services.compose import (
    language_of,
    message_of,
    reachable_address,
)
from quetsach.web.office.returns.models import Assignment, Period, ReturnDecision, ReturnLink
from quetsach.web.office.returns.selectors.asking import Asker, asker_of
from quetsach.web.office.returns.services.link import LINK_DAYS, link_address, link_make
from quetsach.web.office.tree.models import Unit
from quetsach.web.public_address import site

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
