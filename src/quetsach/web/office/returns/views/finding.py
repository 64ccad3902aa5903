"""What the addresses of returns name: assignment, period, unit, and the return itself."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.http import Http404, HttpRequest

from quetsach.campaign.authority import Act
from quetsach.web.office.people.access import may_do, today
from quetsach.web.office.people.current_user import current_person
from quetsach.web.office.people.models import Person
from quetsach.web.office.returns.models import Period, Return
from quetsach.web.office.returns.selectors.filed import period_of, return_of
from quetsach.web.office.tree.models import Unit
from quetsach.web.office.tree.selectors import unit_known
from quetsach.web.office.units.selectors.reach import require_sight


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for what, and when."""

    person: Person
    period: Period
    unit: Unit
    now: datetime

    @property
    def day(self) -> date:
        """Today in Viet Nam."""
        return today(self.now)

    def may(self, act: Act, unit: Unit | None = None) -> bool:
        """Whether the person may do something to the unit of the address, or to another."""
        return may_do(self.person, act, unit or self.unit, day=self.day)

    @property
    def filed(self) -> Return | None:
        """The return as it is stored."""
        return return_of(self.unit, self.period)


def asked(request: HttpRequest, assignment: int, period: str, unit: str) -> Asked:
    """Return what an address names, if the person may see it.

    Raises:
        Http404: there is no such period or unit.
        AccessError: the unit lies outside what the person sees.
    """
    found = find_period(assignment, period)
    one = unit_known(unit)
    if one is None:
        raise Http404
    person, now = current_person(request), datetime.now(UTC)
    require_sight(person, one, day=today(now))
    return Asked(person, found, one, now)


def find_period(assignment: int, key: str) -> Period:
    """Return a period of an assignment.

    Raises:
        Http404: there is none.
    """
    period = period_of(assignment, key)
    if period is None:
        raise Http404
    return period
