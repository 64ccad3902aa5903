"""A campaign as a folder of pages: in the country's languages, without script, opened from a disk or any web server.

State portals of a campaign do not live long; what is handed to an archive has to stand without them. The pages are made
of the sealed facts (or those of the moment), the plan and what was published of an earlier campaign's letters, and of
nothing else.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import override

from quetsach import storage
from quetsach.campaign import Target
from quetsach.campaign.schedule.outcome import Outcome
from quetsach.centre.publication.campaign_figures import measured_targets
from quetsach.centre.tables import load_calendar
from quetsach.core.errors import QuetsachError
from quetsach.core.period import Period
from quetsach.core.text import SystemText, Text
from quetsach.web import design
from quetsach.web.office.campaigns.forms import KIND_TITLES
from quetsach.web.office.campaigns.selectors.boards import chains_of
from quetsach.web.office.campaigns.selectors.outcome import outcome_json, outcome_of
from quetsach.web.office.letters.models import PublishedLetters
from quetsach.web.office.plans.models import CLOSE, Campaign
from quetsach.web.office.plans.selectors import steps_taken
from quetsach.web.portal.campaign_chart import draw_windows
from quetsach.web.published.selectors import definitions

PAGES = ("index", "phases", "targets", "letters", "returns", "decisions", "definitions")
_LOOKS = ("style.css", "icon.svg", "fonts/noto-sans-latin.woff2", "fonts/noto-sans-vietnamese.woff2")
_LICENCE = "fonts/LICENSE-noto-sans.txt"
_NO_TIME = (1980, 1, 1, 0, 0, 0)  # the same facts give the same bytes


def archive_files(campaign: Campaign, *, now: datetime) -> dict[str, bytes]:
    """Return the files of the archive by their paths in it, checksums last."""
    files = dict(_files(campaign, now))
    sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {path}\n" for path, content in sorted(files.items()))
    return files | {"SHA256SUMS": sums.encode()}


def archive_zip(campaign: Campaign, *, now: datetime) -> bytes:
    """Return the archive as one file, in a folder that is named as the campaign."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
        for path, content in archive_files(campaign, now=now).items():
            entry = zipfile.ZipInfo(f"{campaign.key}/{path}", _NO_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            zipped.writestr(entry, content)
    return buffer.getvalue()


def archive_write(campaign: Campaign, folder: Path, *, now: datetime) -> int:
    """Write the archive into a folder and return how many files it has.

    Raises:
        QuetsachError: the folder holds something, or cannot be written.
    """
    try:
        storage.make_folder(folder, mode=storage.SHARED_FOLDER)
        if any(folder.iterdir()):
            raise QuetsachError(
                Text("the folder is not empty"), where=str(folder), hint=Text("name a new one with --out")
            )
        files = archive_files(campaign, now=now)
        for path, content in files.items():
            storage.make_folder((folder / path).parent, mode=storage.SHARED_FOLDER)
            storage.write(folder / path, content, mode=storage.SHARED)
    except OSError as error:
        raise QuetsachError(
            Text("the archive cannot be written: {reason}", reason=SystemText(error.strerror)), where=str(folder)
        ) from error
    return len(files)


def _files(campaign: Campaign, now: datetime) -> Iterator[tuple[str, bytes]]:
    outcome = outcome_of(campaign, now=now)
    if not outcome.is_final:
        outcome = replace(outcome, chains=chains_of(campaign.key))
    closed = steps_taken(campaign).get(CLOSE)
    published = PublishedLetters.objects.filter(campaign=campaign.key).first()
    sealed = {
        "facts": closed.passage.facts if closed else outcome_json(outcome),
        "reason": closed.passage.reason if closed else "",
        "sha256": closed.passage.sha256 if closed else None,
    }
    yield "index.html", _render("start", {"outcome": outcome, "languages": settings.COUNTRY.languages})
    languages: tuple[str, ...] = settings.COUNTRY.languages
    for language in languages:
        with override(language):
            context = {
                "outcome": outcome,
                "plan": campaign.plan,
                "closed": closed,
                "definitions": definitions(),
                "published": published.chains if published else (),
                "kinds": [(d, KIND_TITLES[d.kind]) for d in outcome.decisions],
                "chart": _chart(outcome, measured_targets(campaign.plan), language),
                "others": [other for other in languages if other != language],
                "language": language,
            }
            for page in PAGES:
                yield f"{language}/{page}.html", _render(page, context | {"page": page})
    yield "facts.json", json.dumps(sealed, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"
    yield "campaign.toml", campaign.revision.document.encode()
    if published:
        yield "letters.toml", published.document.encode()
    looks = Path(design.__file__).parent / "static" / "design"
    for name in (*_LOOKS, _LICENCE):
        yield name, (looks / name).read_bytes()
    yield "plan.css", (Path(__file__).parent / "static" / "office" / "campaigns.css").read_bytes()
    yield "pictures.css", (looks / "pictures.css").read_bytes()


def _render(page: str, context: dict[str, Any]) -> bytes:
    return render_to_string(f"campaigns/archive/{page}.html", context).encode()


def _chart(outcome: Outcome, targets: Sequence[Target], language: str) -> str:
    facts = outcome.addresses
    if facts is None or not facts.windows:
        return ""
    windows = sorted((facts.baseline, *facts.windows), key=lambda w: w.first)
    whole = Period(windows[0].first, max(w.last for w in windows))
    drawn = draw_windows(
        outcome.name.in_language(language),
        _("unique addresses in a window"),
        [(w.first, w.last, w.addresses, w.name) for w in windows],
        baseline=(facts.baseline.first, facts.baseline.addresses),
        targets=targets,
        # events that change counts of some family alone are not told: the facts do not say which families were seen
        marks=load_calendar(settings.CENTER.data).of_families(()).marks(whole),
        language=language,
    )
    return mark_safe(drawn)  # noqa: S308  (drawn by our own renderer from figures)
