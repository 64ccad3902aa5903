"""Pages about campaigns that the public opens without signing in."""

from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from quetsach.web.office.campaigns import public_views

urlpatterns: list[URLPattern | URLResolver] = [
    path(_("campaigns/"), public_views.campaign, name="campaign"),
    path(_("campaigns/<slug:key>/"), public_views.campaign, name="campaign-of"),
]
