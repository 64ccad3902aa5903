"""Pages of this room of the office."""

from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from quetsach.web.office.other_tools import views

ADDRESS = _("tools-of-others/")
app_name = "other_tools"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.tools, name="tools"),
    path("them/", views.add, name="add"),
    path("muc/<slug:key>/", views.tool, name="tool"),
    path("muc/<slug:key>/bo/", views.withdraw, name="withdraw"),
    path("muc/<slug:key>/thuc-hien/", views.carry_out, name="carry-out"),
]
