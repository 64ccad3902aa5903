"""While nobody can sign in, the centre says how the first operator comes in."""

from quetsach.web.office.people.models import Person
from quetsach.web.office.people.selectors import is_anybody_in


def test_an_office_without_people_has_nobody_in(db) -> None:
    assert not is_anybody_in()


def test_people_without_a_password_cannot_come_in(db) -> None:
    Person.objects.create_user("an@demonstration.invalid", name="An")
    assert not is_anybody_in()


def test_somebody_with_a_password_is_in(person) -> None:
    who = person("operator")
    assert is_anybody_in()
    who.is_active = False
    who.save()
    assert not is_anybody_in()
