"""The public pages for search engines, each in both languages."""

from urllib.parse import urlsplit

from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps.views import sitemap
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from quetsach.web import identity
from quetsach.web.published import selectors

type Place = tuple[str, tuple[str, ...]]
"""The name of a route and its arguments."""
_PAGES = (
    "home",
    "check",
    "steps",
    "steps-learn",
    "steps-clean",
    "steps-prevent",
    "download",
    "definitions",
    "open-data",
    "privacy",
    "families",
    "campaign",
    "verify",
    "help",
)


class PublicPages(Sitemap):  # type: ignore[type-arg] # not generic when it runs
    """Every page that is for everybody and that somebody could look for."""

    i18n = True
    alternates = True
    x_default = True

    def items(self) -> list[Place]:
        """Return the fixed pages, those of families that have a pack, those of campaigns that have figures."""
        snapshot = selectors.published_snapshot()
        families: list[Place] = [("family", (pack.family,)) for pack in selectors.shelf()]
        campaigns: list[Place] = (
            [("campaign-of", (campaign.id,)) for campaign in snapshot.campaigns] if snapshot else []
        )
        return [*((name, ()) for name in _PAGES), *families, *campaigns]

    def location(self, item: Place) -> str:
        """Return where a page is in the language of the moment."""
        name, arguments = item
        return reverse(name, args=arguments)

    def get_domain(self, site: object = None) -> str:  # noqa: ARG002  (what a request says of its host is not used)
        """Return the centre's own name."""
        return urlsplit(identity.site()).netloc

    def get_protocol(self, protocol: str | None = None) -> str:  # noqa: ARG002
        """Return the scheme of the centre's own address."""
        return urlsplit(identity.site()).scheme


@require_safe
@cache_control(public=True, max_age=3600)
def site_map(request: HttpRequest) -> HttpResponse:
    """Name the public pages."""
    return sitemap(request, {"pages": PublicPages})
