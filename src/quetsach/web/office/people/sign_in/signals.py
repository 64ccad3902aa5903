"""What signing in tells the log: who came in, and who had the password but not the second factor."""

from datetime import UTC, datetime
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.signals import password_changed, user_logged_in
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed, authenticator_added, authenticator_removed, authenticator_reset
from django.contrib.sessions.models import Session
from django.http import HttpRequest

from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.models import Person
from quetsach.web.office.people.sign_in.session import has_second_factor


def connect() -> None:
    """Listen to allauth; called once, when the apps are ready."""
    user_logged_in.connect(_signed_in)
    password_changed.connect(_password_changed)
    authenticator_added.connect(_factor_added)
    authenticator_removed.connect(_factor_removed)
    authenticator_reset.connect(_codes_renewed)
    authentication_failed.connect(_factor_refused)


def _signed_in(request: HttpRequest, user: Person, **_: Any) -> None:
    """Whoever has just come in with a second factor is not asked for it again at once."""
    now = datetime.now(UTC)
    request.session.set_expiry(0)  # with the browser; on our side after SESSION_COOKIE_AGE
    if has_second_factor(request):
        record_authentication(request, user, method="mfa", reauthenticated=True)
    Session.objects.filter(expire_date__lt=now).delete()
    _write(user, "sign-in", now=now)


def _password_changed(user: Person, **_: Any) -> None:
    _write(user, "password-change", now=datetime.now(UTC))


def _factor_added(request: HttpRequest, user: Person, authenticator: Authenticator, **_: Any) -> None:
    """Whoever has just set a factor up has shown it: the session need not ask for it again."""
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        record_authentication(request, user, method="mfa", id=authenticator.pk, type=authenticator.type)
        _write(user, "second-factor-add", now=datetime.now(UTC), type=str(authenticator.type))


def _factor_removed(user: Person, authenticator: Authenticator, **_: Any) -> None:
    _write(user, "second-factor-remove", now=datetime.now(UTC), type=str(authenticator.type))


def _codes_renewed(user: Person, **_: Any) -> None:
    _write(user, "recovery-codes-renew", now=datetime.now(UTC))


def _factor_refused(user: Person, authenticator: Authenticator, **_: Any) -> None:
    """Somebody knows the password and not the second factor: worth knowing; how often is limited by allauth."""
    _write(user, "second-factor-refused", now=datetime.now(UTC), type=str(authenticator.type))


def _write(person: Person, act: str, *, now: datetime, **detail: str) -> None:
    log_append(by=person, act=act, subject=f"person:{person.pk}", unit=None, detail=detail, now=now)
