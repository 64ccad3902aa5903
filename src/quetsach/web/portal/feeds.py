"""What programs read of the portal: the feed of figures (Atom, RFC 4287), and the public pages for search engines.

The feed has one entry for each month, which is updated when newer figures go out.
"""

from datetime import UTC, date, datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps.views import sitemap
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from quetsach.centre.publication.candidates import Month
from quetsach.core.period import MONTH, day_in
from quetsach.web import identity
from quetsach.web.design.words import day, figure, page_language
from quetsach.web.portal.devices import QUESTIONS, STEPS
from quetsach.web.published import selectors
from quetsach.web.published.devices import DEVICES

_MOST = 60
"""Five years: readers fetch the whole feed each time."""
type Place = tuple[str, tuple[str, ...]]
"""The name of a route and its arguments."""
_PAGES = (
    "home",
    "check",
    "look-again",
    "browser",
    "devices",
    "which-device",
    "download",
    "other-tools",
    "definitions",
    "how-we-know",
    "accessibility",
    "figures",
    "open-data",
    "press",
    "privacy",
    "families",
    "campaign",
    "verify",
    "help",
)


class _Feed(Atom1Feed):
    """Atom as Django writes it."""

    def latest_post_date(self) -> datetime:
        """Return when the newest entry changed; a feed without entries is always the same."""
        return max((item["updateddate"] for item in self.items), default=datetime.fromtimestamp(0, UTC))


@require_safe
@cache_control(public=True, max_age=60)
def feed(_request: HttpRequest) -> HttpResponse:
    """Tell programs that there are new figures, in the language of the address."""
    site, page = identity.site(), reverse("open-data")
    made = _Feed(
        title=_("Quét Sạch: published figures"),
        link=f"{site}{page}",
        description=None,
        subtitle=_("Addresses reported for malware, by month"),
        language=get_language(),
        feed_url=f"{site}{reverse('figures-feed')}",
        author_name=selectors.publisher() or "Quét Sạch",
    )
    for month in reversed(selectors.published_months()[-_MOST:]):
        made.add_item(
            title=_("Figures of %(month)s, up to %(last)s")
            % {"month": _month(month.latest.last), "last": day(month.latest.last)},
            link=f"{site}{page}",
            description=_told(month),
            unique_id=f"{site}{reverse('open-file', args=['rankings-by-month.csv'])}#{month.month}",
            updateddate=month.counted_at,
        )
    return HttpResponse(made.writeString("utf-8"), content_type=_Feed.content_type)


def _month(of: date) -> str:
    return day_in(MONTH, of, page_language())


def _told(month: Month) -> str:
    window = month.latest
    told = _(
        "From %(first)s to %(last)s, %(addresses)s different IP addresses were reported; %(seen)s of %(days)s days "
        "have data. An address is not a machine."
    ) % {
        "first": day(window.first),
        "last": day(window.last),
        "addresses": figure(window.addresses),
        "seen": window.days_with_data,
        "days": window.days,
    }
    if month.scale > 1:
        scaled = _("A demonstration at a scale of 1:%(scale)s, not real figures.") % {"scale": month.scale}
        told = f"{told} {scaled}"
    return str(told)


class PublicPages(Sitemap):  # type: ignore[type-arg] # not generic when it runs
    """Every page that is for everybody and that somebody could look for."""

    i18n = True
    alternates = True
    x_default = True

    def items(self) -> list[Place]:
        """Return the fixed pages, those of devices, of families that have a pack, of campaigns that have figures."""
        snapshot = selectors.published_snapshot()
        devices: list[Place] = [(step.route, (device.kind,)) for device in DEVICES for step in STEPS]
        questions: list[Place] = [("device-question", (name,)) for name in QUESTIONS]
        families: list[Place] = [("family", (pack.family,)) for pack in selectors.shelf()]
        campaigns: list[Place] = (
            [("campaign-of", (campaign.id,)) for campaign in snapshot.campaigns] if snapshot else []
        )
        asking: list[Place] = [("account-check", ())] if settings.CENTER.answers_owners else []
        return [*((name, ()) for name in _PAGES), *asking, *devices, *questions, *families, *campaigns]

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
