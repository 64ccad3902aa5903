"""Pages that the public opens without signing in; their addresses begin at the root of the site."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
