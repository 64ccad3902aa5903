"""Decisions that were asked for: what waits for a second person, what was agreed to and is not recorded."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from quetsach.campaign.schedule.decision import Decision as Decided
from quetsach.campaign.schedule.decision import DecisionKind, in_force
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.plans.models import DECISION, Campaign, Passage
from quetsach.web.office.plans.selectors import decisions_of, is_closed

KIND = "decision"


@dataclass(frozen=True, slots=True)
class AskedDecision:
    """A decision that was asked for and is not recorded; ``is_granted`` says that only the recording is missing."""

    decision: Decided
    passage: Passage
    approval: Approval

    @property
    def is_granted(self) -> bool:
        """Whether a second person agreed."""
        return bool(self.approval.is_granted)


def subject_of(passage: Passage) -> str:
    """Return what approvals call a decision that is asked for."""
    return f"{KIND}:{passage.pk}"


def request_of(approval: Approval) -> Passage | None:
    """Return the request that an approval is about."""
    number = approval.subject.partition(":")[2]
    if not number.isdecimal() or len(number) > 9:
        return None
    return Passage.objects.filter(pk=int(number), step=DECISION, sha256=approval.digest).first()


def asked_decision(passage: Passage) -> Decided:
    """Return the decision that a request seals, without a number: it gets one when it is recorded."""
    content: Mapping[str, Any] = passage.facts["decision"]
    return Decided(
        number=0,
        kind=DecisionKind(content["kind"]),
        title=content["title"],
        grounds=content["grounds"],
        decided_on=date.fromisoformat(content["decided_on"]),
        decided_by=content["decided_by"],
        subjects=tuple(content["subjects"]),
        figures=content["figures"],
        supersedes=content["supersedes"],
    )


def asked_decisions(campaign: Campaign) -> list[AskedDecision]:
    """Return what waits, and what was agreed to and is not recorded, the oldest first."""
    passages = {subject_of(p): p for p in campaign.passages.filter(step=DECISION).select_related("asked_by")}
    approvals = Approval.objects.filter(kind=KIND, subject__in=passages).exclude(is_granted=False).order_by("asked_at")
    recorded = {decision.figures.get("request") for decision in decisions_of(campaign)}
    return [
        AskedDecision(asked_decision(passage), passage, approval)
        for approval in approvals
        if (passage := passages[approval.subject]).sha256 not in recorded
    ]


def is_recorded(campaign: Campaign, passage: Passage) -> bool:
    """Whether a decision that was asked for stands in the log."""
    return any(decision.figures.get("request") == passage.sha256 for decision in decisions_of(campaign))


@dataclass(frozen=True, slots=True)
class AwaitedSubject:
    """Something about which a condition of the plan wants a decision, in the plan's own words."""

    id: str

    @property
    def name(self) -> str:
        """The words themselves."""
        return self.id


def awaited_subjects(campaign: Campaign) -> list[AwaitedSubject]:
    """Return what conditions of the plan want a decision about and no decision in force is about."""
    plan = campaign.plan
    conditions = [c for phase in plan.phases for c in phase.conditions]
    conditions += [c for milestone in plan.milestones for c in milestone.conditions]
    wanted = dict.fromkeys(c.subject for c in conditions if c.subject)
    decided = {s for d in in_force(decisions_of(campaign)) if d.kind is DecisionKind.OTHER for s in d.subjects}
    return [AwaitedSubject(subject) for subject in wanted if subject not in decided]


def decision_shown(approval: Approval) -> dict[str, Any]:
    """Return what a second person sees before deciding."""
    passage = request_of(approval)
    if passage is None:
        return {"passage": None}
    return {
        "campaign": passage.campaign,
        "passage": passage,
        "decision": asked_decision(passage),
        "is_closed": is_closed(passage.campaign),
    }
