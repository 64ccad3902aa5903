"""Who asks for a page, and when."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.http import HttpRequest

from quetsach.web.office.people.access import today
from quetsach.web.office.people.here import person_here
from quetsach.web.office.people.models import Person


@dataclass(frozen=True, slots=True)
class Visitor:
    """The person who asks, the moment (UTC), and its day in Viet Nam."""

    person: Person
    now: datetime
    day: date

    @classmethod
    def of(cls, request: HttpRequest) -> "Visitor":
        """Return who asks.

        Raises:
            AccessError: nobody is signed in: the address lies outside the office.
        """
        now = datetime.now(UTC)
        return cls(person_here(request), now, today(now))
