"""Reminding units of what they have to answer by a day, and telling the units above which of theirs are late.

The rules plan whom to remind; what is answered, a letter or a return, writes its own mail; here it goes out.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from django.db import transaction

from quetsach.campaign.letters.reminders import Digest, Plan, Reminder
from quetsach.web.office.log.services import log_append
from quetsach.web.office.mail.models import Message
from quetsach.web.office.tree.models import Unit


class Matter(Protocol):
    """What units have to answer by a day, and what is to go out about it now.

    ``act``, ``subject`` and ``unit`` are how the log calls the reminding, what it is about, and whose it is.
    """

    @property
    def plan(self) -> Plan:
        """Whom to remind, and which units above to tell."""

    @property
    def act(self) -> str:
        """How the log calls it."""

    @property
    def subject(self) -> str:
        """What it is about."""

    @property
    def unit(self) -> Unit | None:
        """Whose subtree reads it in the log."""

    def note(self, now: datetime) -> None:
        """Note, in the caller's transaction, that what is planned goes out."""

    def reminder(self, planned: Reminder, now: datetime) -> Message:
        """Return the mail to a unit that owes an answer."""

    def digest(self, planned: Digest, now: datetime) -> Message | None:
        """Return the mail to a unit above; ``None`` where none reaches it: the office shows it alone."""


def matters_remind(matters: Iterable[Matter], *, now: datetime) -> int:
    """Queue the reminders and digests that are planned.

    Returns:
        How many mails went into the queue.
    """
    return sum(_remind(matter, now) for matter in matters)


@transaction.atomic
def _remind(matter: Matter, now: datetime) -> int:
    planned = matter.plan
    if not (planned.reminders or planned.digests):
        return 0
    matter.note(now)
    mails = [matter.reminder(one, now) for one in planned.reminders]
    mails += [mail for one in planned.digests if (mail := matter.digest(one, now))]
    Message.objects.bulk_create(mails, batch_size=200, ignore_conflicts=True)
    log_append(
        by=None,
        act=matter.act,
        subject=matter.subject,
        unit=matter.unit,
        detail={"reminders": len(planned.reminders), "digests": len(planned.digests)},
        now=now,
    )
    return len(mails)
