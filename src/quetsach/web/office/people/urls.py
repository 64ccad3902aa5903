"""People of the office, one's own account, and signing in, whose names are allauth's: it looks its pages up by them."""

from collections.abc import Callable

from django.conf import settings
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, include, path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csp import csp_override

from quetsach.web.office.people import sign_in_views as sign_in
from quetsach.web.office.people import views

_PEOPLE: list[URLPattern] = [
    path("", views.people, name="list"),
    path("moi/", views.invite, name="invite"),
    path("ban-nhap/", views.draft, name="draft"),
    path("<int:key>/", views.person, name="person"),
    path("<int:key>/vai-tro/", views.give, name="give"),
    path("<int:key>/lien-ket/", views.renew, name="renew"),
    path("<int:key>/xac-nhan/", views.vouch, name="vouch"),
    path("<int:key>/thoi-viec/", views.leave, name="leave"),
    path("vai-tro/<int:key>/thoi/", views.end, name="end"),
    path("loi-moi/<int:key>/thu-hoi/", views.withdraw, name="withdraw"),
]
_ACCOUNT: list[URLPattern] = [
    path("", views.account, name="account"),
    path("giu-lai/", views.kept_forms, name="kept-forms"),
    path("phien/gia-han/", views.extend, name="extend"),
    path("phien/", views.end_sessions, name="end-sessions"),
    path("phien/<int:key>/", views.end_session, name="end-session"),
]

ADDRESS = ""
app_name = "people"
urlpatterns: list[URLPattern | URLResolver] = [
    path(_("people/"), include(_PEOPLE)),
    path(_("account/"), include(_ACCOUNT)),
    path(_("sign-in/"), include([path("moi/<str:token>/", views.accept, name="accept")])),
]


def _scripted(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Allow our own script, on the pages that can use a passkey before anybody is signed in."""
    allowed: Callable[..., HttpResponseBase] = csp_override(settings.CSP_WITH_OWN_SCRIPT)(view)
    return allowed


_SIGNING_IN: list[URLPattern] = [
    path("", _scripted(sign_in.SignIn.as_view()), name="account_login"),
    path("passkey/", _scripted(sign_in.SignInByPasskey.as_view()), name="mfa_login_webauthn"),
    path("ma/", _scripted(sign_in.SecondFactor.as_view()), name="mfa_authenticate"),
    path("dong/", sign_in.closed, name="account_inactive"),
]
_OWN_ACCOUNT: list[URLPattern] = [
    path("ra/", sign_in.SignOut.as_view(), name="account_logout"),
    path("lai/", sign_in.AgainByPassword.as_view(), name="account_reauthenticate"),
    path("lai/ma/", sign_in.AgainByCode.as_view(), name="mfa_reauthenticate"),
    path("lai/passkey/", _scripted(sign_in.AgainByPasskey.as_view()), name="mfa_reauthenticate_webauthn"),
    path("mat-khau/", sign_in.NewPassword.as_view(), name="account_change_password"),
    path("buoc-hai/", sign_in.second_factors, name="mfa_index"),
    path("buoc-hai/ung-dung/", sign_in.AddApp.as_view(), name="mfa_activate_totp"),
    path("buoc-hai/ung-dung/bo/", sign_in.RemoveApp.as_view(), name="mfa_deactivate_totp"),
    path("buoc-hai/passkey/", sign_in.second_factors, name="mfa_list_webauthn"),
    path("buoc-hai/passkey/them/", _scripted(sign_in.AddPasskey.as_view()), name="mfa_add_webauthn"),
    path("buoc-hai/passkey/<int:pk>/bo/", sign_in.RemovePasskey.as_view(), name="mfa_remove_webauthn"),
    path("buoc-hai/ma-du-phong/", sign_in.RecoveryCodes.as_view(), name="mfa_view_recovery_codes"),
    path("buoc-hai/ma-du-phong/moi/", sign_in.NewRecoveryCodes.as_view(), name="mfa_generate_recovery_codes"),
]
SIGN_IN: list[URLPattern | URLResolver] = [
    path(_("sign-in/"), include(_SIGNING_IN)),
    path(_("account/"), include(_OWN_ACCOUNT)),
]
