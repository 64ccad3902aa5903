"""The public pages by name, where they stand in the navigation, and the frame that every page has around it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse, translate_url
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from quetsach.centre.publication.snapshot import CampaignFigures
from quetsach.core.country import Country
from quetsach.core.help_line import Way
from quetsach.core.text import LocalText
from quetsach.network import ATTRIBUTION
from quetsach.web import identity
from quetsach.web.configuration import Configuration
from quetsach.web.design.words import page_language
from quetsach.web.identity import LICENCE
from quetsach.web.published import selectors


@dataclass(frozen=True, slots=True)
class Page:
    """One page: the name of its route and its title."""

    name: str
    title: str | Promise


NAVIGATION = (
    Page("check", _("Address check")),
    Page("devices", _("Devices")),
    Page("download", _("Tool")),
    Page("definitions", _("How this is counted")),
)
RANKING_TITLES = {
    "families": _("Which malware"),
    "families_about": _("Families by mean daily unique addresses"),
    "isps": _("Which networks"),
    "isps_about": _("Internet providers by mean daily unique addresses; compare their rates with care"),
    "places": _("Which provinces"),
    "places_about": _("Provinces and cities by mean daily unique addresses, as far as the sources name one"),
    "sectors": _("Which sectors"),
    "sectors_about": _("Sectors by mean daily unique addresses, as far as the sources name one"),
}


def chart_of(campaign: CampaignFigures | None, language: str) -> SafeString:
    """Return the chart of a campaign: drawn by our own renderer at publication, read from the centre's own folder."""
    return mark_safe(campaign.charts.get(language, "") if campaign else "")  # noqa: S308


@dataclass(frozen=True, slots=True)
class Link:
    """A page as a link; ``is_here`` for the page shown and those above it, ``is_exact`` for the page itself."""

    url: str
    title: str | Promise
    is_here: bool = False
    is_exact: bool = False


def navigation(path: str) -> tuple[Link, ...]:
    """Return the main navigation for the page at ``path``."""
    links = ((reverse(page.name), page.title) for page in NAVIGATION)
    return tuple(Link(url, title, path.startswith(url), path == url) for url, title in links)


@dataclass(frozen=True, slots=True)
class Version:
    """The page in one language; ``url`` is absolute."""

    language: str
    url: str


@dataclass(frozen=True, slots=True)
class OtherLanguage:
    """Where the language switch leads: the same page in another language."""

    language: str
    title: str
    path: str


@dataclass(frozen=True, slots=True)
class Site:
    """The frame around a page."""

    navigation: tuple[Link, ...]
    versions: tuple[Version, ...]
    others: tuple[OtherLanguage, ...]
    country: Country
    controller: str
    contact: str
    help_ways: tuple[Way, ...]
    source_url: str
    demonstration: LocalText | None
    attribution: tuple[tuple[str, str], ...]
    licence: Mapping[str, str]
    address: str
    answers_owners: bool


def site(request: HttpRequest) -> dict[str, Any]:
    """Return ``site`` for templates."""
    center: Configuration = settings.CENTER
    snapshot = selectors.published_snapshot()
    return {
        "site": Site(
            navigation=navigation(request.path),
            versions=_versions(request),
            others=_others(request),
            country=settings.COUNTRY,
            controller=center.controller,
            contact=center.contact,
            help_ways=center.help_line.ways(page_language()),
            source_url=center.source_url,
            demonstration=snapshot.demonstration.text if snapshot and snapshot.demonstration else None,
            attribution=ATTRIBUTION,
            licence=LICENCE,
            address=identity.site(),
            answers_owners=center.answers_owners,
        )
    }


def _others(request: HttpRequest) -> tuple[OtherLanguage, ...]:
    """Return the languages that the page is not in; none where the country has one alone."""
    return tuple(
        OtherLanguage(code, name, _path_in(request, code))
        for code, name in settings.LANGUAGES
        if code != get_language()
    )


def _path_in(request: HttpRequest, language: str) -> str:
    """An address that is no page has no translation; its switch leads home."""
    if request.resolver_match is not None:
        return translate_url(request.path, language)
    with override(language):
        return reverse("home")


def _versions(request: HttpRequest) -> tuple[Version, ...]:
    if request.resolver_match is None:
        return ()
    found = [Version(code, identity.site() + translate_url(request.path, code)) for code, _ in settings.LANGUAGES]
    return (*found, Version("x-default", found[0].url))
