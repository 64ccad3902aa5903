"""Publishes a centre's figures: what two people agreed to first, then what is counted of the office's campaigns."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from django.conf import settings

from quetsach.centre.centre import Centre
from quetsach.centre.publication.campaign_figures import MeasuredCampaign
from quetsach.centre.publication.candidates import read_published
from quetsach.centre.publication.counting import count_changed_figures
from quetsach.centre.publication.snapshot import Snapshot
from quetsach.core.errors import QuetsachError
from quetsach.core.text import Text
from quetsach.web.office.campaigns.selectors import outcome
from quetsach.web.office.figures.selectors import has_tables
from quetsach.web.office.figures.services import figures_let_out, figures_release_agreed
from quetsach.web.portal.campaign_chart import draw_campaign


def figures_publish(
    *, centre: Centre, now: datetime, progress: Callable[[int], None] = lambda _steps: None
) -> Snapshot | None:
    """Publish the figures of a centre, or lay them out for two people, if anything of them changed.

    Figures that were agreed to and did not get out are published first; where that fails again, newer ones are counted
    all the same.

    Args:
        centre: one that was laid out, whose settings Django has.
        now: the time of publication (UTC).
        progress: told after each step.

    Returns:
        What was counted, published or not; ``None`` if nothing was to do.

    Raises:
        QuetsachError: the lake cannot be counted, or the result cannot be written.
        DatabaseError: the database cannot be used.
    """
    failed: QuetsachError | None = None
    try:
        figures_release_agreed(data=centre.data, now=now)
    except QuetsachError as error:
        failed = error
    campaigns = _campaigns(centre.data)
    counted = count_changed_figures(
        centre,
        campaigns,
        needs_two=settings.CENTER.publication == "two-people",
        draw=draw_campaign,
        now=now,
        progress=progress,
    )
    if counted is not None:
        figures_let_out(data=centre.data, candidate=counted.candidate, waits=counted.waits, now=now)
    if failed is not None:
        raise failed
    return counted.candidate.figures if counted is not None else None


def _campaigns(data: Path) -> tuple[MeasuredCampaign, ...]:
    """Return the campaigns that figures are published for; none while the office has none, or no tables yet.

    Raises:
        DatabaseError: the database cannot be used.
        QuetsachError: it is empty, and was not when figures were published.
    """
    if has_tables():
        return outcome.published_campaigns()
    figures = read_published(data)
    if figures is not None and figures.campaigns:
        raise QuetsachError(
            Text("the database is empty, and campaigns are published"),
            where=str(data),
            hint=Text("put it back from the centre's backup; its address: quetsach center settings show database"),
        )
    return ()
