"""Pages of this room of the office."""

from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from quetsach.web.office.sources import views

ADDRESS = _("sources-of-feeds/")
app_name = "sources"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.sources, name="sources"),
    path("them/<str:kind>/", views.add, name="add"),
    path("noi/<str:file>/", views.source, name="source"),
    path("noi/<str:file>/tam-dung/", views.pause, name="pause"),
    path("noi/<str:file>/lay-ngay/", views.pull_now, name="pull"),
    path("noi/<str:file>/go-bo/", views.remove, name="remove"),
]
