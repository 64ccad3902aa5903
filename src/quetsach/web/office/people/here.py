"""Who asks for a page."""

from django.http import HttpRequest

from quetsach.web.office.people.access import AccessError
from quetsach.web.office.people.models import Person


def person_here(request: HttpRequest) -> Person:
    """Return who is signed in; behind the door there is always somebody.

    Raises:
        AccessError: nobody is: the address lies outside the office.
    """
    if not isinstance(request.user, Person):
        raise AccessError("nobody is signed in", is_hidden=False)
    return request.user
