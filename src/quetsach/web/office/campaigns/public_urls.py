"""Pages about campaigns that the public opens without signing in."""

from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from quetsach.web.office.campaigns.views import public

urlpatterns: list[URLPattern | URLResolver] = [
    path(_("campaigns/"), public.campaign, name="campaign"),
    path(_("campaigns/<slug:key>/"), public.campaign, name="campaign-of"),
]
