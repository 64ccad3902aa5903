"""Campaigns as such: the list, one of them and its name, its decisions, which of its steps were taken."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import CharField, OuterRef, Subquery, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _

from quetsach.campaign import Campaign as Plan
from quetsach.campaign.schedule.decision import Decision as Decided
from quetsach.web.design.words import here
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.people.access import today
from quetsach.web.office.plans.models import CLOSE, DECISION, Campaign, Decision, EvaluationRun, Passage, PlanRevision
from quetsach.web.office.plans.models import plans_in_force as revisions_in_force
from quetsach.web.office.reading import kept_while_read

MOST_SHOWN = 10
"""So many evaluations of one campaign are shown."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that a second person let be taken: the day in Viet Nam, and the passage with its facts."""

    on: date
    passage: Passage


def campaigns() -> list[Campaign]:
    """Return all campaigns, the newest first."""
    return _newest_first(Campaign.objects.all())


def open_campaigns() -> list[Campaign]:
    """Return the campaigns of which a phase was opened and that are not closed, the newest first."""
    found = ((one.campaign, steps_taken(one.campaign)) for one in revisions_in_force().values())
    return _newest_first(campaign for campaign, taken in found if taken and CLOSE not in taken)


def _newest_first(found: Iterable[Campaign]) -> list[Campaign]:
    return sorted(found, key=lambda c: c.plan.phases[0].period, reverse=True)


def plans_in_force() -> list[Plan]:
    """Return the plan in force of each campaign; one query for all."""
    return [revision.plan for revision in revisions_in_force().values()]


def campaign_of(key: str) -> Campaign | None:
    """Return the campaign of a key."""
    return Campaign.objects.filter(key=key).first()


def decisions_of(campaign: Campaign) -> tuple[Decided, ...]:
    """Return the log of decisions, the oldest first."""
    return _decisions().get(campaign.pk, ())


def steps_taken(campaign: Campaign) -> dict[str, Taken]:
    """Return the steps that were asked for and granted, by phase; ``close`` for the end."""
    return dict(_steps().get(campaign.pk, {}))


def steps_asked(campaign: Campaign) -> dict[str, Approval]:
    """Return the steps that wait for a second person."""
    waiting = Approval.objects.filter(kind="campaign", subject__startswith=f"campaign:{campaign.pk}:", is_granted=None)
    return {approval.subject.rpartition(":")[2]: approval for approval in waiting.select_related("asked_by")}


def asked_for(approval_subject: str) -> tuple[Campaign, Passage] | None:
    """Return the campaign and the newest passage that an approval's subject (without its kind) names."""
    pk, _, step = approval_subject.partition(":")
    campaign = Campaign.objects.filter(pk=int(pk)).first() if pk.isdecimal() and len(pk) < 10 else None
    passage = campaign.passages.filter(step=step).order_by("-asked_at", "-pk").first() if campaign else None
    return (campaign, passage) if campaign and passage else None


def is_closed(campaign: Campaign) -> bool:
    """Whether the campaign was closed."""
    return CLOSE in steps_taken(campaign)


def evaluations_made() -> dict[int, tuple[EvaluationRun, ...]]:
    """Return the newest evaluations that were made, by the number of their campaign; one query for all."""
    found: dict[int, tuple[EvaluationRun, ...]] = {}
    for run in EvaluationRun.objects.filter(trouble="").exclude(ended_at=None):
        known = found.get(run.campaign_id, ())
        found[run.campaign_id] = (*known, run)[:MOST_SHOWN]
    return found


@kept_while_read
def _decisions() -> dict[int, tuple[Decided, ...]]:
    """Return the decisions of all campaigns, which are few, by the number of the campaign."""
    found: dict[int, tuple[Decided, ...]] = {}
    for decision in Decision.objects.order_by("campaign", "number"):
        found[decision.campaign_id] = (*found.get(decision.campaign_id, ()), decision.record)
    return found


@kept_while_read
def _steps() -> dict[int, dict[str, Taken]]:
    """Return the steps of all campaigns that were granted, by the number of the campaign."""
    number = Cast(OuterRef("campaign"), CharField())
    subject = Concat(Value("campaign:"), number, Value(":"), OuterRef("step"), output_field=CharField())
    granted = Approval.objects.filter(kind="campaign", is_granted=True, subject=subject, digest=OuterRef("sha256"))
    granted = granted.order_by("-pk")
    passages = Passage.objects.annotate(granted_at=Subquery(granted.values("decided_at")[:1]))
    found: dict[int, dict[str, Taken]] = {}
    for passage in passages.exclude(granted_at=None).order_by("asked_at", "pk"):
        found.setdefault(passage.campaign_id, {}).setdefault(passage.step, Taken(today(passage.granted_at), passage))
    return found


def campaign_names(keys: Collection[str]) -> Mapping[str, str]:
    """Return the names of campaigns by what the log and the approvals call them: ``key``, ``key#3``, ``7:during``."""
    newest = {
        revision.campaign: revision for revision in PlanRevision.objects.select_related("campaign").order_by("number")
    }
    plans: dict[str, Plan] = {}
    for campaign, revision in newest.items():
        plans[campaign.key] = plans[str(campaign.pk)] = revision.plan
    return {key: name for key in keys if (name := _name(key, plans))}


def decision_names(keys: Collection[str]) -> Mapping[str, str]:
    """Return the titles of decisions that were asked for, by the keys of their requests."""
    asked = [int(key) for key in keys if key.isdecimal() and len(key) < 10]
    found = Passage.objects.filter(pk__in=asked, step=DECISION)
    return {str(passage.pk): passage.facts["decision"]["title"] for passage in found}


def _name(key: str, plans: Mapping[str, Plan]) -> str:
    rest, _sign, number = key.partition("#")
    found, _colon, step = rest.partition(":")
    plan = plans.get(found)
    if plan is None:
        return ""
    name = str(here(plan.name))
    if number:
        return _("%(name)s, decision %(number)s") % {"name": name, "number": number}
    if step == CLOSE:
        return _("%(name)s, close") % {"name": name}
    phase = next((phase for phase in plan.phases if phase.id == step), None)
    return f"{name}, {here(phase.name)}" if phase else name
