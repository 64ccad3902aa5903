"""What was counted and estimated here, from what and when, and where it stands: read, never counted for a page."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from quetsach.centre.baseline import baseline_history
from quetsach.centre.publication.snapshot import Snapshot
from quetsach.core.errors import QuetsachError
from quetsach.web.design.templatetags.words import figure, here
from quetsach.web.office.figures.selectors import published_figures, waiting_figures
from quetsach.web.office.plans.models import Campaign, EvaluationRun
from quetsach.web.office.plans.selectors import campaigns, evaluations_made


@dataclass(frozen=True, slots=True)
class Counting:
    """One counting: what, over what, from which feeds, when (UTC), and where it is seen.

    ``state`` is what became of it; ``lake`` the state of the lake that was counted, where that was noted.
    """

    title: str
    state: str
    over: str
    feeds: tuple[str, ...]
    at: datetime
    as_of: date | None = None
    lake: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class CampaignCountings:
    """What was counted for one campaign; ``trouble`` where something that is kept cannot be read."""

    campaign: Campaign
    name: str
    countings: tuple[Counting, ...]
    trouble: str = ""


def country_countings() -> tuple[Counting, ...]:
    """Return the countings of the whole country: what is published, and what waits, the newest first."""
    published = published_figures()
    found = [_snapshot(one.figures, _("waits to be published"), one.digest) for one in waiting_figures()]
    return tuple(found) + ((_snapshot(published, _("published"), ""),) if published else ())


def campaign_countings() -> tuple[CampaignCountings, ...]:
    """Return the countings of each campaign, the newest campaign first."""
    made = evaluations_made()
    return tuple(_of_campaign(campaign, made.get(campaign.pk, ())) for campaign in campaigns())


def _snapshot(figures: Snapshot, state: str, digest: str) -> Counting:
    windows = sum(len(campaign.windows) for campaign in figures.campaigns)
    values = {
        "windows": figure(windows),
        "campaigns": figure(len(figures.campaigns)),
        "families": figure(len(figures.families)),
        "isps": figure(len(figures.isps)),
        "places": figure(len(figures.places)),
    }
    over = _(
        "windows %(windows)s of campaigns %(campaigns)s; rows of families %(families)s, providers %(isps)s, "
        "provinces %(places)s"
    )
    url = reverse("office:figures:candidate", args=[digest]) if digest else reverse("home")
    return Counting(
        _("Addresses of the country"),
        state,
        over % values,
        figures.feeds,
        figures.counted_at,
        figures.as_of,
        figures.lake,
        url,
    )


def _of_campaign(campaign: Campaign, evaluations: Iterable[EvaluationRun]) -> CampaignCountings:
    name = str(here(campaign.plan.name))
    made = tuple(_evaluations(campaign, evaluations))
    try:
        return CampaignCountings(campaign, name, (*made, *_baselines(campaign)))
    except QuetsachError as error:
        return CampaignCountings(campaign, name, made, trouble=error.what)


def _evaluations(campaign: Campaign, runs: Iterable[EvaluationRun]) -> Iterator[Counting]:
    url = reverse("office:campaigns:evaluation", args=[campaign.key])
    over = _("changes of all windows, machines, cases, effect: each with its grounds, or why it is refused")
    for run in runs:
        at = run.ended_at or run.asked_at
        yield Counting(_("Evaluation of the campaign"), _("made"), over, (), at, run.as_of, run.lake, url)


def _baselines(campaign: Campaign) -> Iterator[Counting]:
    data: Path | None = settings.CENTER.data
    url = reverse("office:campaigns:baseline", args=[campaign.key])
    history = baseline_history(data, campaign.key) if data else ()
    for frozen in reversed(history):
        window = frozen.basis.window
        state = _("frozen") if frozen is history[-1] else _("replaced by a later one")
        over = _("addresses %(count)s in the window of %(days)s days")
        values = {"count": figure(frozen.addresses), "days": figure(window.days)}
        yield Counting(_("Baseline"), state, over % values, frozen.basis.feeds, frozen.frozen_at, window.last, url=url)
