"""Pages of this room of the office."""

from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from quetsach.web.office.helpdesk import views

ADDRESS = _("cases/")
app_name = "helpdesk"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.listing, name="list"),
    path("so-lieu/", views.counted, name="counted"),
    path("<str:code>/", views.case, name="case"),
    path("<str:code>/buoc/", views.step, name="step"),
]
