"""What every page needs: navigation, the other language, who runs the centre, whether the data are real."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse, translate_url
from django.utils.translation import get_language, override

from quetsach.core.country import Country
from quetsach.core.text import LocalText
from quetsach.network import ATTRIBUTION
from quetsach.web import identity
from quetsach.web.configuration import Configuration
from quetsach.web.identity import LICENCE
from quetsach.web.portal.pages import Link, navigation
from quetsach.web.published import selectors


@dataclass(frozen=True, slots=True)
class Version:
    """The page in one language; ``url`` is absolute."""

    language: str
    url: str


@dataclass(frozen=True, slots=True)
class OtherLanguage:
    """Where the language switch leads: the same page in the other language."""

    language: str
    title: str
    path: str


@dataclass(frozen=True, slots=True)
class Site:
    """The frame around a page."""

    navigation: tuple[Link, ...]
    versions: tuple[Version, ...]
    other: OtherLanguage | None
    country: Country
    controller: str
    contact: str
    demonstration: LocalText | None
    attribution: tuple[tuple[str, str], ...]
    licence: Mapping[str, str]
    address: str


def site(request: HttpRequest) -> dict[str, Any]:
    """Return ``site`` for templates."""
    center: Configuration = settings.CENTER
    snapshot = selectors.published_snapshot()
    return {
        "site": Site(
            navigation=navigation(request.path),
            versions=_versions(request),
            other=_other(request),
            country=settings.COUNTRY,
            controller=center.controller,
            contact=center.contact,
            demonstration=snapshot.demonstration.text if snapshot and snapshot.demonstration else None,
            attribution=ATTRIBUTION,
            licence=LICENCE,
            address=identity.site(),
        )
    }


def _other(request: HttpRequest) -> OtherLanguage | None:
    """Return the language that the page is not in; none where the country has one alone."""
    others = [one for one in settings.LANGUAGES if one[0] != get_language()]
    return OtherLanguage(*others[0], _path_in(request, others[0][0])) if others else None


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
