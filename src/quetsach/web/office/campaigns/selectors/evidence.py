"""What the centre can show for the conditions of a plan, and how the plan stands by it.

Each count comes from where the thing itself is kept.
"""

import logging
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from django.conf import settings

from quetsach.assess import FrozenBaseline
from quetsach.campaign.schedule.board import Shelved
from quetsach.campaign.schedule.condition import Evidence, Need
from quetsach.campaign.schedule.decision import Decision as Decided
from quetsach.campaign.schedule.decision import DecisionKind, decided_botnets, in_force
from quetsach.campaign.schedule.standing import PlanStanding, plan_standing
from quetsach.centre.baseline import baseline_in_force
from quetsach.core.errors import QuetsachError
from quetsach.web.office.campaigns.selectors.letters import issued_by_the_centre
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.plans.selectors import decisions_of, steps_taken
from quetsach.web.office.reading import kept_while_read
from quetsach.web.office.returns.selectors.publication import campaigns_with_totals
from quetsach.web.portal.family import page_of
from quetsach.web.portal.selectors import offered_files, pack_of

_logger = logging.getLogger("quetsach.web.office.campaigns")


def evidence_of(campaign: Campaign, decisions: Sequence[Decided]) -> Evidence:
    """Return what holds now."""
    standing = in_force(decisions)
    botnets = decided_botnets(decisions)

    def subjects(kind: DecisionKind) -> frozenset[str]:
        return frozenset(s for d in standing if d.kind is kind for s in d.subjects)

    counts = {
        Need.BASELINE_FROZEN: int(frozen_baseline(campaign.key) is not None),
        Need.BOTNETS_DECIDED: len(botnets),
        Need.ISPS_ASSESSED: len(subjects(DecisionKind.ISPS)),
        Need.PACKS_PUBLISHED: sum(pack.removes > 0 for pack in shelved(botnets).values()),
        Need.TOOL_OFFERED: int(bool(offered_files())),
        Need.LETTERS_ISSUED: issued_by_the_centre(campaign.key),
        Need.RETURNS_PUBLISHED: int(campaign.key in campaigns_with_totals()),
        Need.EVALUATION_PUBLISHED: sum(d.kind is DecisionKind.EVALUATION for d in standing),
    }
    return Evidence(counts, subjects(DecisionKind.OTHER))


def shelved(families: Sequence[str]) -> dict[str, Shelved]:
    """Return the published packs that are about these families."""
    found = {}
    for family in families:
        if pack := pack_of(family):
            page = page_of(pack, ())
            found[family] = Shelved(pack.family, page.traces, page.removed)
    return found


def frozen_baseline(key: str) -> FrozenBaseline | None:
    """Return a campaign's frozen baseline; ``None`` while it has none, or one that is damaged, which is logged."""
    data: Path | None = settings.CENTER.data
    try:
        return baseline_in_force(data, key) if data else None
    except QuetsachError as error:
        _logger.error("baseline: %s", error)  # noqa: TRY400
        return None


@kept_while_read
def standing_of(campaign: Campaign, *, day: date) -> PlanStanding:
    """Return how a campaign's plan stands on a day."""
    opened = frozenset(steps_taken(campaign))
    return plan_standing(campaign.plan, day, evidence_of(campaign, decisions_of(campaign)), opened=opened)
