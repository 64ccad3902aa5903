"""The public pages by name, their titles, and where they stand in the navigation."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from quetsach.centre.publication.snapshot import CampaignFigures


@dataclass(frozen=True, slots=True)
class Page:
    """One page: the name of its route and its title."""

    name: str
    title: str | Promise


NAVIGATION = (
    Page("check", _("Check my address")),
    Page("steps", _("Three steps")),
    Page("download", _("Download the tool")),
    Page("definitions", _("How this is counted")),
)
STEPS = (
    Page("steps", _("Three steps")),
    Page("steps-learn", _("Find out")),
    Page("steps-clean", _("Clean")),
    Page("steps-prevent", _("Prevent")),
)
RANKING_TITLES = {
    "families": _("Which malware"),
    "families_about": _("Families by mean daily unique addresses"),
    "isps": _("Which networks"),
    "isps_about": _("Internet providers by mean daily unique addresses; compare their rates with care"),
    "places": _("Which provinces"),
    "places_about": _("Provinces and cities by mean daily unique addresses, as far as the sources name one"),
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


def step_links(number: int) -> tuple[Link | None, Link | None]:
    """Return the page before and the page after a step."""
    back = STEPS[number - 1] if number else None
    following = STEPS[number + 1] if number + 1 < len(STEPS) else None
    return tuple(Link(reverse(p.name), p.title) if p else None for p in (back, following))  # type: ignore[return-value]
