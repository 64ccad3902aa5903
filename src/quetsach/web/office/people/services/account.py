"""One's own account: what a person is called, and ending sessions."""

from datetime import datetime

from allauth.usersessions.models import UserSession
from django.db import transaction

from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.models import Person
from quetsach.web.office.people.services.duty import units_held
from quetsach.web.office.people.sign_in.session_store import SessionStore, stored_name


@transaction.atomic
def person_name(*, person: Person, name: str, title: str, language: str, now: datetime) -> None:
    """Give oneself another name, position or language.

    Everything else is known by that name: who reads the log of one's units reads what it was before.
    """
    before = Person.objects.select_for_update().get(pk=person.pk)
    person.name, person.title, person.language = name, title, language
    person.save(update_fields=["name", "title", "language"])
    if (before.name, before.title) == (name, title):
        return
    detail = {"before": [before.name, before.title], "after": [name, title]}
    for unit in units_held(person, now=now):
        log_append(by=person, act="person-name", subject=f"person:{person.pk}", unit=unit, detail=detail, now=now)


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
