"""Who asks for a page, and when."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.http import HttpRequest

from quetsach.web.office.errors import AccessError
from quetsach.web.office.people.access import today
from quetsach.web.office.people.models import Person


def current_person(request: HttpRequest) -> Person:
    """Return who is signed in; behind the middleware of the office there always is somebody.

    Raises:
        AccessError: nobody is: the address lies outside the office.
    """
    if not isinstance(request.user, Person):
        raise AccessError("nobody is signed in", is_hidden=False)
    return request.user


@dataclass(frozen=True, slots=True)
class CurrentUser:
    """The person who asks, the moment (UTC), and its day in Viet Nam."""

    person: Person
    now: datetime
    day: date

    @classmethod
    def of(cls, request: HttpRequest) -> "CurrentUser":
        """Return who asks.

        Raises:
            AccessError: nobody is signed in: the address lies outside the office.
        """
        now = datetime.now(UTC)
        return cls(current_person(request), now, today(now))
