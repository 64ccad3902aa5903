"""Decisions that were asked for: what waits for a second person, what was agreed to and is not recorded."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings

from quetsach.assess import FrozenBaseline
from quetsach.campaign.schedule.decision import Decision as Decided
from quetsach.campaign.schedule.decision import DecisionKind, in_force
from quetsach.centre import BaselineError
from quetsach.centre.baseline import (
    BaselineCount,
    Completeness,
    baseline_history,
    baseline_in_force,
    completeness_of,
    is_followed,
)
from quetsach.centre.centre import Centre
from quetsach.core.text import Text
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.plans.models import BASELINE, DECISION, Campaign, Passage
from quetsach.web.office.plans.selectors import campaign_of, decisions_of, is_closed

# The baseline of a campaign: what is in force, what its window holds, what was asked for.

BASELINE_KIND = "baseline"


@dataclass(frozen=True, slots=True)
class BaselineRequest:
    """That a baseline was asked to be frozen: what was counted, and the approval."""

    passage: Passage
    count: BaselineCount
    approval: Approval


@dataclass(frozen=True, slots=True)
class BaselineStanding:
    """Where a campaign's baseline stands. ``history`` is every decision, the newest first.

    ``waiting`` waits for a second person; ``not_frozen`` was agreed to and is not in force, or not among the decisions.
    """

    in_force: FrozenBaseline | None
    history: tuple[FrozenBaseline, ...]
    completeness: Completeness
    waiting: BaselineRequest | None
    not_frozen: BaselineRequest | None


def baseline_subject(campaign: Campaign) -> str:
    """Return what approvals call it."""
    return f"{BASELINE_KIND}:{campaign.key}"


def baseline_standing(campaign: Campaign) -> BaselineStanding:
    """Return where the baseline of a campaign stands now.

    Raises:
        AssessError: a frozen baseline was changed.
        LakeError: the lake cannot be read.
    """
    data = data_folder()
    history = baseline_history(data, campaign.key)
    in_force = baseline_in_force(data, campaign.key)
    expected = in_force.act.expected if in_force and in_force.act and not campaign.plan.feeds else ()
    completeness = baseline_completeness(campaign, expected)
    last = _last_request(campaign)
    state = last.approval.is_granted if last else False
    return BaselineStanding(
        in_force=in_force,
        history=tuple(reversed(history)),
        completeness=completeness,
        waiting=last if state is None else None,
        not_frozen=last if last and state and not _is_carried_out(campaign, last) else None,
    )


def is_in_force(campaign: Campaign, passage: Passage) -> bool:
    """Whether the baseline that was asked for is the one in force.

    Raises:
        AssessError: a frozen baseline was changed.
    """
    in_force = baseline_in_force(data_folder(), campaign.key)
    return in_force is not None and in_force.request == passage.sha256


def is_of_the_plan(campaign: Campaign, count: BaselineCount) -> bool:
    """Whether the plan still names the window that was counted and, if any, the feeds that it was counted on."""
    plan, counted = campaign.plan, {one.feed for one in count.completeness.feeds if one.is_expected}
    return plan.window(plan.baseline).period == count.completeness.window and set(plan.feeds) in (set(), counted)


def data_folder() -> Path:
    """Return the centre's data folder.

    Raises:
        BaselineError: it has none.
    """
    data: Path | None = settings.CENTER.data
    if data is None:
        raise BaselineError(Text("the centre has no data folder"))
    return data


def baseline_completeness(campaign: Campaign, expected: Iterable[str]) -> Completeness:
    """Return which feed has which days of the baseline's window now.

    Raises:
        LakeError: the lake cannot be read.
    """
    with Centre(data_folder()).view() as view:
        return completeness_of(view, campaign.plan, expected)


def baseline_request(approval: Approval) -> tuple[Campaign, Passage] | None:
    """Return the campaign and the request that an approval is about."""
    campaign = campaign_of(approval.subject.partition(":")[2])
    passage = campaign.passages.filter(step=BASELINE, sha256=approval.digest).last() if campaign else None
    return (campaign, passage) if campaign and passage else None


def baseline_shown(approval: Approval) -> dict[str, Any]:
    """Return what a second person sees before deciding."""
    found = baseline_request(approval)
    if found is None:
        return {"passage": None}
    campaign, passage = found
    in_force = baseline_in_force(data_folder(), campaign.key)
    count = BaselineCount.from_json(passage.facts["count"])
    return {"campaign": campaign, "passage": passage, "count": count, "in_force": in_force}


def _is_carried_out(campaign: Campaign, request: BaselineRequest) -> bool:
    """Whether nothing is left to do for a request that was granted: it is done, or cannot be done any more."""
    if is_in_force(campaign, request.passage):
        return any(decision.figures.get("request") == request.passage.sha256 for decision in decisions_of(campaign))
    data, asked_for = data_folder(), request.passage.sha256
    written = next((one for one in baseline_history(data, campaign.key) if one.request == asked_for), None)
    is_late = written is not None and is_followed(data, written)
    return is_late or is_closed(campaign) or not is_of_the_plan(campaign, request.count)


def _last_request(campaign: Campaign) -> BaselineRequest | None:
    approval = (
        Approval.objects.filter(kind=BASELINE_KIND, subject=baseline_subject(campaign))
        .select_related("asked_by", "decided_by")
        .order_by("-pk")
        .first()
    )
    found = baseline_request(approval) if approval else None
    if approval is None or found is None:
        return None
    return BaselineRequest(found[1], BaselineCount.from_json(found[1].facts["count"]), approval)


DECISION_KIND = "decision"


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


def decision_subject(passage: Passage) -> str:
    """Return what approvals call a decision that is asked for."""
    return f"{DECISION_KIND}:{passage.pk}"


def decision_request(approval: Approval) -> Passage | None:
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
    passages = {decision_subject(p): p for p in campaign.passages.filter(step=DECISION).select_related("asked_by")}
    approvals = (
        Approval.objects.filter(kind=DECISION_KIND, subject__in=passages).exclude(is_granted=False).order_by("asked_at")
    )
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
    passage = decision_request(approval)
    if passage is None:
        return {"passage": None}
    return {
        "campaign": passage.campaign,
        "passage": passage,
        "decision": asked_decision(passage),
        "is_closed": is_closed(passage.campaign),
    }
