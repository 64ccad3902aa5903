"""Signing in, and the people of the office."""

from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from quetsach.web.office.people import views

app_name = "people"
urlpatterns: list[URLPattern | URLResolver] = [
    path(_("sign-in/"), views.sign_in, name="sign-in"),
    path(_("sign-in/second-factor/"), views.second_factor, name="second-factor"),
]
