"""Makes the report of a campaign: what the office knows goes in, what the centre holds is judged, pages come out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from quetsach.campaign import Campaign
from quetsach.centre.centre import Centre
from quetsach.centre.evaluation import evaluate
from quetsach.centre.evaluation.inputs import OfficeFacts
from quetsach.centre.evaluation.sources import HandedOver, family_name
from quetsach.web.evaluation import writing
from quetsach.web.evaluation.chapters import compose
from quetsach.web.evaluation.fleets import cleaned_by_tool
from quetsach.web.office.campaigns.selectors.outcome import outcome_of
from quetsach.web.office.plans.models import Campaign as RunCampaign
from quetsach.web.office.tree.selectors import tree_note

STEPS = evaluate.STEPS + writing.STEPS
"""How often ``evaluation_make`` tells its progress."""


@dataclass(frozen=True, slots=True)
class MadeEvaluation:
    """What was written, up to which day the data go (UTC), and the state of the lake that it was read from."""

    files: tuple[Path, ...]
    as_of: date | None
    lake: str


def evaluation_make(
    *,
    centre: Centre,
    campaign: Campaign,
    handed: HandedOver,
    out: Path,
    now: datetime,
    progress: Callable[[int], None] = lambda _steps: None,
) -> MadeEvaluation:
    """Evaluate a campaign and write the report into a folder.

    Args:
        centre: which it is of.
        campaign: its plan.
        handed: what somebody brings to it.
        out: where to; another report of it there is written over.
        now: when it is made (UTC).
        progress: told after each of ``STEPS`` steps.

    Raises:
        QuetsachError: the lake cannot be read, a file is none of its kind, or the folder cannot be written.
    """
    office = office_facts(centre, campaign, now=now)
    made = evaluate.evaluate(centre, campaign, handed=handed, office=office, now=now, progress=progress)
    files = writing.evaluation_write(compose(made.inputs), out, progress=progress)
    return MadeEvaluation(files, made.inputs.as_of, made.lake)


def office_facts(centre: Centre, campaign: Campaign, *, now: datetime) -> OfficeFacts:
    """Return what the office knows of a campaign, run here or not."""
    run = RunCampaign.objects.filter(key=campaign.id).first()
    return OfficeFacts(
        outcome=outcome_of(run, now=now) if run else None,
        tool=cleaned_by_tool(lambda family: family_name(centre.families, family), now=now),
        tree_note=tree_note(campaign.window(campaign.baseline).period.last),
    )
