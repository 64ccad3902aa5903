"""Writing decisions into a campaign's log."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.db import transaction

from quetsach.campaign.authority import Act
from quetsach.campaign.schedule.decision import Decision as Decided
from quetsach.campaign.schedule.decision import DecisionKind, check_decision
from quetsach.campaign.schedule.errors import ScheduleError
from quetsach.core.pack import LocalText
from quetsach.web.office.campaigns.models import Campaign, Decision
from quetsach.web.office.campaigns.selectors.campaign import decisions_of, is_closed
from quetsach.web.office.campaigns.services.passages import passages_void
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.units.selectors import root_unit
from quetsach.web.portal.selectors import published_snapshot
from quetsach.web.portal.snapshot import RankedRow


@transaction.atomic
def decision_record(
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
) -> Decision:
    """Record a decision, with the published figures of this moment sealed beside it.

    Raises:
        ScheduleError: the decision cannot stand, or the campaign is closed.
        AccessError: not this person's to do.
    """
    require(by, Act.RUN_CAMPAIGN, root_unit(), day=today(now))
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if is_closed(campaign):
        raise ScheduleError(LocalText("chiến dịch đã kết thúc", "the campaign is closed"))
    decision = Decided(
        number=0,
        kind=kind,
        title=title.strip(),
        grounds=grounds.strip(),
        decided_on=decided_on,
        decided_by=decided_by.strip() or str(by),
        subjects=tuple(subjects),
        figures=_figures(kind, subjects, day=today(now)),
        supersedes=supersedes,
    )
    return decision_append(campaign=campaign, decision=decision, by=by, now=now)


def decision_append(*, campaign: Campaign, decision: Decided, by: Person | None, now: datetime) -> Decision:
    """Add a decision to the log under the next number; inside the transaction of the caller.

    Raises:
        ScheduleError: the decision cannot stand.
    """
    earlier = decisions_of(campaign)
    decision = replace(decision, number=earlier[-1].number + 1 if earlier else 1)
    check_decision(decision, earlier, today=today(now))
    passages_void(campaign, by=by, now=now)
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


def _figures(kind: DecisionKind, subjects: Sequence[str], *, day: date) -> dict[str, Any]:
    """Return what was published about the subjects when it was decided; figures of a later day are no grounds."""
    snapshot = published_snapshot()
    rows: dict[DecisionKind, tuple[RankedRow, ...]] = (
        {DecisionKind.BOTNETS: snapshot.families, DecisionKind.ISPS: snapshot.isps} if snapshot else {}
    )
    if snapshot is None or kind not in rows or snapshot.as_of > day:
        return {}
    chosen = set(subjects)
    return {
        "as_of": str(snapshot.as_of),
        "counted_at": snapshot.counted_at.isoformat(),
        "first": str(snapshot.latest.first),
        "last": str(snapshot.latest.last),
        "definition": "mean-daily-addresses",
        "scale": snapshot.scale,
        "rows": [
            {
                "rank": row.rank,
                "id": row.id,
                "mean_daily": row.mean_daily,
                "share_percent": row.share_percent,
                "per_thousand": row.per_thousand,
            }
            for row in rows[kind]
            if row.id in chosen or (row.rank is not None and row.rank <= len(chosen))
        ],
    }
