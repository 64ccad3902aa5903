"""Pages of this room of the office."""

from django.urls import URLPattern, URLResolver

app_name = "publicity"
urlpatterns: list[URLPattern | URLResolver] = []
