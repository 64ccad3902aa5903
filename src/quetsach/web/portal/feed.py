"""The feed of figures (Atom, RFC 4287): one entry for each month, which is updated when newer figures go out."""

from datetime import UTC, date, datetime

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from quetsach.centre.publication.months import Month
from quetsach.core.period import MONTHS
from quetsach.web import identity
from quetsach.web.design.templatetags.words import day, figure
from quetsach.web.published import selectors

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
    return f"{MONTHS[of.month - 1]} {of.year}" if get_language() == "en" else f"{of.month}/{of.year}"


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
