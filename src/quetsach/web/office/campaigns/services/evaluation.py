"""The evaluation of a campaign as work behind the pages: asked for on a page, made by a process, kept as files."""

import shutil
from datetime import date, datetime
from pathlib import Path

from django.db import transaction

from quetsach import storage
from quetsach.campaign.authority import Act
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.plans.models import Campaign, EvaluationRun
from quetsach.web.office.tree.selectors import root_unit

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
    require(by, Act.PUBLISH_NUMBERS, root_unit(), day=today(now))
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
