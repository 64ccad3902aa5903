"""Pages about campaigns that everybody may open."""

from datetime import UTC, datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from quetsach.assess import NO_VERDICT
from quetsach.web.office.campaigns.selectors.public import public_campaigns
from quetsach.web.portal.pages import chart_of
from quetsach.web.portal.selectors import published_snapshot


@require_safe
@cache_control(public=True, max_age=0, s_maxage=30)
def campaign(request: HttpRequest, key: str = "") -> HttpResponse:
    """Show one campaign, the newest if none is named: its phase, its days, what to do, what units returned."""
    known = public_campaigns(datetime.now(UTC))
    shown = next((c for c in known if c.key == key), None) if key else next(iter(known), None)
    snapshot = published_snapshot()
    figures = snapshot.campaign_of(shown.key if shown else key) if snapshot else None
    if key and shown is None and figures is None:
        raise Http404
    context = {
        "shown": shown,
        "others": [c for c in known if c is not shown],
        "campaign": figures,
        "chart": chart_of(figures, "en" if get_language() == "en" else "vi"),
        "scale": snapshot.scale if snapshot else 1,
        "figures_as_of": snapshot.as_of if snapshot else None,
        "no_verdict": NO_VERDICT,
    }
    return render(request, "campaigns/public.html", context)
