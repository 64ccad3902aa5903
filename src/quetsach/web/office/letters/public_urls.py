"""Pages that the public opens without signing in; their addresses begin at the root of the site."""

from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from quetsach.web.office.letters import link_views

urlpatterns: list[URLPattern | URLResolver] = [
    path(_("letter/<str:token>/"), link_views.letter_page, name="letter-link"),
    path(_("letter/<str:token>/open/"), link_views.letter_pdf, name="letter-link-open"),
]
