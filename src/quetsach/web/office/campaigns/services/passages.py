"""Opening a phase and closing a campaign: asked by one person on sealed facts, granted by another."""

from datetime import datetime
from typing import Any

from django.db import transaction

from quetsach.campaign.authority import Act
from quetsach.campaign.schedule.decision import digest_of
from quetsach.campaign.schedule.errors import ScheduleError
from quetsach.core.pack import LocalText
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.services import approval_ask, approval_supersede
from quetsach.web.office.campaigns.selectors.evidence import standing_of
from quetsach.web.office.campaigns.selectors.outcome import outcome_json, outcome_now
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.plans.models import CLOSE, Campaign, Passage
from quetsach.web.office.plans.selectors import is_closed
from quetsach.web.office.tree.selectors import root_unit

MAX_REASON = 2000


@transaction.atomic
def gate_ask(*, campaign: Campaign, phase: str, by: Person, now: datetime) -> Passage:
    """Ask that a phase may begin. A second person opens the gate by granting it.

    Raises:
        ScheduleError: a condition does not hold, another phase is next, or the campaign is closed.
        AccessError: not this person's to do.
    """
    campaign = _begin(campaign, by, now)
    gate = standing_of(campaign, day=today(now)).next_gate
    if gate is None or gate.phase.id != phase:
        text = LocalText("các giai đoạn được mở lần lượt", "phases are opened one after the other")
        raise ScheduleError(text, field=phase)
    if gate.missing:
        raise ScheduleError(
            LocalText(
                "chưa đủ điều kiện: " + "; ".join(finding.text.vi for finding in gate.missing),
                "conditions are missing: " + "; ".join(finding.text.en for finding in gate.missing),
            ),
            field=phase,
            advice=LocalText(
                "bổ sung điều còn thiếu, hoặc điều chỉnh kế hoạch", "do what is missing, or change the plan"
            ),
        )
    facts = {
        "campaign": campaign.key,
        "phase": phase,
        "plan": campaign.revision.sha256,
        "findings": [
            {
                "needs": f.condition.needs.value,
                "least": f.condition.least,
                "subject": f.condition.subject,
                "count": f.count,
            }
            for f in gate.findings
        ],
    }
    return _ask(campaign, phase, facts, title=f"{campaign.plan.name.vi}: {gate.phase.name.vi}", by=by, now=now)


@transaction.atomic
def close_ask(*, campaign: Campaign, reason: str, by: Person, now: datetime) -> Passage:
    """Ask that a campaign be closed on the facts of this moment; granted, they are final.

    Raises:
        ScheduleError: something is still open and no reason is given, or the campaign is closed.
        AccessError: not this person's to do.
    """
    campaign = _begin(campaign, by, now)
    if len(reason) > MAX_REASON:
        text = LocalText(f"lý do dài quá {MAX_REASON} ký tự", f"the reason is longer than {MAX_REASON} characters")
        raise ScheduleError(text, field="reason")
    outcome = outcome_now(campaign, day=today(now), is_final=True)
    if outcome.open_points and not reason.strip():
        count = len(outcome.open_points)
        raise ScheduleError(
            LocalText(f"còn {count} việc chưa xong", f"{count} points are still open"),
            field="reason",
            advice=LocalText(
                "hoàn thành, hoặc nêu lý do vẫn kết thúc", "settle them, or say why it is closed nevertheless"
            ),
        )
    title = f"Kết thúc {campaign.plan.name.vi}"
    return _ask(campaign, CLOSE, outcome_json(outcome), title=title, reason=reason.strip(), by=by, now=now)


def passages_void(campaign: Campaign, *, by: Person | None, now: datetime) -> None:
    """Take back what still waits for a second person, since what it was asked on has changed."""
    of = Approval.objects.filter(kind="campaign", subject__startswith=f"campaign:{campaign.pk}:", is_granted=None)
    for approval in of:
        approval_supersede(approval=approval, reason="", by=by, now=now)


def _begin(campaign: Campaign, by: Person, now: datetime) -> Campaign:
    require(by, Act.RUN_CAMPAIGN, root_unit(), day=today(now))
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if is_closed(campaign):
        raise ScheduleError(LocalText("chiến dịch đã kết thúc", "the campaign is closed"))
    return campaign


def _ask(
    campaign: Campaign, step: str, facts: dict[str, Any], *, title: str, reason: str = "", by: Person, now: datetime
) -> Passage:
    passage = Passage.objects.create(
        campaign=campaign,
        step=step,
        facts=facts,
        sha256=digest_of({"facts": facts, "reason": reason}),
        reason=reason,
        asked_by=by,
        asked_at=now,
    )
    approval_ask(
        kind="campaign",
        subject=passage.subject,
        digest=passage.sha256,
        title=title[:300],
        by=by,
        unit=root_unit(),
        now=now,
    )
    return passage
