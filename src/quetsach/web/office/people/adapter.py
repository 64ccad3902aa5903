"""What allauth asks of us: whose account, which address, how secrets are kept, in our own words."""

import logging
from typing import Any

import segno
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from quetsach.web.client_address import client_address
from quetsach.web.office.encryption import seal, unseal
from quetsach.web.office.people.access import is_barred

_logger = logging.getLogger("quetsach.web.security")
_SECOND_FACTOR = "second-factor"
_NO_ADDRESS = "0.0.0.0"  # noqa: S104  (not bound: it stands for an address that our proxies did not name)


FAILED_A_MINUTE = 120
"""Wrong passwords that are looked at in one minute, from all addresses and for all accounts together."""
_FAILED = {"failed": f"{FAILED_A_MINUTE}/m/key"}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts come from invitations alone; a password never stands in for the second factor."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": _("This account is closed."),
        "email_password_mismatch": _("The e-mail address or the password is not right."),
        "enter_current_password": _("The present password is not right."),
        "incorrect_code": _("The code is not right."),
        "incorrect_password": _("The password is not right."),
        "too_many_login_attempts": _("Too many attempts. Wait a few minutes and try again."),
        "rate_limited": _("Too many attempts. Wait a few minutes and try again."),
    }

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Bound attempts: of one address and on one account, then of everybody.

        The last one stands against guesses from many addresses. It counts wrong passwords alone and the minute before,
        and passkeys do not pass here, so nobody is kept out for longer than somebody goes on guessing, and who has a
        passkey never is.
        """
        super().pre_authenticate(request, **credentials)
        self._failed = ratelimit.consume(request, app="quetsach", action="failed", config=_FAILED, key="everybody")
        if not self._failed:
            raise self.validation_error("too_many_login_attempts")

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Check a password; a right one is no failed attempt, a wrong one is logged: so many a minute at most."""
        person: AbstractBaseUser | None = super().authenticate(request, **credentials)
        if person is not None:
            self._failed.rollback()
            return person
        meant = get_user_model().objects.filter(email__iexact=credentials.get("email") or "").values_list("pk").first()
        _logger.warning("sign-in refused: %s", f"wrong password, person {meant[0]}" if meant else "no such person")
        return None

    def pre_login(self, request: HttpRequest, user: AbstractBaseUser, **named: Any) -> HttpResponse | None:
        """Keep the invented people of the demonstration out of a real centre, whatever they show."""
        if is_barred(user):
            raise ImmediateHttpResponse(self.respond_user_inactive(request, user))
        answer: HttpResponse | None = super().pre_login(request, user, **named)
        return answer

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  (allauth's form)
        """Nobody signs up: people are invited."""
        return False

    def add_message(self, request: HttpRequest, level: int, *_: Any, message: str | None = None, **__: Any) -> None:
        """Pass on what went wrong; that something went well shows the page itself."""
        if message:
            messages.add_message(request, level, message)

    def is_safe_url(self, url: str) -> bool:
        """Whether somebody may be led there after signing in: to our own pages alone, whatever hosts we answer to."""
        return url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Lead to the desk; who prefers English and signed in on the page that everybody gets finds it in English."""
        language = getattr(request.user, "language", "") if get_language() == settings.LANGUAGE_CODE else None
        with override(language or get_language()):
            return reverse(settings.LOGIN_REDIRECT_URL)

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address that our own proxies saw; it limits attempts and stands in the list of sessions."""
        address = client_address(request.META, proxy_hops=settings.CENTER.proxy_hops)
        return str(address) if address else _NO_ADDRESS

    def get_reauthentication_methods(self, user: AbstractBaseUser | AnonymousUser) -> list[dict[str, Any]]:
        """Ask again for the second factor; for the password only while there is no other."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        stronger = [method for method in methods if method["id"].startswith("mfa_")]
        return stronger or methods


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors: secrets are encrypted where they lie, and the last one cannot be taken away."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "cannot_delete_authenticator": _("This is your last second factor. Add another one first."),
        "incorrect_code": _("The code is not right."),
    }

    def get_totp_issuer(self) -> str:
        """Return what the app shows above the code."""
        return "Quét Sạch"

    def _get_site_name(self) -> str:
        return "Quét Sạch"

    def build_totp_svg(self, url: str) -> str:
        """Draw the QR code that an authenticator app reads."""
        return str(segno.make(url, error="m").svg_inline(scale=5, border=2, light="#fff", svgclass="qr", omitsize=True))

    def encrypt(self, text: str) -> str:
        """Encrypt a secret with a key made from the centre's: a copy of the database alone gives no codes."""
        return seal(text, purpose=_SECOND_FACTOR).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypt a secret.

        Raises:
            ValidationError: it was encrypted with another centre's key.
        """
        text = unseal(encrypted_text.encode(), purpose=_SECOND_FACTOR)
        if text is None:
            raise self.validation_error("incorrect_code")
        return text

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Whether another factor stays; recovery codes are none."""
        others = Authenticator.objects.filter(user_id=authenticator.user_id).exclude(pk=authenticator.pk)
        return bool(others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists())

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:  # noqa: A002
        """Return a name for a new passkey that tells it from the others."""
        return str(_("Passkey %(number)s")) % {
            "number": Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        }
