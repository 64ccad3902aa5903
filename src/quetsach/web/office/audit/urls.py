"""Pages of this room of the office."""

from django.urls import URLPattern, URLResolver, path

from quetsach.web.office.audit import views

app_name = "log"
urlpatterns: list[URLPattern | URLResolver] = [path("", views.entries, name="list")]
