"""Pages of this room of the office."""

from django.urls import URLPattern, URLResolver, path

from quetsach.web.office.log import views

app_name = "log"
urlpatterns: list[URLPattern | URLResolver] = [path("", views.entries, name="list")]
