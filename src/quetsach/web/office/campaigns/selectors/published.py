"""Which campaigns figures are published for."""

from quetsach.centre.publication.campaign_figures import MeasuredCampaign
from quetsach.web.office.campaigns.selectors.outcome import outcome_read
from quetsach.web.office.plans.models import CLOSE
from quetsach.web.office.plans.selectors import campaigns, steps_taken


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
