"""Decisions of a campaign: written by one person, recorded for good once a second one agrees."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from quetsach.campaign.authority import Permission
from quetsach.campaign.errors import ScheduleError
from quetsach.campaign.schedule.decision import Decision as Decided
from quetsach.campaign.schedule.decision import DecisionKind, check_decision, digest_of, refuse_day_outside
from quetsach.core.text import Text
from quetsach.web.design.words import here
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.services import ApprovalError, approval_ask
from quetsach.web.office.campaigns.selectors.botnets import botnet_figures, families_named, own_rankings
from quetsach.web.office.campaigns.selectors.decisions import (
    DECISION_KIND,
    asked_decision,
    asked_decisions,
    decision_request,
    decision_subject,
    is_recorded,
)
from quetsach.web.office.campaigns.services.steps import steps_void
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.plans.models import DECISION, Campaign, Decision, Passage
from quetsach.web.office.plans.selectors import decisions_of, is_closed
from quetsach.web.office.tree.selectors import root_unit


def decision_draft(
    *,
    campaign: Campaign,
    kind: DecisionKind,
    title: str,
    grounds: str,
    decided_on: date,
    decided_by: str,
    subjects: Sequence[str],
    supersedes: int | None,
    by: Person,
    now: datetime,
) -> Decided:
    """Return a decision as it would stand, with the figures of this moment beside it; nothing is written.

    Botnets are named by their families and stand in the order of their rank, those without one behind.

    Raises:
        ScheduleError: the decision cannot stand, or the campaign is closed.
        AccessError: not this person's to do.
        QuetsachError: the lake cannot be read.
    """
    require(by, Permission.RUN_CAMPAIGN, root_unit(), day=today(now))
    if is_closed(campaign):
        raise ScheduleError(Text("the campaign is closed"))
    refuse_day_outside(decided_on, campaign.plan.days)
    named, figures = _subjects(campaign, kind, subjects, day=today(now))
    earlier = decisions_of(campaign)
    decision = Decided(
        number=earlier[-1].number + 1 if earlier else 1,
        kind=kind,
        title=title.strip(),
        grounds=grounds.strip(),
        decided_on=decided_on,
        decided_by=decided_by.strip() or str(by),
        subjects=named,
        figures=figures,
        supersedes=supersedes,
    )
    check_decision(decision, earlier, today=today(now))
    return decision


@transaction.atomic
def decision_ask(*, campaign: Campaign, decision: Decided, by: Person, now: datetime) -> Passage:
    """Ask that a decision be recorded exactly as it was drafted. A second person records it by granting that.

    Asking again for what waits already returns what was asked before.

    Raises:
        ScheduleError: the decision cannot stand, or the campaign is closed.
        AccessError: not this person's to do.
    """
    require(by, Permission.RUN_CAMPAIGN, root_unit(), day=today(now))
    if is_closed(campaign):
        raise ScheduleError(Text("the campaign is closed"))
    check_decision(decision, decisions_of(campaign), today=today(now))
    content = decision.as_json() | {"number": 0}
    for asked in asked_decisions(campaign):
        if asked.passage.facts["decision"] == content:
            return asked.passage
    facts = {"decision": content, "asked_at": now.isoformat()}
    digest = digest_of({"campaign": campaign.key, **facts})
    passage = Passage.objects.create(
        campaign=campaign, step=DECISION, facts=facts, sha256=digest, asked_by=by, asked_at=now
    )
    title = f"{campaign.plan.name.vi}: {decision.title}"[:300]
    approval_ask(
        kind=DECISION_KIND,
        subject=decision_subject(passage),
        digest=digest,
        title=title,
        by=by,
        unit=root_unit(),
        now=now,
    )
    return passage


def decision_check(approval: Approval) -> None:
    """Refuse to grant a decision that cannot stand any more.

    Raises:
        ApprovalError: the campaign was closed, or another decision came before it.
    """
    passage = decision_request(approval)
    if passage is None or is_closed(passage.campaign):
        raise ApprovalError(_("the campaign is closed, or the request is not there any more"))
    decision = asked_decision(passage)
    try:
        check_decision(decision, decisions_of(passage.campaign), today=today(passage.asked_at))
    except ScheduleError as error:
        raise ApprovalError(here(error.text), hint=_("refuse it, and ask again")) from error


@transaction.atomic
def decision_carry_out(approval: Approval, now: datetime) -> None:
    """Record what a second person agreed to; where it was recorded before, nothing is done.

    Raises:
        ApprovalError: nobody agreed, the campaign was closed, or another decision came before it.
    """
    passage = decision_request(approval)
    if passage is None or not approval.is_granted:
        raise ApprovalError(_("nobody has agreed to this"))
    campaign = Campaign.objects.select_for_update().get(pk=passage.campaign_id)
    if is_recorded(campaign, passage):
        return
    decision_check(approval)
    decision = asked_decision(passage)
    sealed = replace(decision, figures={**decision.figures, "request": passage.sha256})
    decision_append(campaign=campaign, decision=sealed, by=approval.decided_by, now=now)


def decision_append(*, campaign: Campaign, decision: Decided, by: Person | None, now: datetime) -> Decision:
    """Add a decision to the log under the next number; inside the transaction of the caller.

    Raises:
        ScheduleError: the decision cannot stand.
    """
    earlier = decisions_of(campaign)
    decision = replace(decision, number=earlier[-1].number + 1 if earlier else 1)
    check_decision(decision, earlier, today=today(now))
    steps_void(campaign, by=by, now=now)
    made = Decision.objects.create(
        campaign=campaign,
        **(decision.as_json() | {"decided_on": decision.decided_on}),
        sha256=decision.digest,
        recorded_by=by,
        recorded_at=now,
    )
    log_append(
        by=by,
        act="decision",
        subject=f"{campaign.log_subject}#{made.number}",
        unit=root_unit(),
        detail={"kind": made.kind, "title": made.title, "sha256": made.sha256},
        now=now,
    )
    return made


def _subjects(
    campaign: Campaign, kind: DecisionKind, subjects: Sequence[str], *, day: date
) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Return what a decision is about, in order, and what was known of it; figures of a later day are no grounds."""
    if kind is DecisionKind.BOTNETS:
        return _botnets(campaign, subjects, day=day)
    if kind is DecisionKind.ISPS:
        return tuple(subjects), _provider_figures(campaign, subjects, day=day)
    return tuple(subjects), {}


def _botnets(campaign: Campaign, subjects: Sequence[str], *, day: date) -> tuple[tuple[str, ...], dict[str, Any]]:
    known, unknown = families_named(subjects)
    if unknown:
        names = ", ".join(unknown)[:200]
        raise ScheduleError(
            Text("the table of families does not have: {names}", names=names),
            field="others",
            advice=Text("name them as the table of families does"),
        )
    figures = botnet_figures(campaign.plan)
    ranks = {row.id: row.rank for row in figures.rows}
    ordered = tuple(sorted(known, key=lambda family: (ranks.get(family, len(ranks) + 1), known.index(family))))
    is_of_later = figures.window.last > day
    return ordered, {} if is_of_later or not figures.rows else figures.as_json(frozenset(ordered))


def _provider_figures(campaign: Campaign, subjects: Sequence[str], *, day: date) -> dict[str, Any]:
    rankings = own_rankings(campaign.plan)
    if rankings is None or not rankings.isps or rankings.as_of > day:
        return {}
    chosen = set(subjects)
    return {
        "definition": "mean-daily-addresses",
        "as_of": str(rankings.as_of),
        "first": str(rankings.window.first),
        "last": str(rankings.window.last),
        "scale": rankings.scale,
        "rows": [
            {
                "rank": rank,
                "id": row.id,
                "name": {"vi": row.name.vi, "en": row.name.en},
                "mean_daily": row.mean_daily,
                "share_percent": row.share_percent,
                "per_thousand": row.per_thousand,
            }
            for rank, row in enumerate(rankings.isps, 1)
            if row.id in chosen or rank <= len(chosen)
        ],
    }
