"""How long a session lives, and whether it passed the second factor."""

from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from django.http import HttpRequest

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
