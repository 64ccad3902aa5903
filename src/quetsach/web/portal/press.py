"""For whoever tells others: all figures on one page, every picture to print, and a frame for other sites."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import segno
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_safe

from quetsach.assess import NO_VERDICT
from quetsach.centre.publication.snapshot import RankedRow, Snapshot
from quetsach.core.country import Place
from quetsach.web import identity
from quetsach.web.api.selectors import report_tally
from quetsach.web.design.words import page_language
from quetsach.web.portal.pages import RANKING_TITLES, chart_of
from quetsach.web.portal.pictures import shown_pictures, tiles_of
from quetsach.web.published import selectors

FRAME_SIZE = 320, 420
"""Width and height that a frame is made for; it may be wider."""
_public = cache_control(public=True, max_age=60)
_FRAMED: dict[str, Any] = {**settings.SECURE_CSP, "frame-ancestors": ["*"]}


@dataclass(frozen=True, slots=True)
class Ranking:
    """A ranking as the page of all figures shows it; ``picture`` is the name of its picture."""

    id: str
    title: str
    about: str
    rows: tuple[RankedRow, ...]

    @property
    def has_rate(self) -> bool:
        """Whether its rows are set beside the addresses that each announces."""
        return any(row.per_thousand is not None for row in self.rows)


@require_safe
@_public
def figures(request: HttpRequest) -> HttpResponse:
    """Every published figure, with what it is, of which days it is, and whether it may still change."""
    snapshot = selectors.published_snapshot()
    context: dict[str, Any] = {"snapshot": snapshot, "tally": report_tally()}
    if snapshot:
        campaigns = [(campaign, chart_of(campaign, page_language())) for campaign in snapshot.campaigns]
        months = selectors.published_months()
        context |= {"campaigns": campaigns, "rankings": _rankings(snapshot), "no_verdict": NO_VERDICT}
        context |= {"months": months if len(months) > 1 else (), "sizes": shown_pictures(snapshot, ("map", "months"))}
    return render(request, "portal/figures.html", context)


def _rankings(snapshot: Snapshot) -> tuple[Ranking, ...]:
    found = (("families", snapshot.families), ("isps", snapshot.isps), ("places", snapshot.places))
    return tuple(
        Ranking(id_, str(RANKING_TITLES[id_]), str(RANKING_TITLES[f"{id_}_about"]), rows)
        for id_, rows in (*found, ("sectors", snapshot.sectors))
        if rows
    )


@require_safe
@_public
def press(request: HttpRequest) -> HttpResponse:
    """Pictures and data for newspapers, how to name the source, and frames for other sites."""
    snapshot = selectors.published_snapshot()
    context: dict[str, Any] = {"snapshot": snapshot, "provinces": framed_provinces(), "frame": _frame_code()}
    context |= {"pictures": tuple(shown_pictures(snapshot).values()) if snapshot else ()}
    return render(request, "portal/press.html", context)


def _frame_code() -> str:
    """Return what somebody writes into a page to show the frame."""
    width, height = FRAME_SIZE
    title = _("Malware in figures: Quét Sạch")
    return (
        f'<iframe src="{identity.site()}{reverse("frame")}" title="{title}"\n'
        f'  width="{width}" height="{height}" frameborder="0" loading="lazy"\n'
        '  sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>'
    )


def frames() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the route and the arguments of every frame."""
    yield "frame", ()
    yield from (("frame-of", (place.code,)) for place in framed_provinces())


def framed_provinces() -> tuple[Place, ...]:
    """Return the provinces that a frame can be of, by name: those on the map on the newest day with data."""
    snapshot = selectors.published_snapshot()
    places = {tile.place.code: tile.place for tile in tiles_of(snapshot)} if snapshot else {}
    return tuple(sorted(places.values(), key=lambda place: place.name.in_language(page_language())))


@require_safe
@_public
@xframe_options_exempt
@csp_override(_FRAMED)
def frame(request: HttpRequest, code: str = "") -> HttpResponse:
    """A few figures for other sites, of the country or of one province; the only page that may stand in theirs."""
    snapshot = selectors.published_snapshot()
    context: dict[str, Any] = {"snapshot": snapshot, "qr": _qr(identity.site() + reverse("check"))}
    if code:
        place = next((place for place in framed_provinces() if place.code == code), None)
        if place is None or snapshot is None:
            raise Http404
        id_ = f"{place.code}@{place.valid_from}"
        context |= {"place": place, "row": next((row for row in snapshot.places if row.id == id_), None)}
    return render(request, "portal/frame.html", context)


def _qr(address: str) -> SafeString:
    made = segno.make_qr(address, error="m")
    drawn = made.svg_inline(border=2, light="#fff", svgclass="qr", lineclass=None, omitsize=True)
    return mark_safe(drawn)  # noqa: S308  (modules of a code)
