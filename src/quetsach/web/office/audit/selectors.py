"""Reads of the log: everybody reads that of his own subtrees."""

from dataclasses import dataclass
from datetime import date, datetime, time

from django.db.models import Q, QuerySet
from django.utils import timezone

from quetsach.campaign.authority import Permission
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.people.access import may_do, visible, within
from quetsach.web.office.people.models import Person
from quetsach.web.office.tree.models import Position
from quetsach.web.office.tree.selectors import root_unit


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for. Days are those of Viet Nam, both included; empty fields take everything."""

    text: str = ""
    act: str = ""
    first: date | None = None
    last: date | None = None


def entries_for(person: Person, wanted: Wanted, *, day: date) -> QuerySet[LogEntry]:
    """Return the entries that a person may read, the newest first.

    What concerns a unit that is no more is read by whoever reads its successors'. What concerns no unit, such as
    signing in, is read over the whole country alone.
    """
    found = LogEntry.objects.order_by("-number").select_related("unit")
    if not may_do(person, Permission.READ_LOG, root_unit(), day=day):
        found = found.filter(within(person, Permission.READ_LOG, day=day)).distinct()
    if wanted.text:
        of_text = Q(person_name__icontains=wanted.text) | Q(subject=wanted.text)
        found = found.filter(of_text | Q(unit__name_vi__icontains=wanted.text))
    if wanted.act:
        found = found.filter(act=wanted.act)
    if wanted.first:
        found = found.filter(at__gte=datetime.combine(wanted.first, time.min, timezone.get_default_timezone()))
    if wanted.last:
        found = found.filter(at__lte=datetime.combine(wanted.last, time.max, timezone.get_default_timezone()))
    return found


def may_read(person: Person, *, day: date) -> bool:
    """Whether a person reads the log of any unit."""
    return Position.objects.filter(visible(person, Permission.READ_LOG, day=day)).exists()
