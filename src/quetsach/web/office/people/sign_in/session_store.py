"""Sessions in the database under the digest of their key: who can read the database cannot take one over.

The key is in the browser's cookie alone. What the database holds in its place is ``=`` and the first 39 hexadecimal
digits of its SHA-256 (156 bits); allauth's list of sessions holds the same, and no browser's cookie is taken for it.
"""

import hashlib
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.base_session import AbstractBaseSession
from django.contrib.sessions.models import Session
from django.db.models.signals import pre_save
from django.utils import timezone

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


def connect() -> None:
    """Let allauth's list of sessions hold digests as well; called once, when the apps are ready."""
    pre_save.connect(_keep_digest, sender=UserSession)
