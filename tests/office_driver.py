"""Does in a centre's data what no browser of the tests does: ``python -m tests.office_driver DATA TASK WORDS``.

Prints what the task returns, as JSON.
"""

import json
import sys
import time
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from pathlib import Path

from quetsach.web.configuration import configure_web


def people(made: dict[str, tuple[str, str] | tuple[str, str, str]]) -> dict[str, str]:
    """Make people, by first name with role, unit and maybe password, and return the keys of their sessions."""
    from quetsach.web.office.people.models import Duty, Person
    from quetsach.web.office.tree.models import Unit

    for name, (role, unit, *password) in made.items():
        person = Person.objects.create_user(f"{name}@office.example", *password, name=name.capitalize())
        Duty.objects.create(person=person, role=role, unit=Unit.objects.get(key=unit), first=date(2020, 1, 1))
    return sessions({name: name for name in made})


def sessions(addresses: dict[str, str]) -> dict[str, str]:
    """Sign people in, by the first part of their address: return the keys of their sessions by what they are called."""
    from allauth.mfa.totp.internal.auth import TOTP
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from quetsach.web.office.people.models import Person

    made = {}
    for name, address in addresses.items():
        person = Person.objects.get(email__startswith=f"{address}@")
        TOTP.activate(person, "JBSWY3DPEHPK3PXP")
        session = import_module(settings.SESSION_ENGINE).SessionStore()
        session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(person.pk), settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = person.get_session_auth_hash()
        session["account_authentication_methods"] = [
            {"method": "mfa", "type": "totp", "at": time.time(), "reauthenticated": True}
        ]
        session["account_authentication_methods_user"] = str(person.pk)
        session.create()
        made[name] = session.session_key
    return made


def idle(key: str) -> None:
    """Let a session be one in which nothing was done for an hour."""
    from django.conf import settings

    from quetsach.web.office.people.sessions import IDLE_SECONDS

    session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    session["office.seen"] = time.time() - IDLE_SECONDS - 1
    session["office.begun"] = session["office.seen"] - 1
    session.save()


def remind(days: int) -> list[dict[str, str]]:
    """Remind of returns as in so many days, and return the mails that this puts into the queue."""
    from quetsach.web.office.mail.models import Message
    from quetsach.web.office.returns.services.remind import returns_remind

    before = list(Message.objects.values_list("pk", flat=True))
    returns_remind(now=datetime.now(UTC) + timedelta(days=days))
    return list(Message.objects.exclude(pk__in=before).values("recipient", "subject", "text"))


def much(addresses: dict[str, str]) -> dict[str, str]:
    """Add to a demonstration one more of everything, and sign in people of it."""
    from tests.integration.web.office.test_queries import grow, person

    person("commune")
    grow(1)
    return sessions(addresses)


if __name__ == "__main__":
    configure_web(Path(sys.argv[1]))
    tasks = {one.__name__: one for one in (people, sessions, idle, remind, much)}
    print(json.dumps(tasks[sys.argv[2]](json.loads(sys.argv[3]))))
