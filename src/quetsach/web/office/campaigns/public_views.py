"""Pages about campaigns that everybody may open."""

from datetime import UTC, datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from quetsach.web.office.campaigns.selectors.public import public_campaigns


@require_safe
@cache_control(public=True, max_age=0, s_maxage=30)
def campaign(request: HttpRequest, key: str = "") -> HttpResponse:
    """Show one campaign, the newest if none is named: its phase, its days, what to do, what units returned."""
    known = public_campaigns(datetime.now(UTC))
    shown = next((c for c in known if c.key == key), None) if key else next(iter(known), None)
    if key and shown is None:
        raise Http404
    return render(request, "campaigns/public.html", {"shown": shown, "others": [c for c in known if c is not shown]})
