"""Pages of this room of the office."""

from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from quetsach.web.office.wording import views

ADDRESS = _("wording/")
app_name = "wording"
urlpatterns: list[URLPattern | URLResolver] = [
    path("<slug:key>/", views.texts, name="texts"),
    path("<slug:key>/<str:place>/", views.text, name="text"),
]
