"""Pages that the public opens without signing in; their addresses begin at the root of the site."""

from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from quetsach.web.office.letters.views import link

urlpatterns: list[URLPattern | URLResolver] = [
    path(_("letter/<str:token>/"), link.letter_page, name="letter-link"),
    path(_("letter/<str:token>/open/"), link.letter_pdf, name="letter-link-open"),
    path(_("letter/<str:token>/open/<int:number>/"), link.letter_file, name="letter-link-file"),
]
