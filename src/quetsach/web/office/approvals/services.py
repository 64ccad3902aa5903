"""Asking and deciding; the one who asks never decides. Rooms say what follows from a grant at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from quetsach.campaign.authority import Permission
from quetsach.core.errors import QuetsachError
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.tree.models import Unit

# What follows from a grant at once. Rooms say it when the office starts; approvals know no room.


@dataclass(frozen=True, slots=True)
class Consequence:
    """How requests of one kind are looked at and carried out.

    ``check`` refuses what cannot be granted any more; ``carry_out`` does what was granted, and is called again where it
    failed; ``done`` says that it was done. ``template`` shows what is asked for, with what ``context`` returns.
    """

    check: Callable[[Approval], None]
    carry_out: Callable[[Approval, datetime], None]
    done: str | Promise
    template: str
    context: Callable[[Approval], Mapping[str, Any]]


_BY_SUBJECT: dict[str, Consequence] = {}


def register_consequence(subject: str, consequence: Consequence) -> None:
    """Say what follows for requests whose subject begins with ``subject`` and a colon."""
    _BY_SUBJECT[subject] = consequence


def consequence_of(approval: Approval) -> Consequence | None:
    """Return what follows from granting a request; ``None`` where the grant itself is all."""
    return _BY_SUBJECT.get(approval.subject.partition(":")[0])


# Asking and deciding; the one who asks never decides.

DECIDING_ACT = {
    "letter": Permission.ISSUE_LETTER,
    "numbers": Permission.PUBLISH_NUMBERS,
    "packs": Permission.PUBLISH_PACKS,
    "kit": Permission.MAKE_KIT,
    "campaign": Permission.RUN_CAMPAIGN,
    "baseline": Permission.RUN_CAMPAIGN,
    "assignment": Permission.RUN_CAMPAIGN,
    "decision": Permission.RUN_CAMPAIGN,
    "other-tools": Permission.PUBLISH_PACKS,
    "accounts": Permission.HANDLE_FEEDS,
}
"""Kind of approval -> what the second person must be allowed to do."""


class ApprovalError(QuetsachError):
    """An approval cannot be decided so."""


@transaction.atomic
def approval_ask(
    *, kind: str, subject: str, digest: str, title: str, by: Person, unit: Unit, now: datetime
) -> Approval:
    """Ask a second person; asking again for the same content returns what was asked before."""
    known = Approval.objects.filter(kind=kind, subject=subject, digest=digest, is_granted=None).first()
    if known is not None:
        return known
    approvals_void(kind=kind, subject=subject, by=by, now=now)  # content that has changed since
    approval = Approval.objects.create(
        kind=kind, subject=subject, digest=digest, title=title, unit=unit, asked_by=by, asked_at=now
    )
    log_append(by=by, act="approval-ask", subject=subject, unit=unit, detail={"kind": kind, "digest": digest}, now=now)
    return approval


@transaction.atomic
def approvals_void(*, kind: str, subject: str, by: Person | None, now: datetime) -> None:
    """End what still waits about a subject, in the transaction that changes it.

    Whoever decides looks at the subject as it is: nothing else may wait, or a text is shown and another let out.
    """
    for approval in Approval.objects.filter(kind=kind, subject=subject, is_granted=None):
        approval_supersede(approval=approval, reason="", by=by, now=now)


def approval_decide(*, approval: Approval, is_granted: bool, reason: str, by: Person, now: datetime) -> Approval:
    """Decide as the second person; what was granted is carried out at once where its room says how.

    Raises:
        QuetsachError: it was granted and cannot be carried out now; the grant stands.
        ApprovalError: it cannot be carried out any more, the asker decides, it was decided before, a refusal gives no
            reason, or somebody grants though nobody has vouched for one of the two.
        AccessError: not this person's to decide.
    """
    consequence = consequence_of(approval)
    with transaction.atomic():
        if is_granted and consequence:
            consequence.check(approval)
        decided = _decide(approval, is_granted=is_granted, reason=reason, by=by, now=now)
    if is_granted and consequence:
        consequence.carry_out(decided, now)
    return decided


@transaction.atomic
def approval_supersede(*, approval: Approval, reason: str, by: Person | None, now: datetime) -> None:
    """End a request that something newer has overtaken: it stays readable, with the reason, and nobody can grant it.

    Without a reason it was overtaken by a change of its own content.

    What somebody decided in the meantime stays as it was decided.
    """
    waiting = Approval.objects.select_for_update().filter(pk=approval.pk, is_granted=None).first()
    if waiting is None:
        return
    waiting.is_granted, waiting.reason, waiting.decided_at = False, reason, now
    waiting.save(update_fields=["is_granted", "reason", "decided_at"])
    detail = {"kind": waiting.kind, "digest": waiting.digest} | ({"reason": reason} if reason else {})
    log_append(by=by, act="approval-void", subject=waiting.subject, unit=waiting.unit, detail=detail, now=now)


def _decide(approval: Approval, *, is_granted: bool, reason: str, by: Person, now: datetime) -> Approval:
    approval = Approval.objects.select_for_update().get(pk=approval.pk)
    require(by, DECIDING_ACT[approval.kind], approval.unit, day=today(now))
    if approval.asked_by_id == by.pk:
        raise ApprovalError(_("who asks cannot decide"), hint=_("another person with the same right must look at it"))
    if is_granted and (unknown := unvouched(approval, by)):
        raise ApprovalError(
            _("nobody has vouched for %(name)s yet") % {"name": unknown},
            hint=_("one who manages people there, and did not give the link, does that on the page of the person"),
        )
    if approval.is_overtaken:
        raise ApprovalError(
            _("the content has changed since this was asked for"), hint=_("whoever wrote it has to ask again")
        )
    if approval.is_granted is not None:
        raise ApprovalError(_("this was decided before"), hint=_("ask again if the content has changed"))
    if not is_granted and not reason.strip():
        raise ApprovalError(_("a refusal needs a reason"), hint=_("say what must change"))
    approval.is_granted, approval.reason, approval.decided_by, approval.decided_at = is_granted, reason, by, now
    approval.save()
    log_append(
        by=by,
        act="approval-grant" if is_granted else "approval-refuse",
        subject=approval.subject,
        unit=approval.unit,
        detail={"kind": approval.kind, "digest": approval.digest, "reason": reason},
        now=now,
    )
    return approval


def unvouched(approval: Approval, by: Person) -> Person | None:
    """Return who of decider and asker may be somebody's second account, since nobody has vouched for him."""
    return next((person for person in (by, approval.asked_by) if not person.is_vouched), None)


def is_approved(*, kind: str, subject: str, digest: str) -> bool:
    """Whether a second person let exactly this content out; of several decisions the last one counts."""
    decided = Approval.objects.filter(kind=kind, subject=subject, digest=digest).exclude(decided_by=None)
    return bool(decided.order_by("-decided_at", "-pk").values_list("is_granted", flat=True).first())
