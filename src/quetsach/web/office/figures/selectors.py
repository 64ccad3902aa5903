"""What is published and what waits, side by side; who was asked for what; what was counted here, and from what."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from quetsach.centre.baseline import baseline_history
from quetsach.centre.publication import due
from quetsach.centre.publication.candidates import Candidate, candidates, read_candidate, read_published
from quetsach.centre.publication.snapshot import PublicationError, Snapshot, figures_path
from quetsach.core.errors import QuetsachError
from quetsach.web.design.words import figure, here
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.figures.changes import Section, sections
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.plans.models import Campaign, EvaluationRun
from quetsach.web.office.plans.selectors import campaigns, evaluations_made
from quetsach.web.office.reading import kept_while_read
from quetsach.web.office.refusal import what_here

# What is published and what waits, side by side; who was asked for what.

KIND = "numbers"
RELEASE = "figures-release"
"""What the log calls a publication that was agreed to."""
_SUBJECT = "figures:"


@dataclass(frozen=True, slots=True)
class WaitingFigures:
    """Figures that wait, and the last request for exactly them. ``is_newest`` if nothing newer waits."""

    digest: str
    figures: Snapshot
    approval: Approval | None
    is_newest: bool

    @property
    def may_be_asked_for(self) -> bool:
        """Whether they may go out, and nobody has asked for them or a second person refused them."""
        return not self.figures.withheld and (self.approval is None or self.approval.is_granted is False)

    @property
    def is_agreed(self) -> bool:
        """Whether a second person agreed: then they should be out, and are not."""
        return self.approval is not None and bool(self.approval.is_granted)


def subject_of(candidate: Candidate) -> str:
    """Return the name under which a publication is asked for and logged."""
    return f"{_SUBJECT}{candidate.figures.as_of}:{candidate.digest[:12]}"


def has_tables() -> bool:
    """Whether the office has its tables; before the first migration there are no requests and no campaigns.

    Raises:
        DatabaseError: the database cannot be used.
    """
    tables = connection.introspection
    return Approval in tables.installed_models(tables.table_names())


def requests() -> QuerySet[Approval]:
    """Return all requests to publish figures, the oldest first."""
    return Approval.objects.filter(kind=KIND, subject__startswith=_SUBJECT).order_by("pk")


@kept_while_read
def _all_requests() -> tuple[Approval, ...]:
    return tuple(requests().select_related("asked_by", "decided_by"))


def asked_digests() -> frozenset[str]:
    """Return the digests that wait for a second person, or were agreed to."""
    return frozenset(requests().exclude(is_granted=False).values_list("digest", flat=True))


def agreed(data: Path) -> tuple[Approval, ...]:
    """Return the agreements that nobody has refused since and whose figures are not out, the newest figures first."""
    decided = [(one.decided_at, one.pk, one) for one in _all_requests() if one.decided_at is not None]
    last = {one.digest: one for _at, _pk, one in sorted(decided, key=lambda row: row[:2])}
    granted = {digest: approval for digest, approval in last.items() if approval.is_granted}
    published = read_published(data)
    late = [c for c in candidates(data) if c.digest in granted and not _is_behind(c.figures, published)]
    return tuple(granted[candidate.digest] for candidate in late)


def released_unlogged(data: Path) -> Approval | None:
    """Return the agreement whose figures are out while the log does not say so: something was killed in between."""
    path = figures_path(data)
    digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""
    approval = requests().filter(digest=digest, is_granted=True).last()
    if approval is None or LogEntry.objects.filter(act=RELEASE, subject=approval.subject).exists():
        return None
    return approval


def counting_here() -> due.Standing | None:
    """Return how it stands with the counting of figures; ``None`` without a data folder."""
    data: Path | None = settings.CENTER.data
    return due.standing(data) if data else None


def published_figures() -> Snapshot | None:
    """Return what the portal shows."""
    data: Path | None = settings.CENTER.data
    return read_published(data) if data else None


def waiting_figures() -> tuple[WaitingFigures, ...]:
    """Return what waits, the newest first."""
    found = [c for c in candidates(settings.CENTER.data) if not _is_behind(c.figures, published_figures())]
    last = {approval.digest: approval for approval in _all_requests()}
    return tuple(
        WaitingFigures(candidate.digest, candidate.figures, last.get(candidate.digest), number == 0)
        for number, candidate in enumerate(found)
    )


def figures_to_ask_for() -> int:
    """Return whether the newest figures wait for somebody to ask for them: 1 or 0."""
    newest = next(iter(waiting_figures()), None)
    return int(newest is not None and newest.approval is None and not newest.figures.withheld)


def figures_not_out() -> int:
    """Return how many agreements wait for their figures to get out."""
    data: Path | None = settings.CENTER.data
    return len(agreed(data)) if data else 0


def changes_of(digest: str) -> tuple[Section, ...]:
    """Return what would appear, change and go away; empty where the figures do not wait any more."""
    data: Path | None = settings.CENTER.data
    try:
        figures = read_candidate(data, digest).figures if data else None
    except PublicationError:
        return ()
    return sections(published_figures(), figures) if figures else ()


def shown_to_approver(approval: Approval) -> dict[str, object]:
    """Return what a second person sees of the figures before deciding."""
    waiting = next((one for one in waiting_figures() if one.digest == approval.digest), None)
    return {
        "waiting": waiting,
        "published": published_figures(),
        "sections": changes_of(approval.digest) if waiting else (),
    }


def _is_behind(figures: Snapshot, published: Snapshot | None) -> bool:
    return published is not None and figures.counted_at <= published.counted_at


# What was counted and estimated here, from what and when, and where it stands: read, never counted for a page.


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
        return CampaignCountings(campaign, name, made, trouble=what_here(error))


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
