"""What a person is called. Everything else is known by that name, so a change of it stands in the log."""

from datetime import datetime

from django.db import transaction

from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.models import Person
from quetsach.web.office.people.services.duty import units_held


@transaction.atomic
def person_name(*, person: Person, name: str, title: str, language: str, now: datetime) -> None:
    """Give oneself another name, position or language; who reads the log of one's units reads what it was before."""
    before = Person.objects.select_for_update().get(pk=person.pk)
    person.name, person.title, person.language = name, title, language
    person.save(update_fields=["name", "title", "language"])
    if (before.name, before.title) == (name, title):
        return
    detail = {"before": [before.name, before.title], "after": [name, title]}
    for unit in units_held(person, now=now):
        log_append(by=person, act="person-name", subject=f"person:{person.pk}", unit=unit, detail=detail, now=now)
