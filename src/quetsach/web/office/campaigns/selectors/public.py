"""What the public page of a campaign shows. Counted at most twice a minute, however many look at it."""

from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache

from quetsach.campaign import Campaign as Plan
from quetsach.campaign.schedule.outcome import Outcome
from quetsach.campaign.schedule.standing import PlanStanding
from quetsach.web.office.campaigns.selectors.evidence import standing_of
from quetsach.web.office.campaigns.selectors.outcome import outcome_of
from quetsach.web.office.people.access import today
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.plans.selectors import campaigns, is_closed, steps_taken

_LIFETIME_SECONDS = 30
_KEY = "public-campaigns"


@dataclass(frozen=True, slots=True)
class PublicCampaign:
    """A campaign of which at least one phase was opened."""

    key: str
    plan: Plan
    standing: PlanStanding
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
