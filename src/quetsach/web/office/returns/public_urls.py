"""Pages that the public opens without signing in; their addresses begin at the root of the site."""

from django.urls import URLPattern, URLResolver, path

from quetsach.web.office.returns.views.entry import entry_by_link

urlpatterns: list[URLPattern | URLResolver] = [path("bao-cao/<str:token>/", entry_by_link, name="return-link")]
