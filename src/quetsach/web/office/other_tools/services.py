"""Asking for a change of the catalogue, and writing it once another person has agreed."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from quetsach.campaign.authority import Permission
from quetsach.campaign.tool_catalogue import OtherTool, ToolChange
from quetsach.centre import other_tools
from quetsach.centre.other_tools import ToolCatalogueError
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.services import approval_ask, is_approved
from quetsach.web.office.log.services import log_append
from quetsach.web.office.other_tools.selectors import KIND, data_folder, digests_refused, subject_of
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.tree.selectors import root_unit


def tool_ask(*, key: str, tool: OtherTool | None, before: str, reason: str, by: Person, now: datetime) -> Approval:
    """Ask a second person to let a change of the catalogue out.

    Args:
        key: the id of the entry.
        tool: what it shall be; ``None`` to withdraw it.
        before: the edition that the person looked at; empty for an entry that is new.
        reason: why.
        by: who asks.
        now: the time (UTC).

    Raises:
        ToolCatalogueError: it changes nothing, the entry is another one by now, or nothing can be kept.
        AccessError: not this person's to ask.
    """
    centre = root_unit()
    require(by, Permission.PUBLISH_PACKS, centre, day=today(now))
    change = ToolChange(key, tool, before, reason)
    data = data_folder()
    digest = other_tools.keep_change(data, change)
    approval = approval_ask(
        kind=KIND, subject=subject_of(key), digest=digest, title=_title(change), by=by, unit=centre, now=now
    )
    for refused in digests_refused():
        other_tools.forget_change(data, refused)
    return approval


def change_check(approval: Approval) -> None:
    """Refuse what cannot be granted any more.

    Raises:
        ToolCatalogueError: what was asked for is gone, or the entry is another one by now.
    """
    other_tools.require_fits(data_folder(), _kept(approval))


def change_carry_out(approval: Approval, now: datetime) -> None:
    """Write what was agreed to into the catalogue; where it fails the agreement stands, and it is called again.

    Raises:
        ToolCatalogueError: nobody agreed to exactly this, it is out, the entry is another one by now, or the disk
            refuses.
    """
    if not is_approved(kind=KIND, subject=approval.subject, digest=approval.digest):
        raise ToolCatalogueError(_("Nobody has agreed to this change yet."))
    data, change = data_folder(), _kept(approval)
    with transaction.atomic():
        detail = {"digest": approval.digest, "reason": change.reason}
        act = "other-tool-publish" if change.tool else "other-tool-withdraw"
        log_append(by=approval.decided_by, act=act, subject=approval.subject, unit=root_unit(), detail=detail, now=now)
        other_tools.carry_out(data, change)
    other_tools.forget_change(data, approval.digest)


def _kept(approval: Approval) -> ToolChange:
    change = other_tools.kept_change(data_folder(), approval.digest)
    if change is None:
        raise ToolCatalogueError(_("What was asked for is not there any more."), hint=_("Ask again."))
    return change


def _title(change: ToolChange) -> str:
    if change.tool is None:
        return _("Withdraw: %(name)s") % {"name": change.id}
    told = _("Change: %(name)s") if change.before else _("Add: %(name)s")
    return (told % {"name": change.tool.name})[:300]
