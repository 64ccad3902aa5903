"""Pages of this room of the office."""

from django.urls import URLPattern, URLResolver, path

from quetsach.web.office.packs import views

app_name = "packs"
urlpatterns: list[URLPattern | URLResolver] = [path("", views.packs, name="packs")]
