"""Pages about campaigns that the public opens without signing in."""

from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from quetsach.web.office.campaigns.views import campaigns

urlpatterns: list[URLPattern | URLResolver] = [
    path(_("campaigns/"), campaigns.campaign, name="campaign"),
    path(_("campaigns/<slug:key>/"), campaigns.campaign, name="campaign-of"),
]
