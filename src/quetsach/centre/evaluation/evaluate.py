"""Evaluates a campaign: everything that its report is made of, read from one view of the lake."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from quetsach.campaign import Campaign
from quetsach.centre.centre import Centre
from quetsach.centre.evaluation import gathering
from quetsach.centre.evaluation.analysis import analyse_effect
from quetsach.centre.evaluation.inputs import Inputs, OfficeFacts
from quetsach.centre.evaluation.sources import HandedOver, Sources

STEPS = gathering.STEPS
"""How often ``evaluate`` tells its progress."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What a report is made of, and the state of the lake that it was read from."""

    inputs: Inputs
    lake: str


def evaluate(
    centre: Centre,
    campaign: Campaign,
    *,
    handed: HandedOver,
    office: OfficeFacts,
    now: datetime,
    progress: Callable[[int], None] = lambda _steps: None,
) -> Evaluated:
    """Read and judge everything that the report of a campaign is made of.

    Args:
        centre: which it is of.
        campaign: its plan.
        handed: what somebody brings to it.
        office: what the office knows of it.
        now: when the report is made (UTC).
        progress: told after each of ``STEPS`` steps.

    Raises:
        QuetsachError: the lake cannot be read, a file is none of its kind, or a frozen baseline was changed.
    """
    with centre.view() as view:
        sources = Sources(
            centre,
            campaign,
            view,
            handed.subscribers,
            handed.province_subscribers,
            analyse_effect(centre, campaign, view, handed),
        )
        return Evaluated(gathering.gather(sources, office, now=now, progress=progress), view.state)
