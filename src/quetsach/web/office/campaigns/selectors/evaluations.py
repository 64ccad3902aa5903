"""Evaluations of a campaign: which were made, from what, their files, and what one that is made now would stand on."""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from quetsach.centre.baseline import baseline_in_force
from quetsach.core.errors import QuetsachError
from quetsach.web.design.words import day as written_day
from quetsach.web.design.words import figure
from quetsach.web.office.campaigns.services.steps import folder_of
from quetsach.web.office.figures.selectors import published_figures
from quetsach.web.office.plans.models import Campaign, EvaluationRun
from quetsach.web.office.plans.selectors import MOST_SHOWN
from quetsach.web.office.refusal import what_here

REGISTRATION = "registration.json"
PAPERS = ("evaluation.vi.pdf", "evaluation.en.pdf")


@dataclass(frozen=True, slots=True)
class ShownRun:
    """One evaluation, and the size in bytes of its files; ``None`` where they are not kept any more."""

    run: EvaluationRun
    size_bytes: int | None


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that an evaluation stands on: what, how it is, whether it is there, and where it is seen to."""

    title: str
    state: str
    is_there: bool
    url: str = ""


def evaluations_of(campaign: Campaign) -> tuple[ShownRun, ...]:
    """Return the newest evaluations of a campaign."""
    runs = campaign.evaluations.select_related("asked_by", "campaign")[:MOST_SHOWN]
    return tuple(ShownRun(run, _size(run) if run.is_made else None) for run in runs)


def evaluation_of(campaign: Campaign, number: int) -> EvaluationRun | None:
    """Return one evaluation that was made whole."""
    return campaign.evaluations.filter(pk=number, trouble="").exclude(ended_at=None).first()


def evaluation_paper(run: EvaluationRun, name: str) -> bytes | None:
    """Return one of the papers of an evaluation; ``None`` where it is not kept any more."""
    data: Path | None = settings.CENTER.data
    path = folder_of(run, data) / name if data and name in PAPERS else None
    return path.read_bytes() if path and path.is_file() else None


def evaluation_zip(run: EvaluationRun) -> bytes | None:
    """Return all files of an evaluation in one; ``None`` where they are not kept any more."""
    files = list(_files(run))
    if not files:
        return None
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, path in files:
            packed.write(path, f"{run.campaign.key}-{run.pk}/{name}")
    return out.getvalue()


def needs_of(campaign: Campaign, *, day: date) -> tuple[Need, ...]:
    """Return what an evaluation of a campaign stands on, as it is today; no lake is read for it."""
    return tuple(_needs(campaign, day))


def _needs(campaign: Campaign, day: date) -> Iterator[Need]:
    plan, last = campaign.plan, max(phase.period.last for phase in campaign.plan.phases)
    over = (
        _("The campaign ended on %(day)s.")
        if last < day
        else _("It runs until %(day)s: what is made now is provisional.")
    )
    yield Need(_("The end of the campaign"), over % {"day": written_day(last)}, last < day)
    yield Need(_("A frozen baseline"), *_baseline(campaign), reverse("office:campaigns:baseline", args=[campaign.key]))
    yield Need(_("Figures of its windows"), *_windows(campaign), reverse("office:figures:figures"))
    seal = _registration(plan.id)
    told = _("Registered, SHA-256 %(sum)s…. The verdict is given by it.") % {"sum": seal[:12]} if seal else ""
    none = _("None: no verdict is given on what the campaign itself did. One is registered before the start only.")
    yield Need(_("An analysis that was registered before the start"), told or none, bool(seal))


def _baseline(campaign: Campaign) -> tuple[str, bool]:
    data: Path | None = settings.CENTER.data
    try:
        frozen = baseline_in_force(data, campaign.key) if data else None
    except QuetsachError as error:
        return _("It cannot be used: %(trouble)s.") % {"trouble": what_here(error)}, False
    if frozen is None:
        return _("Not frozen yet: changes would be provisional."), False
    values = {"day": written_day(frozen.frozen_at), "count": figure(frozen.addresses)}
    return _("Frozen on %(day)s: addresses %(count)s.") % values, True


def _windows(campaign: Campaign) -> tuple[str, bool]:
    published = published_figures()
    own = published.campaign_of(campaign.key) if published else None
    windows = own.windows if own else ()
    counted = [window for window in windows if window.days_with_data]
    if published is None or not counted:
        return _("None are published yet: take feeds in first."), False
    values = {
        "counted": figure(len(counted)),
        "all": figure(len(campaign.plan.windows)),
        "day": written_day(published.as_of),
        "feeds": ", ".join(sorted({feed for window in counted for feed in window.feeds})) or "–",
    }
    text = _("Windows with data: %(counted)s of %(all)s, up to %(day)s; feeds: %(feeds)s.")
    return text % values, len(counted) == len(campaign.plan.windows)


def _registration(campaign: str) -> str:
    """Return the checksum of the file in which the analysis was registered; empty if there is none."""
    data: Path | None = settings.CENTER.data
    path = data / "campaigns" / campaign / REGISTRATION if data else None
    return hashlib.sha256(path.read_bytes()).hexdigest() if path and path.is_file() else ""


def _size(run: EvaluationRun) -> int | None:
    return sum(path.stat().st_size for _name, path in _files(run)) or None


def _files(run: EvaluationRun) -> Iterator[tuple[str, Path]]:
    data: Path | None = settings.CENTER.data
    folder = folder_of(run, data) if data else None
    if folder and folder.is_dir():
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield path.relative_to(folder).as_posix(), path
