"""Campaigns as their files describe them: phases, targets and the windows they are measured over."""

from quetsach.campaign.errors import CampaignError
from quetsach.campaign.record import (
    Campaign,
    Measure,
    Phase,
    Provenance,
    Published,
    Target,
    Window,
    read_campaign,
)
from quetsach.campaign.section import Section

__all__ = [
    "Campaign",
    "CampaignError",
    "Measure",
    "Phase",
    "Provenance",
    "Published",
    "Section",
    "Target",
    "Window",
    "read_campaign",
]
