"""Steps of a campaign: a phase opened and the close, asked for and granted by two people; the evaluation, as work."""

import shutil
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from quetsach import storage
from quetsach.campaign.authority import Permission
from quetsach.campaign.errors import ScheduleError
from quetsach.campaign.schedule.decision import digest_of
from quetsach.core.text import LocalText, Text
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.services import approval_ask, approval_supersede
from quetsach.web.office.campaigns.selectors.boards import standing_of
from quetsach.web.office.campaigns.selectors.outcome import outcome_json, outcome_now
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.plans.models import CLOSE, Campaign, EvaluationRun, Passage
from quetsach.web.office.plans.selectors import is_closed
from quetsach.web.office.tree.selectors import root_unit

# The evaluation of a campaign as work behind the pages: asked for on a page, made by a process, kept as files.

STOPPED, LATE = "stopped", "late"
"""Troubles that have words of their own: the centre was stopped meanwhile, or it took too long."""
MOST_KEPT = 5
"""Evaluations of a campaign whose files are kept, the newest; of older ones only that they were made."""


@transaction.atomic
def evaluation_ask(*, campaign: Campaign, by: Person, now: datetime) -> EvaluationRun:
    """Ask for the evaluation of a campaign; one that is under way is not asked for twice.

    Raises:
        AccessError: not this person's to do.
    """
    require(by, Permission.PUBLISH_NUMBERS, root_unit(), day=today(now))
    Campaign.objects.select_for_update().get(pk=campaign.pk)  # of two who ask at once the second waits here
    if under_way := campaign.evaluations.filter(ended_at=None).first():
        return under_way
    run = EvaluationRun.objects.create(campaign=campaign, asked_by=by, asked_at=now)
    log_append(by=by, act="evaluation-ask", subject=campaign.log_subject, unit=root_unit(), detail={}, now=now)
    return run


def evaluations_recover(*, now: datetime) -> int:
    """End what was being made when the centre stopped: nobody makes it any more. Return how many that were."""
    broken = EvaluationRun.objects.filter(ended_at=None).exclude(begun_at=None)
    return broken.update(ended_at=now, trouble=STOPPED)


@transaction.atomic
def evaluation_begin(*, now: datetime) -> EvaluationRun | None:
    """Take up the evaluation that waits longest; ``None`` if none does."""
    run = EvaluationRun.objects.select_for_update(of=("self",)).filter(begun_at=None).order_by("pk").first()
    if run is not None:
        run.begun_at = now
        run.save(update_fields=["begun_at"])
    return run


@transaction.atomic
def evaluation_keep(
    *, run: EvaluationRun, made: Path, data: Path, lake: str, as_of: date | None, now: datetime
) -> None:
    """Keep the files of an evaluation that was made whole, and forget those of the oldest.

    Args:
        run: what was asked for.
        made: the folder with all files; it is moved.
        data: the centre's data folder.
        lake: the state of the lake that it was made from.
        as_of: the last day with data.
        now: the time (UTC).
    """
    storage.publish([(made, folder_of(run, data))])
    run.ended_at, run.lake, run.as_of = now, lake, as_of
    run.save(update_fields=["ended_at", "lake", "as_of"])
    detail = {"number": run.pk, "lake": lake}
    log_append(
        by=run.asked_by,
        act="evaluation-make",
        subject=run.campaign.log_subject,
        unit=root_unit(),
        detail=detail,
        now=now,
    )
    for old in run.campaign.evaluations.filter(pk__lt=run.pk, trouble="").exclude(ended_at=None)[MOST_KEPT - 1 :]:
        shutil.rmtree(folder_of(old, data), ignore_errors=True)


def evaluation_fail(*, run: EvaluationRun, trouble: str, now: datetime) -> None:
    """Note why an evaluation could not be made."""
    run.ended_at, run.trouble = now, trouble[:500] or "?"
    run.save(update_fields=["ended_at", "trouble"])


def folder_of(run: EvaluationRun, data: Path) -> Path:
    """Return where the files of an evaluation lie."""
    return data / "evaluations" / run.campaign.key / str(run.pk)


# Opening a phase and closing a campaign: asked by one person on sealed facts, granted by another.

MAX_REASON = 2000


@transaction.atomic
def gate_ask(*, campaign: Campaign, phase: str, by: Person, now: datetime) -> Passage:
    """Ask that a phase may begin. A second person opens the gate by granting it.

    Raises:
        ScheduleError: a condition does not hold, another phase is next, or the campaign is closed.
        AccessError: not this person's to do.
    """
    campaign = _begin(campaign, by, now)
    gate = standing_of(campaign, day=today(now)).next_gate
    if gate is None or gate.phase.id != phase:
        text = Text("phases are opened one after the other")
        raise ScheduleError(text, field=phase)
    if gate.missing:
        raise ScheduleError(
            LocalText(
                "chưa đủ điều kiện: " + "; ".join(finding.text.vi for finding in gate.missing),
                "conditions are missing: " + "; ".join(finding.text.en for finding in gate.missing),
            ),
            field=phase,
            advice=Text("do what is missing, or change the plan"),
        )
    facts = {
        "campaign": campaign.key,
        "phase": phase,
        "plan": campaign.revision.sha256,
        "findings": [
            {
                "needs": f.condition.needs.value,
                "least": f.condition.least,
                "subject": f.condition.subject,
                "count": f.count,
            }
            for f in gate.findings
        ],
    }
    return _ask(campaign, phase, facts, title=f"{campaign.plan.name.vi}: {gate.phase.name.vi}", by=by, now=now)


@transaction.atomic
def close_ask(*, campaign: Campaign, reason: str, by: Person, now: datetime) -> Passage:
    """Ask that a campaign be closed on the facts of this moment; granted, they are final.

    Raises:
        ScheduleError: something is still open and no reason is given, or the campaign is closed.
        AccessError: not this person's to do.
    """
    campaign = _begin(campaign, by, now)
    if len(reason) > MAX_REASON:
        text = Text("the reason is longer than {max_reason} characters", max_reason=MAX_REASON)
        raise ScheduleError(text, field="reason")
    outcome = outcome_now(campaign, day=today(now), is_final=True)
    if outcome.open_points and not reason.strip():
        count = len(outcome.open_points)
        raise ScheduleError(
            Text("{count} point is still open", many="{count} points are still open", count=count),
            field="reason",
            advice=Text("settle them, or say why it is closed nevertheless"),
        )
    title = f"Kết thúc {campaign.plan.name.vi}"
    return _ask(campaign, CLOSE, outcome_json(outcome), title=title, reason=reason.strip(), by=by, now=now)


def steps_void(campaign: Campaign, *, by: Person | None, now: datetime) -> None:
    """Take back what still waits for a second person, since what it was asked on has changed."""
    of = Approval.objects.filter(kind="campaign", subject__startswith=f"campaign:{campaign.pk}:", is_granted=None)
    for approval in of:
        approval_supersede(approval=approval, reason="", by=by, now=now)


def _begin(campaign: Campaign, by: Person, now: datetime) -> Campaign:
    require(by, Permission.RUN_CAMPAIGN, root_unit(), day=today(now))
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if is_closed(campaign):
        raise ScheduleError(Text("the campaign is closed"))
    return campaign


def _ask(
    campaign: Campaign, step: str, facts: dict[str, Any], *, title: str, reason: str = "", by: Person, now: datetime
) -> Passage:
    passage = Passage.objects.create(
        campaign=campaign,
        step=step,
        facts=facts,
        sha256=digest_of({"facts": facts, "reason": reason}),
        reason=reason,
        asked_by=by,
        asked_at=now,
    )
    approval_ask(
        kind="campaign",
        subject=passage.subject,
        digest=passage.sha256,
        title=title[:300],
        by=by,
        unit=root_unit(),
        now=now,
    )
    return passage
