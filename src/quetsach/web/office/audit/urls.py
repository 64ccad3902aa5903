"""Pages of this room of the office."""

from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from quetsach.web.office.audit import views

ADDRESS = _("log/")
app_name = "log"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.entries, name="list"),
]
