"""Addresses of the office, and those that its rooms have among the public ones.

The first part is in the language of the page, what follows is the same in both. What is printed on paper is the same
for ever: where ``/en/`` stands before such an address, it leads on to the English one.
"""

from collections.abc import Iterator
from importlib import import_module

from django.apps import apps
from django.urls import URLPattern, URLResolver, include, path
from django.utils.module_loading import module_has_submodule
from django.utils.translation import gettext_lazy as _

from quetsach.web.office import views
from quetsach.web.office.accounts import public_views as accounts
from quetsach.web.office.campaigns.views import campaigns
from quetsach.web.office.helpdesk import public_views as help_for_people
from quetsach.web.office.letters.views import link
from quetsach.web.office.moved import moved
from quetsach.web.office.publicity import views as publicity
from quetsach.web.office.returns.views.entry import entry_by_link

type Addresses = list[URLPattern | URLResolver]


def _rooms() -> Iterator[URLResolver]:
    """Yield the pages of each app that has ``urls``, under what its ``ADDRESS`` says."""
    for app in apps.get_app_configs():
        if app.name.startswith(f"{__package__}.") and module_has_submodule(app.module, "urls"):
            room = import_module(f"{app.name}.urls")
            yield path(room.ADDRESS, include(room))


_PRINTED = (
    ("bao-cao/<str:token>/", "return-link"),
    ("xac-minh/", "verify"),
    ("xac-minh/<str:code>/", "verification"),
    ("giup-do/", "help"),
    ("giup-do/tim/", "help-find"),
    ("giup-do/<str:code>/", "help-case"),
)
"""Addresses as they are printed and were sent, which lead on where another language has one of its own."""

app_name = "office"
urlpatterns: Addresses = [path("", views.dashboard, name="dashboard"), *_rooms()]
PUBLIC: Addresses = [
    path(_("campaigns/"), campaigns.campaign, name="campaign"),
    path(_("campaigns/<slug:key>/"), campaigns.campaign, name="campaign-of"),
    path(_("letter/<str:token>/"), link.letter_page, name="letter-link"),
    path(_("letter/<str:token>/open/"), link.letter_pdf, name="letter-link-open"),
    path(_("letter/<str:token>/open/<int:number>/"), link.letter_file, name="letter-link-file"),
    path(_("return/<str:token>/"), entry_by_link, name="return-link"),
    path(_("verify/"), publicity.verify, name="verify"),
    path(_("verify/<str:code>/"), publicity.verification, name="verification"),
    path("t/<slug:key>", publicity.visit, name="visit"),
    path(_("check-account/"), accounts.ask, name="account-check"),
    path(_("check-account/erase/<str:token>/"), accounts.erase, name="account-erase"),
    path(_("help/"), help_for_people.ask, name="help"),
    path(_("help/find/"), help_for_people.find, name="help-find"),
    path(_("help/<str:code>/"), help_for_people.case, name="help-case"),
    *(path(printed, moved, {"name": name}, name=f"moved-{name}") for printed, name in _PRINTED),
]
"""What people open without signing in: campaigns, links of letters and returns, what is printed on publicity, help."""
