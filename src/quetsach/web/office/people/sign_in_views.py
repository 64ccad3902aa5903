"""Pages of signing in and of one's own second factors: allauth's views, with our templates."""

from typing import Any

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from allauth.account.views import LoginView, LogoutView, PasswordChangeView, ReauthenticateView
from allauth.core.exceptions import ReauthenticationRequired
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.base.views import ReauthenticateView as ReauthenticateByCodeView
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.internal.flows import auth as passkeys
from allauth.mfa.webauthn.views import (
    AddWebAuthnView,
    LoginWebAuthnView,
    ReauthenticateWebAuthnView,
    RemoveWebAuthnView,
)
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy

from quetsach.web.office.people.kept_page import KEPT_HERE, keep
from quetsach.web.office.people.services.keeping import MADE_FOR, person_of_form

_FOLDER = "office/people/"
_QUESTIONS = {"question": "60/m/ip"}
_QUESTION_SECONDS = 600


class _OurSite:
    """allauth calls the host ``site``, which is our name for what every page needs."""

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """Leave the name to us."""
        found: dict[str, Any] = super().get_context_data(**context)  # type: ignore[misc]
        found.pop("site", None)
        return found


class SignIn(_OurSite, LoginView):  # type: ignore[misc]
    """E-mail address and password, or a passkey alone."""

    template_name = f"{_FOLDER}sign_in.html"


class SignOut(LogoutView):  # type: ignore[misc]
    """End this session."""

    template_name = f"{_FOLDER}sign_out.html"


class SignInByPasskey(_OurSite, LoginWebAuthnView):  # type: ignore[misc]
    """A passkey alone: the device has checked who holds it."""

    template_name = f"{_FOLDER}sign_in.html"

    def get(self, request: HttpRequest, *arguments: Any, **names: Any) -> HttpResponse:
        """Give the question that the device answers. It is kept in a session, so not everybody gets any number."""
        if not ratelimit.consume(request, app="quetsach", action="question", config=_QUESTIONS, limit_get=True):
            return HttpResponse(status=429)
        request.session.set_expiry(_QUESTION_SECONDS)
        answer: HttpResponse = super().get(request, *arguments, **names)
        return answer


class SecondFactor(_OurSite, AuthenticateView):  # type: ignore[misc]
    """The second step of signing in."""

    template_name = f"{_FOLDER}second_factor.html"


class AgainByPassword(ReauthenticateView):  # type: ignore[misc]
    """Before something that matters: the password again, while there is no second factor."""

    template_name = f"{_FOLDER}again.html"


class AgainByCode(ReauthenticateByCodeView):  # type: ignore[misc]
    """Before something that matters: a code again."""

    template_name = f"{_FOLDER}again.html"


class AgainByPasskey(ReauthenticateWebAuthnView):  # type: ignore[misc]
    """Before something that matters: the passkey again."""

    template_name = f"{_FOLDER}again_passkey.html"

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show the page again, with what was wrong."""
        answer: HttpResponse = self.render_to_response(self.get_context_data(form=form))
        return answer


class AddApp(ActivateTOTPView):  # type: ignore[misc]
    """Set up an authenticator app."""

    template_name = f"{_FOLDER}app_add.html"
    success_url = reverse_lazy("office:people:account")


class RemoveApp(DeactivateTOTPView):  # type: ignore[misc]
    """Take the authenticator app off, unless it is the last second factor."""

    template_name = f"{_FOLDER}app_remove.html"
    success_url = reverse_lazy("office:people:account")


class AddPasskey(AddWebAuthnView):  # type: ignore[misc]
    """Add a passkey that the device itself keeps, and that it gives out only to who unlocks it."""

    template_name = f"{_FOLDER}passkey_add.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """Ask for a passkey that can be used alone."""
        found: dict[str, Any] = super().get_context_data(**context)
        return found | {"js_data": {"creation_options": passkeys.begin_registration(self.request.user, True)}}


class RemovePasskey(RemoveWebAuthnView):  # type: ignore[misc]
    """Take a passkey off, unless it is the last second factor."""

    template_name = f"{_FOLDER}passkey_remove.html"
    success_url = reverse_lazy("office:people:account")

    def form_valid(self, form: Any) -> HttpResponse:
        """Remove it, or say why not."""
        adapter = get_adapter()
        if not adapter.can_delete_authenticator(self.get_object()):
            messages.error(self.request, adapter.error_messages["cannot_delete_authenticator"])
            return HttpResponseRedirect(str(self.success_url))
        answer: HttpResponse = super().form_valid(form)
        return answer


class RecoveryCodes(ViewRecoveryCodesView):  # type: ignore[misc]
    """The codes for the day when phone and passkey are lost; shown once."""

    template_name = f"{_FOLDER}recovery_codes.html"


class NewRecoveryCodes(GenerateRecoveryCodesView):  # type: ignore[misc]
    """New recovery codes; the old ones no longer work."""

    template_name = f"{_FOLDER}recovery_codes_new.html"


class NewPassword(PasswordChangeView):  # type: ignore[misc]
    """Another password; other sessions end."""

    template_name = f"{_FOLDER}password.html"
    success_url = reverse_lazy("office:people:account")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Lead whoever has no password, and so none to change, back to the account page."""
        if request.user.is_authenticated and not request.user.has_usable_password():
            return redirect(self.success_url)
        answer: HttpResponse = super().dispatch(request, *args, **kwargs)
        return answer


def second_factors(_request: HttpRequest) -> HttpResponse:
    """Lead to the account page, where second factors are listed."""
    return redirect("office:people:account")


def too_many(request: HttpRequest) -> HttpResponse:
    """Tell somebody who tries too often to wait; allauth looks it up as ``handler429`` of the addresses."""
    return render(request, f"{_FOLDER}too_many.html", status=429)


def stale(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  (Django's words for developers)
    """Keep a form from the person's own earlier session, and lead to it; tell everybody else that nothing was saved."""
    mine = person_of_form(request.POST.get(MADE_FOR, ""))
    may_keep = not request.path.startswith(reverse("office:people:account"))
    if mine is not None and mine == request.user and may_keep and keep(request) is not None:
        messages.warning(request, KEPT_HERE)
        return redirect("office:people:kept-forms")
    return render(request, f"{_FOLDER}stale.html", status=403)


def closed(request: HttpRequest) -> HttpResponse:
    """Tell somebody whose account is closed, and who knew its password."""
    return render(request, f"{_FOLDER}closed.html", status=403)


def require_again(request: HttpRequest) -> None:
    """Demand that the person showed the second factor within the last quarter of an hour.

    Raises:
        ReauthenticationRequired: shown as the page that asks for it; the person then comes back.
    """
    if not did_recently_reauthenticate(request):
        raise ReauthenticationRequired
