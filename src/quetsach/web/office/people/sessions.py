"""Sessions: kept under the digest of their key, how long they live, and what signing in tells the log."""

import hashlib
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.account.signals import password_changed, user_logged_in
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed, authenticator_added, authenticator_removed, authenticator_reset
from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.base_session import AbstractBaseSession
from django.contrib.sessions.models import Session
from django.db.models.signals import pre_save
from django.http import HttpRequest
from django.utils import timezone

from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.models import Person

# How long a session lives, and whether it passed the second factor.

IDLE_SECONDS = 3600
LONGEST_SECONDS = 12 * 3600
_TOUCH_SECONDS = 60
"""The time of the last page is written at most once a minute: a session is not worth a write a page."""
_BEGUN, _SEEN = "office.begun", "office.seen"


def has_second_factor(request: HttpRequest) -> bool:
    """Whether this very session showed a second factor; that the person has one is not enough."""
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, request.user))


def is_over(session: MutableMapping[str, Any], *, now: float) -> bool:
    """Whether a session was idle or open for too long. ``now`` in seconds since 1970."""
    begun, seen = session.get(_BEGUN), session.get(_SEEN)
    if not isinstance(begun, float) or not isinstance(seen, float):
        return False
    return not (0 <= now - begun <= LONGEST_SECONDS and now - seen <= IDLE_SECONDS)


def ends_at(session: Mapping[str, Any]) -> datetime | None:
    """Return when a session ends if nothing more is done in it (UTC); ``None`` before its first page."""
    begun, seen = session.get(_BEGUN), session.get(_SEEN)
    if not isinstance(begun, float) or not isinstance(seen, float):
        return None
    return datetime.fromtimestamp(min(seen + IDLE_SECONDS, begun + LONGEST_SECONDS), UTC)


def touch(session: MutableMapping[str, Any], *, now: float) -> bool:
    """Note that the session is in use; whether something was written."""
    if _BEGUN not in session:
        session[_BEGUN] = session[_SEEN] = now
    elif now - session[_SEEN] >= _TOUCH_SECONDS:
        session[_SEEN] = now
    else:
        return False
    return True


# Sessions in the database under the digest of their key: who can read the database cannot take one over.
#
# The key is in the browser's cookie alone. What the database holds in its place is ``=`` and the first 39 hexadecimal
# digits of its SHA-256 (156 bits); allauth's list of sessions holds the same, and no browser's cookie is taken for it.

_MARK = "="


def stored_name(key: str | None) -> str:
    """Return what stands in the database for the key of a session; what does so already stays."""
    if not key or key.startswith(_MARK):
        return key or ""
    return (_MARK + hashlib.sha256(key.encode()).hexdigest())[:40]


class SessionStore(DatabaseStore):
    """Django's sessions in the database, found by the digest of their key, or by the name that stands for it there."""

    @property
    def key_salt(self) -> str:
        """What the content is signed under, alike for both ways in."""
        return "quetsach.office.sessions"

    def exists(self, session_key: str) -> bool:
        """Whether there is such a session."""
        return bool(super().exists(stored_name(session_key)))

    def delete(self, session_key: str | None = None) -> None:
        """End a session: that of a key, else this one."""
        if key := session_key or self.session_key:
            super().delete(stored_name(key))

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        """Return the row that stands for this session."""
        row = super().create_model_instance(data)
        row.session_key = stored_name(row.session_key)
        return row

    def load(self) -> dict[str, Any]:
        """Return what the session holds; one that is not there, or is over, gets a new key when it is saved."""
        name = stored_name(self.session_key)
        row = Session.objects.filter(session_key=name, expire_date__gt=timezone.now()).first() if name else None
        if row is None:
            self._session_key = None
            return {}
        held: dict[str, Any] = self.decode(row.session_data)
        return held


class BrowserSessionStore(SessionStore):
    """The session that a cookie names: by its key alone, never by what the database holds in its place."""

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(None if session_key and session_key.startswith(_MARK) else session_key)


def _keep_digest(instance: UserSession, **_: Any) -> None:
    instance.session_key = stored_name(instance.session_key)


def keep_digests() -> None:
    """Let allauth's list of sessions hold digests as well; called once, when the apps are ready."""
    pre_save.connect(_keep_digest, sender=UserSession)


# What signing in tells the log: who came in, and who had the password but not the second factor.


def log_sign_ins() -> None:
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
