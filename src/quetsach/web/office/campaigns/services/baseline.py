"""What a campaign is judged by: the baseline, which two people freeze on a count, and the files signed before it."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from quetsach.assess import FrozenBaseline
from quetsach.campaign.authority import Permission
from quetsach.campaign.errors import ScheduleError
from quetsach.campaign.schedule.decision import Decision as Decided
from quetsach.campaign.schedule.decision import DecisionKind, digest_of, in_force
from quetsach.centre import BaselineError
from quetsach.centre.baseline import BaselineCount, count_baseline, freeze_baseline
from quetsach.centre.centre import Centre
from quetsach.centre.registered import write_once
from quetsach.core.errors import QuetsachError
from quetsach.core.text import LocalText, Text
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.services import ApprovalError, approval_ask
from quetsach.web.office.campaigns.selectors.decisions import (
    BASELINE_KIND,
    baseline_request,
    baseline_subject,
    data_folder,
    is_in_force,
    is_of_the_plan,
)
from quetsach.web.office.campaigns.services.decisions import decision_append
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.plans.models import BASELINE, Campaign, Passage
from quetsach.web.office.plans.selectors import decisions_of, is_closed
from quetsach.web.office.tree.selectors import root_unit


def baseline_count(*, campaign: Campaign, expected: Sequence[str], accepts_gaps: bool) -> BaselineCount:
    """Count what would be frozen; nothing is written.

    Raises:
        BaselineError: something is missing, or not as it was named.
        LakeError: the lake cannot be read.
    """
    with Centre(data_folder()).view() as view:
        return count_baseline(view, campaign.plan, expected=expected, accepts_gaps=accepts_gaps)


@transaction.atomic
def baseline_ask(
    *, campaign: Campaign, expected: Sequence[str], accepts_gaps: bool, reason: str, by: Person, now: datetime
) -> Passage:
    """Ask that the baseline be frozen as it is counted now. A second person freezes it by granting it.

    Raises:
        BaselineError: something is missing, or not as it was named.
        ScheduleError: the campaign is closed.
        AccessError: not this person's to do.
    """
    require(by, Permission.RUN_CAMPAIGN, root_unit(), day=today(now))
    _refuse_closed(campaign)
    facts = _facts(campaign, expected, accepts_gaps=accepts_gaps, reason=reason)
    passage = Passage.objects.create(
        campaign=campaign,
        step=BASELINE,
        facts=facts,
        sha256=digest_of({"facts": facts, "reason": reason.strip(), "asked_at": now.isoformat()}),
        reason=reason.strip(),
        asked_by=by,
        asked_at=now,
    )
    title = _("Baseline: %(name)s") % {"name": campaign.plan.name.vi}
    approval_ask(
        kind=BASELINE_KIND,
        subject=baseline_subject(campaign),
        digest=passage.sha256,
        title=title[:300],
        by=by,
        unit=root_unit(),
        now=now,
    )
    return passage


def baseline_check(approval: Approval) -> None:
    """Refuse to grant what cannot be frozen any more.

    Raises:
        ApprovalError: the campaign was closed, or its plan names another window or other feeds since.
    """
    found = baseline_request(approval)
    if found is None or is_closed(found[0]):
        raise ApprovalError(_("the campaign is closed, or the request is not there any more"))
    campaign, passage = found
    if not is_of_the_plan(campaign, BaselineCount.from_json(passage.facts["count"])):
        raise ApprovalError(
            _("the plan names another baseline window or other feeds since"), hint=_("refuse it, and ask again")
        )


def baseline_carry_out(approval: Approval, now: datetime) -> None:
    """Freeze what a second person agreed to. Where it fails the agreement stands, and it is called again.

    Raises:
        ApprovalError: the campaign was closed, or its plan names another window or other feeds since.
        BaselineError: it cannot be written.
    """
    found = baseline_request(approval)
    if found is None or not approval.is_granted:
        raise ApprovalError(_("nobody has agreed to this"))
    campaign, passage = found
    if not is_in_force(campaign, passage):  # else only the decision is missing
        baseline_check(approval)
    agreed_by = str(approval.decided_by or "")
    try:
        _freeze(
            campaign,
            BaselineCount.from_json(passage.facts["count"]),
            reason=passage.reason,
            asked_by=str(passage.asked_by),
            agreed_by=agreed_by,
            request=passage.sha256,
            by=approval.decided_by,
            now=now,
        )
    except (QuetsachError, DatabaseError) as error:
        why = error.advice or error.hint or error.text or error.what if isinstance(error, QuetsachError) else error
        text = Text("agreed to, but the baseline could not be written and recorded: {why}", why=why)
        advice = Text(
            "once that is mended, run: quetsach center campaigns freeze-baseline {key} --carry-out", key=campaign.key
        )
        raise BaselineError(text, advice=advice) from error


def baseline_freeze_alone(
    *, campaign: Campaign, expected: Sequence[str], accepts_gaps: bool, reason: str, by: str, now: datetime
) -> FrozenBaseline:
    """Freeze the baseline as the operator of the machine, where the centre publishes without a second person.

    Raises:
        BaselineError: two people publish here, something is missing, or not as it was named.
        ScheduleError: the campaign is closed.
    """
    if settings.CENTER.publication == "two-people":
        raise BaselineError(
            Text("in this centre a baseline needs two people"),
            advice=Text("name who asks with --by; a second person agrees in the office"),
        )
    _refuse_closed(campaign)
    facts = _facts(campaign, expected, accepts_gaps=accepts_gaps, reason=reason)
    return _freeze(
        campaign,
        BaselineCount.from_json(facts["count"]),
        reason=reason,
        asked_by=by,
        agreed_by="",
        request=digest_of({"facts": facts, "reason": reason.strip()}),
        by=None,
        now=now,
    )


@transaction.atomic
def _freeze(
    campaign: Campaign,
    count: BaselineCount,
    *,
    reason: str,
    asked_by: str,
    agreed_by: str,
    request: str,
    by: Person | None,
    now: datetime,
) -> FrozenBaseline:
    """Record the decision and write the file; called again, it does what is missing.

    Where the file cannot be written there is no decision; where the database fails then, there is a file without one.
    """
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    earlier = [d for d in in_force(decisions_of(campaign)) if d.kind is DecisionKind.BASELINE]
    frozen = freeze_baseline(
        data_folder(), count, reason=reason, asked_by=asked_by, agreed_by=agreed_by, request=request, now=now
    )
    if any(d.figures.get("request") == request for d in earlier):
        return frozen
    title = "Chốt mốc so sánh" if frozen.number == 1 else f"Chốt lại mốc so sánh (lần {frozen.number})"
    decision_append(
        campaign=campaign,
        decision=Decided(
            number=0,
            kind=DecisionKind.BASELINE,
            title=title,
            grounds=reason.strip(),
            decided_on=today(now),
            decided_by=", ".join(name for name in (asked_by, agreed_by) if name),
            figures={"baseline": count.as_json(), "number": frozen.number, "seal": frozen.digest, "request": request},
            supersedes=earlier[-1].number if earlier else None,
        ),
        by=by,
        now=now,
    )
    detail = {"number": frozen.number, "addresses": frozen.addresses, "sha256": frozen.digest}
    log_append(by=by, act="baseline-freeze", subject=campaign.log_subject, unit=root_unit(), detail=detail, now=now)
    return frozen


def _facts(campaign: Campaign, expected: Sequence[str], *, accepts_gaps: bool, reason: str) -> dict[str, Any]:
    if not reason.strip():
        raise BaselineError(Text("freezing a baseline needs a reason"), field="reason")
    count = baseline_count(campaign=campaign, expected=expected, accepts_gaps=accepts_gaps)
    return {"count": count.as_json(), "plan": campaign.revision.sha256}


def _refuse_closed(campaign: Campaign) -> None:
    if is_closed(campaign):
        raise ScheduleError(Text("the campaign is closed"))


class RecordAct(StrEnum):
    """What the log says was done."""

    ANALYSIS = "analysis-register"
    ORDER = "order-draw"
    LOT = "lot-draw"
    COURSE = "roll-out-record"


@transaction.atomic
def record_keep(
    *,
    act: RecordAct,
    path: Path,
    content: bytes,
    refusal: LocalText,
    campaign: str,
    digest: str,
    by: str,
    now: datetime,
) -> None:
    """Log a file of a campaign and write it once, both or neither.

    Args:
        act: what was done.
        path: where it is kept.
        content: the file.
        refusal: what to say where it is there already.
        campaign: identifier of the campaign or trial.
        digest: the SHA-256 (hex) that is published of it.
        by: who ran the command.
        now: when (UTC).

    Raises:
        DatabaseError: it cannot be logged.
        QuetsachError: it is there already, or cannot be written.
    """
    detail = {"campaign": campaign, "sha256": digest, "by": by}
    log_append(by=None, act=act.value, subject=f"analysis:{campaign}", unit=None, detail=detail, now=now)
    write_once(path, content, refusal)
