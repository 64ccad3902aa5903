"""Addresses of signing in. The names are allauth's, which looks its pages up by them."""

from collections.abc import Callable

from django.conf import settings
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, include, path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csp import csp_override

from quetsach.web.office.people.sign_in import views


def _scripted(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Allow our own script, on the pages that can use a passkey before anybody is signed in."""
    allowed: Callable[..., HttpResponseBase] = csp_override(settings.CSP_WITH_OWN_SCRIPT)(view)
    return allowed


_OPEN: list[URLPattern] = [
    path("", _scripted(views.SignIn.as_view()), name="account_login"),
    path("passkey/", _scripted(views.SignInByPasskey.as_view()), name="mfa_login_webauthn"),
    path("ma/", _scripted(views.SecondFactor.as_view()), name="mfa_authenticate"),
    path("dong/", views.closed, name="account_inactive"),
]
_ACCOUNT: list[URLPattern] = [
    path("ra/", views.SignOut.as_view(), name="account_logout"),
    path("lai/", views.AgainByPassword.as_view(), name="account_reauthenticate"),
    path("lai/ma/", views.AgainByCode.as_view(), name="mfa_reauthenticate"),
    path("lai/passkey/", _scripted(views.AgainByPasskey.as_view()), name="mfa_reauthenticate_webauthn"),
    path("mat-khau/", views.NewPassword.as_view(), name="account_change_password"),
    path("buoc-hai/", views.second_factors, name="mfa_index"),
    path("buoc-hai/ung-dung/", views.AddApp.as_view(), name="mfa_activate_totp"),
    path("buoc-hai/ung-dung/bo/", views.RemoveApp.as_view(), name="mfa_deactivate_totp"),
    path("buoc-hai/passkey/", views.second_factors, name="mfa_list_webauthn"),
    path("buoc-hai/passkey/them/", _scripted(views.AddPasskey.as_view()), name="mfa_add_webauthn"),
    path("buoc-hai/passkey/<int:pk>/bo/", views.RemovePasskey.as_view(), name="mfa_remove_webauthn"),
    path("buoc-hai/ma-du-phong/", views.RecoveryCodes.as_view(), name="mfa_view_recovery_codes"),
    path("buoc-hai/ma-du-phong/moi/", views.NewRecoveryCodes.as_view(), name="mfa_generate_recovery_codes"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path(_("sign-in/"), include(_OPEN)),
    path(_("account/"), include(_ACCOUNT)),
]
