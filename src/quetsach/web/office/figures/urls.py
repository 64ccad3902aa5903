"""Pages of this room of the office."""

from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from quetsach.web.office.figures import views

ADDRESS = _("figures/")
app_name = "figures"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.figures, name="figures"),
    path("dem-lai/", views.count, name="count"),
    path("phep-dem/", views.countings, name="countings"),
    path("<str:digest>/", views.candidate, name="candidate"),
]
