"""Mail to whoever may decide what waits for a second person: that something waits, never what it says.

Mail is read on the way and on screens in trains: it names the kind of thing, who asks and for which unit, and where to
look after signing in. Titles, figures and texts that are not public yet stand in the office alone.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils.translation import override

from quetsach.web.identity import site
from quetsach.web.office.approvals.models import APPROVAL_TITLES, Approval
from quetsach.web.office.approvals.selectors import nearest_deciders
from quetsach.web.office.mail.message import message_of
from quetsach.web.office.mail.models import Message, MessageKind, MessageState
from quetsach.web.office.people.access import today
from quetsach.web.office.people.models import Person

TOLD_WITHIN = timedelta(days=7)
"""What was asked for longer ago is told by the desk alone: nobody gets old mail when a mail server is set at last."""


def approvers_tell(*, now: datetime) -> int:
    """Queue a mail to each of the nearest people who may decide what waits; run again, it adds nothing.

    What was decided meanwhile is not told any more: its mail leaves the queue.

    Returns:
        How many mails went into the queue.
    """
    if settings.CENTER.mail_server is None:
        return 0
    waiting = {approval.pk: approval for approval in Approval.objects.filter(is_granted=None).select_related("unit")}
    told = Message.objects.filter(key__startswith="approval:")
    queued = told.filter(state=MessageState.QUEUED).values_list("pk", "key")
    Message.objects.filter(pk__in=[pk for pk, key in queued if _approval_in(key) not in waiting]).delete()
    lately = [one for one in waiting.values() if one.asked_at > now - TOLD_WITHIN]
    fresh = [one for one in lately if not told.filter(key__startswith=f"approval:{one.pk}.").exists()]
    mails = [_mail(one, person, now) for one in fresh for person in nearest_deciders(one, day=today(now))]
    Message.objects.bulk_create(mails)
    return len(mails)


def _mail(approval: Approval, person: Person, now: datetime) -> Message:
    with override(person.language):
        path = reverse("office:approvals:approval", args=[approval.pk])
    values = {"approval": approval, "kind": APPROVAL_TITLES[approval.kind], "link": site() + path}
    return message_of(
        "approval",
        values,
        app="approvals",
        key=f"approval:{approval.pk}.{person.pk}",
        kind=MessageKind.REMINDER,
        to=person.email,
        language=person.language,
        at=now,
    )


def _approval_in(key: str) -> int:
    return int(key.partition(":")[2].partition(".")[0])
