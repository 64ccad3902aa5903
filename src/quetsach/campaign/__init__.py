"""Campaigns as their files describe them: phases, targets and the windows they are measured over."""

from quetsach.campaign.errors import CampaignError
from quetsach.campaign.record import (
    Campaign,
    Measure,
    Provenance,
    Published,
    Target,
    Window,
    read_campaign,
)
from quetsach.campaign.schedule.plan import Milestone, Part, Phase, Stage
from quetsach.campaign.section import Section

__all__ = [
    "Campaign",
    "CampaignError",
    "Measure",
    "Milestone",
    "Part",
    "Phase",
    "Provenance",
    "Published",
    "Section",
    "Stage",
    "Target",
    "Window",
    "read_campaign",
]
