"""The public pages by name, their navigation and the chart of a campaign; their map and the feed, for programs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps.views import sitemap
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, override
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from quetsach.centre.publication.campaign_figures import Marks
from quetsach.centre.publication.months import Month
from quetsach.centre.publication.snapshot import CampaignFigures
from quetsach.core.period import MONTHS, Period
from quetsach.web import identity
from quetsach.web.design.charts import Mark, Span, SpanChart, draw_spans_for_screens
from quetsach.web.design.templatetags.words import day, figure, window_name
from quetsach.web.published import selectors


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


# The public pages for search engines, each in both languages.


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


# The feed of figures (Atom, RFC 4287): one entry for each month, which is updated when newer figures go out.


_MOST = 60
"""Five years: readers fetch the whole feed each time."""


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
        title=gettext("Quét Sạch: published figures"),
        link=f"{site}{page}",
        description=None,
        subtitle=gettext("Addresses reported for malware, by month"),
        language=get_language(),
        feed_url=f"{site}{reverse('figures-feed')}",
        author_name=selectors.publisher() or "Quét Sạch",
    )
    for month in reversed(selectors.published_months()[-_MOST:]):
        made.add_item(
            title=gettext("Figures of %(month)s, up to %(last)s")
            % {"month": _month(month.latest.last), "last": day(month.latest.last)},
            link=f"{site}{page}",
            description=_told(month),
            unique_id=f"{site}{reverse('open-file', args=['rankings-by-month.csv'])}#{month.month}",
            updateddate=month.counted_at,
        )
    return HttpResponse(made.writeString("utf-8"), content_type=_Feed.content_type)


def _month(of: date) -> str:
    return f"{MONTHS[of.month - 1]} {of.year}" if get_language() == "en" else f"{of.month}/{of.year}"


def _told(month: Month) -> str:
    window = month.latest
    told = gettext(
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
        scaled = gettext("A demonstration at a scale of 1:%(scale)s, not real figures.") % {"scale": month.scale}
        told = f"{told} {scaled}"
    return str(told)


# Draws the windows of a campaign for its page: once, when its figures are counted.


def draw_campaign(campaign: CampaignFigures, marks: Marks) -> Mapping[str, str]:
    """Return the chart by language: bars of unique addresses where windows lie in time, and what is known of days."""
    return {language: _chart(campaign, marks, language) for language, _name in settings.LANGUAGES}


def _chart(campaign: CampaignFigures, marks: Marks, language: str) -> str:
    with override(language):
        return draw_spans_for_screens(
            SpanChart(
                title=campaign.name.in_language(language),
                description=gettext(
                    "Bars: unique addresses in each window, where it lies in time. They judge no target."
                ),
                unit=gettext("unique addresses in 30 days"),
                # no line of the target: it would judge figures that give no verdict
                spans=tuple(
                    Span(
                        w.first,
                        w.last,
                        w.addresses,
                        window_name(w.title.in_language(language), Period(w.first, w.last)),
                        w.id == campaign.baseline,
                    )
                    for w in campaign.windows
                ),
                marks=tuple(Mark(day, words.in_language(language)) for day, words in marks),
            ),
            language=language,
        )
