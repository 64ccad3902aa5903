"""Beginning a campaign and changing its plan; every version is kept with its reason."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from quetsach import storage
from quetsach.campaign import Campaign as Plan
from quetsach.campaign import read_campaign
from quetsach.campaign.authority import Permission
from quetsach.campaign.errors import ScheduleError
from quetsach.campaign.schedule.decision import Decision as Decided
from quetsach.campaign.schedule.decision import DecisionKind
from quetsach.campaign.schedule.document import campaign_digest, campaign_document, date_changes, next_campaign, redated
from quetsach.core.period import Period
from quetsach.core.text import LocalText, Text
from quetsach.web.office.campaigns.selectors.boards import frozen_baseline
from quetsach.web.office.campaigns.services.decisions import decision_append
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.plans.models import FILE, Campaign, PlanRevision
from quetsach.web.office.plans.selectors import is_closed
from quetsach.web.office.tree.selectors import root_unit

_FIRST = "Kế hoạch ban đầu"


@transaction.atomic
def campaign_begin(*, document: bytes, by: Person | None, now: datetime, pattern: Campaign | None = None) -> Campaign:
    """Begin a campaign from a ``campaign.toml``.

    Args:
        document: the file.
        by: who begins it; ``None`` for the operator of the machine, who needs no duty.
        now: the time (UTC).
        pattern: the campaign whose plan this one was made from.

    Raises:
        CampaignError: the file is damaged.
        ScheduleError: there is a campaign of that name.
        AccessError: not this person's to do.
    """
    _require(by, now)
    plan = read_campaign(document, file=FILE)
    if Campaign.objects.filter(key=plan.id).exists():
        raise ScheduleError(
            Text("there is a campaign {key} already", key=plan.id),
            field="id",
            advice=Text("give it another identifier"),
        )
    campaign = Campaign.objects.create(key=plan.id, pattern=pattern, begun_by=by, begun_at=now)
    _keep(campaign, plan, reason=f"Theo mẫu {pattern.key}" if pattern else _FIRST, by=by, now=now)
    _log(campaign, "campaign-begin", {"sha256": campaign_digest(plan)}, by=by, now=now)
    return campaign


@transaction.atomic
def plan_replace(
    *, campaign: Campaign, document: bytes, reason: str, by: Person | None, now: datetime, seen: int | None = None
) -> PlanRevision:
    """Put another ``campaign.toml`` in the place of the plan.

    Args:
        campaign: whose plan it is.
        document: the file.
        reason: why it changes.
        by: who changes it; ``None`` for the operator of the machine.
        now: the time (UTC).
        seen: the revision that was changed; ``None`` puts the file in the place of any.

    Raises:
        CampaignError: the file is damaged.
        ScheduleError: no reason, a closed campaign, another identifier, another window for a frozen baseline, or
            somebody changed the plan in the meantime.
        AccessError: not this person's to do.
    """
    return _change(campaign, read_campaign(document, file=FILE), reason=reason, by=by, now=now, seen=seen)


@transaction.atomic
def plan_move(
    *, campaign: Campaign, days: Mapping[str, Period], reason: str, by: Person, now: datetime
) -> PlanRevision:
    """Give items of the plan other days (keys as ``dated_items`` names them).

    Raises:
        CampaignError: phases or parts would overlap.
        ScheduleError: nothing would change, no reason, or the campaign is closed.
        AccessError: not this person's to do.
    """
    return _change(campaign, redated(campaign.plan, days), reason=reason, by=by, now=now)


@transaction.atomic
def campaign_clone(
    *, pattern: Campaign, key: str, name: LocalText, first: date, by: Person | None, now: datetime
) -> Campaign:
    """Begin the next campaign on the plan of another; its baseline, decisions and published figures stay behind.

    Raises:
        CampaignError: the identifier cannot be one.
        ScheduleError: there is a campaign of that name, or the day is too far away.
        AccessError: not this person's to do.
    """
    plan = next_campaign(pattern.plan, id=key, name=name, first=first)
    return campaign_begin(document=campaign_document(plan), by=by, now=now, pattern=pattern)


def _change(
    campaign: Campaign, plan: Plan, *, reason: str, by: Person | None, now: datetime, seen: int | None = None
) -> PlanRevision:
    _require(by, now)
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    _refuse_change(campaign, plan, reason=reason, seen=seen)
    before = campaign.plan
    made = _keep(campaign, plan, reason=reason, by=by, now=now)
    changes = date_changes(before, plan)
    decision_append(
        campaign=campaign,
        decision=Decided(
            number=0,
            kind=DecisionKind.DATES if changes else DecisionKind.PLAN,
            title="Điều chỉnh thời gian của kế hoạch" if changes else "Điều chỉnh kế hoạch",
            grounds=reason.strip(),
            decided_on=today(now),
            decided_by=str(by or ""),
            figures={
                "plan": {"before": campaign_digest(before), "after": made.sha256},
                "changes": [change.as_json() for change in changes],
            },
        ),
        by=by,
        now=now,
    )
    _log(campaign, "plan-change", {"revision": made.number, "sha256": made.sha256}, by=by, now=now)
    return made


def _refuse_change(campaign: Campaign, plan: Plan, *, reason: str, seen: int | None) -> None:
    if not reason.strip():
        raise ScheduleError(Text("a change of the plan needs a reason"), field="reason")
    if is_closed(campaign):
        raise ScheduleError(Text("the campaign is closed"))
    if plan.id != campaign.key:
        text = Text("the file is of another campaign: {key}", key=plan.id)
        raise ScheduleError(text, field="id")
    last = campaign.revision
    if seen is not None and seen != last.number:
        raise _overtaken(last)
    if plan == last.plan:
        raise ScheduleError(Text("nothing would change"))
    frozen = frozen_baseline(campaign.key)
    if frozen and plan.window(plan.baseline).period != frozen.basis.window:
        window = frozen.basis.window
        raise ScheduleError(Text("the baseline is frozen over {days}: its window stays", days=window), field="windows")


def _overtaken(last: PlanRevision) -> ScheduleError:
    at = f"{timezone.localtime(last.made_at):%H:%M %d/%m/%Y}"
    return ScheduleError(
        Text(
            "{person} changed the plan at {at}, after you opened this page; what you wrote is not saved",
            person=last.made_by or Text("the operator of the machine"),
            at=at,
        ),
        advice=Text("compare both texts below; saving once more puts yours in the place of the other"),
    )


def _keep(campaign: Campaign, plan: Plan, *, reason: str, by: Person | None, now: datetime) -> PlanRevision:
    last = campaign.revisions.order_by("-number").first()
    document = campaign_document(plan)
    made = PlanRevision.objects.create(
        campaign=campaign,
        number=last.number + 1 if last else 1,
        document=document.decode(),
        sha256=campaign_digest(plan),
        reason=reason.strip(),
        made_by=by,
        made_at=now,
    )
    transaction.on_commit(lambda: _hand_out(campaign.key, document))
    return made


def _hand_out(key: str, document: bytes) -> None:
    """Lay the plan where ``quetsach center assess`` and the publication of figures look for it."""
    data: Path | None = settings.CENTER.data
    if data:
        folder = data / "campaigns" / key
        storage.make_folder(folder)
        storage.write(folder / FILE, document)


def _require(by: Person | None, now: datetime) -> None:
    if by is not None:
        require(by, Permission.RUN_CAMPAIGN, root_unit(), day=today(now))


def _log(campaign: Campaign, act: str, detail: dict[str, object], *, by: Person | None, now: datetime) -> None:
    log_append(by=by, act=act, subject=campaign.log_subject, unit=root_unit(), detail=detail, now=now)
