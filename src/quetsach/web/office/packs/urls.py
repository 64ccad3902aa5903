"""Pages of this room of the office."""

from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from quetsach.web.office.packs import views

ADDRESS = _("packs/")
app_name = "packs"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.packs, name="packs"),
]
