"""What a campaign came to, as it is now or as its close sealed it, and what its public page shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.cache import cache
from pydantic import TypeAdapter, ValidationError

from quetsach.assess import DEFINITIONS, NO_VERDICT
from quetsach.campaign import Campaign as Plan
from quetsach.campaign.errors import ScheduleError
from quetsach.campaign.schedule.document import campaign_digest
from quetsach.campaign.schedule.outcome import (
    AddressFacts,
    DecisionFact,
    Outcome,
    PhaseFact,
    ToolFacts,
    WindowFact,
    open_points,
)
from quetsach.campaign.schedule.status import PlanStatus
from quetsach.centre.publication.campaign_figures import MeasuredCampaign
from quetsach.centre.publication.snapshot import Snapshot, WindowFigure
from quetsach.core.text import Text
from quetsach.web.api.selectors import report_tally
from quetsach.web.office.campaigns.selectors.boards import chains_of, letters_of, standing_of
from quetsach.web.office.people.access import today
from quetsach.web.office.plans.models import CLOSE, Campaign
from quetsach.web.office.plans.selectors import campaigns, decisions_of, is_closed, steps_taken
from quetsach.web.office.returns.selectors.publication import returns_of
from quetsach.web.published.selectors import published_snapshot

# What a campaign came to: as it is now, or as its close sealed it.

_FORM: TypeAdapter[Outcome] = TypeAdapter(Outcome)
_DEFINITION = "window-addresses"


def outcome_of(campaign: Campaign, *, now: datetime) -> Outcome:
    """Return the sealed facts of a closed campaign, else those of this moment."""
    closed = steps_taken(campaign).get(CLOSE)
    return outcome_read(closed.passage.facts) if closed else outcome_now(campaign, day=today(now))


def outcome_now(campaign: Campaign, *, day: date, is_final: bool = False) -> Outcome:
    """Return the facts as they are on a day in Viet Nam; the letters' way down, long to count, only for the seal."""
    plan = campaign.plan
    standing = standing_of(campaign, day=day)
    taken = steps_taken(campaign)
    addresses = _addresses(published_snapshot(), campaign.key)
    returns = returns_of(campaign.key)
    return Outcome(
        campaign=plan.id,
        name=plan.name,
        summary=plan.summary,
        as_of=day,
        is_final=is_final,
        plan_sha256=campaign_digest(plan),
        targets=tuple(target.text for target in plan.targets),
        phases=tuple(
            PhaseFact(p.id, p.name, p.stage, p.period.first, p.period.last, taken[p.id].on if p.id in taken else None)
            for p in plan.phases
        ),
        addresses=addresses,
        letters=letters_of(campaign.key),
        returns=returns,
        tool=_tool(),
        decisions=tuple(
            DecisionFact(d.number, d.kind, d.title, d.grounds, d.decided_on, d.subjects, d.supersedes, d.digest)
            for d in decisions_of(campaign)
        ),
        open_points=open_points(plan, standing, addresses, returns),
        chains=chains_of(campaign.key) if is_final else (),
    )


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """Return facts as JSON values."""
    content: dict[str, Any] = _FORM.dump_python(outcome, mode="json")
    return content


def outcome_read(content: Mapping[str, Any]) -> Outcome:
    """Return facts from their JSON values.

    Raises:
        ScheduleError: they are not of the form that was sealed.
    """
    try:
        return _FORM.validate_python(content, strict=False)
    except ValidationError as error:
        text = Text("the sealed facts of the campaign are damaged")
        hint = Text("restore the database from a backup")
        raise ScheduleError(text, advice=hint) from error


def _addresses(snapshot: Snapshot | None, key: str) -> AddressFacts | None:
    figures = snapshot.campaign_of(key) if snapshot else None
    if snapshot is None or figures is None or figures.baseline_window is None:
        return None
    return AddressFacts(
        definition=DEFINITIONS[_DEFINITION].id,
        feeds=figures.baseline_window.feeds or snapshot.feeds,
        scale=snapshot.scale,
        baseline=_window(figures.baseline_window),
        seal=figures.seal,
        windows=tuple(_window(w) for w in figures.windows if w.change_percent is not None),
        warnings=(*figures.warnings, NO_VERDICT),
        not_real=snapshot.demonstration.text if snapshot.demonstration else None,
    )


def _window(window: WindowFigure) -> WindowFact:
    return WindowFact(
        window.id,
        window.title,
        window.first,
        window.last,
        window.days_with_data,
        window.addresses,
        window.change_percent,
        window.reports_with_gaps,
        window.level_breaks,
    )


def _tool() -> ToolFacts | None:
    tally = report_tally()
    if tally is None or not tally.reports:
        return None
    return ToolFacts(tally.reports, tally.installs, tally.installs_with_findings, tally.installs_cleaned)


# What the public page of a campaign shows. Counted at most twice a minute, however many look at it.

_LIFETIME_SECONDS = 30
_KEY = "public-campaigns"


@dataclass(frozen=True, slots=True)
class PublicCampaign:
    """A campaign of which at least one phase was opened."""

    key: str
    plan: Plan
    standing: PlanStatus
    outcome: Outcome
    is_closed: bool


def public_campaigns(now: datetime) -> tuple[PublicCampaign, ...]:
    """Return the campaigns that the public may know of, the newest first."""
    kept: tuple[PublicCampaign, ...] | None = cache.get(_KEY)
    if kept is None:
        kept = tuple(_public(campaign, now) for campaign in campaigns() if steps_taken(campaign))
        cache.set(_KEY, kept, _LIFETIME_SECONDS)
    return kept


def _public(campaign: Campaign, now: datetime) -> PublicCampaign:
    return PublicCampaign(
        campaign.key,
        campaign.plan,
        standing_of(campaign, day=today(now)),
        outcome_of(campaign, now=now),
        is_closed(campaign),
    )


# Which campaigns figures are published for.


def published_campaigns() -> tuple[MeasuredCampaign, ...]:
    """Return every campaign of which a phase was opened: those that run first, then the closed, each the newest first.

    A closed one keeps the figures that its close sealed, also after their sightings have expired; one that was closed
    without any figures has none.
    """
    running, closed = [], []
    for campaign in campaigns():
        taken = steps_taken(campaign)
        if CLOSE not in taken and taken:
            running.append(MeasuredCampaign(campaign.plan))
        elif CLOSE in taken and (facts := outcome_read(taken[CLOSE].passage.facts).addresses):
            closed.append(MeasuredCampaign(campaign.plan, facts))
    return (*running, *closed)
