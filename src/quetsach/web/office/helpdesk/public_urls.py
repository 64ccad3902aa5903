"""Pages that the public opens without signing in; printed on paper, so they are the same for ever."""

from django.urls import URLPattern, URLResolver, path

from quetsach.web.office.helpdesk import public_views

urlpatterns: list[URLPattern | URLResolver] = [
    path("giup-do/", public_views.ask, name="help"),
    path("giup-do/tim/", public_views.find, name="help-find"),
    path("giup-do/<str:code>/", public_views.case, name="help-case"),
]
