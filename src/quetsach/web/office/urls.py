"""Addresses of the office. The first part is in the language of the page, what follows is the same in both."""

from django.urls import URLPattern, URLResolver, include, path
from django.utils.translation import gettext_lazy as _

from quetsach.web.office import views

app_name = "office"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.dashboard, name="dashboard"),
    path("", include("quetsach.web.office.people.urls")),
    path(_("log/"), include("quetsach.web.office.audit.urls")),
    path(_("approvals/"), include("quetsach.web.office.approvals.urls")),
    path(_("units/"), include("quetsach.web.office.units.urls")),
    path(_("campaigns/"), include("quetsach.web.office.campaigns.urls")),
    path(_("letters/"), include("quetsach.web.office.letters.urls")),
    path(_("returns/"), include("quetsach.web.office.returns.urls")),
    path(_("partners/"), include("quetsach.web.office.partners.urls")),
    path(_("publicity/"), include("quetsach.web.office.publicity.urls")),
    path(_("figures/"), include("quetsach.web.office.figures.urls")),
    path(_("feeds/"), include("quetsach.web.office.feeds.urls")),
    path(_("packs/"), include("quetsach.web.office.packs.urls")),
    path(_("wording/"), include("quetsach.web.office.wording.urls")),
    path(_("operation/"), include("quetsach.web.office.operation.urls")),
    path(_("cases/"), include("quetsach.web.office.helpdesk.urls")),
]
