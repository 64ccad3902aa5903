"""Ending sessions."""

from allauth.usersessions.models import UserSession

from quetsach.web.office.people.models import Person
from quetsach.web.office.people.sign_in.session_store import SessionStore, stored_name


def sessions_end(person: Person, *, but: str = "", only: int | None = None) -> int:
    """End sessions of a person; return how many.

    Args:
        person: whose.
        but: key of the session that goes on, such as the one that asks.
        only: the one session to end; all of them if not given.
    """
    sessions = UserSession.objects.filter(user_id=person.pk).exclude(session_key=stored_name(but))
    if only is not None:
        sessions = sessions.filter(pk=only)
    ended = list(sessions)
    for session in ended:
        session.end()
    return len(ended)


def sessions_clear() -> None:
    """Throw away sessions whose time is over: whoever asks a passkey's question, without an account too, makes one."""
    SessionStore.clear_expired()
