"""How a campaign stands: its plan, by what the centre can show for it."""

from datetime import date

from quetsach.campaign.schedule.standing import PlanStanding, plan_standing
from quetsach.web.office.campaigns.selectors.evidence import evidence_of
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.plans.selectors import decisions_of, steps_taken
from quetsach.web.office.reading import kept_while_read


@kept_while_read
def standing_of(campaign: Campaign, *, day: date) -> PlanStanding:
    """Return how a campaign's plan stands on a day."""
    opened = frozenset(steps_taken(campaign))
    return plan_standing(campaign.plan, day, evidence_of(campaign, decisions_of(campaign)), opened=opened)
