"""How many units in a person's sight have answered the letters of a campaign."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Exists, OuterRef

from quetsach.campaign.authority import Permission
from quetsach.campaign.letters.delivery_status import EventKind
from quetsach.web.office.letters.models import Dispatch, DispatchEvent, LetterState
from quetsach.web.office.letters.selectors.letters import own_places, within_sight
from quetsach.web.office.people.models import Person
from quetsach.web.office.reading import kept_while_read

_ACKNOWLEDGES = (EventKind.ACKNOWLEDGED, EventKind.FORWARDED, EventKind.REPORTED)
_ENDS = (EventKind.REFUSED, EventKind.CLOSED)


@dataclass(frozen=True, slots=True)
class Answers:
    """Letters to units, each unit's counted by itself: all, those acknowledged, those that still wait for an answer."""

    sent: int = 0
    acknowledged: int = 0
    waiting: int = 0


def answers_within_sight(person: Person, campaign: str, *, day: date) -> Answers:
    """Return what became of a campaign's letters in force that went to units a person sees."""
    found = Counter({key: number for key, number in _within_sight(person, day=day).items() if key.campaign == campaign})
    acknowledged = sum(number for key, number in found.items() if key.is_read)
    return Answers(found.total(), acknowledged, sum(number for key, number in found.items() if key.is_pending))


def unanswered(person: Person, *, day: date) -> int:
    """Return how many letters of a person's own units nobody has answered yet."""
    found = _within_sight(person, day=day)
    return sum(number for key, number in found.items() if key.is_own and key.is_pending)


@dataclass(frozen=True, slots=True)
class _Standing:
    """What dispatches are counted by."""

    campaign: str
    is_own: bool
    is_read: bool
    is_ended: bool

    @property
    def is_pending(self) -> bool:
        """Whether the unit still owes an answer."""
        return not self.is_read and not self.is_ended


@kept_while_read
def _within_sight(person: Person, *, day: date) -> Counter[_Standing]:
    """Count the letters in force that went to units a person sees: one query for all that a page says of them."""
    seen = Dispatch.objects.filter(within_sight(person, "to_unit", day)).values("pk")
    events = DispatchEvent.objects.filter(dispatch=OuterRef("pk"))
    own = own_places(person, Permission.HANDLE_LETTER, day=day).filter(unit=OuterRef("to_unit"))
    rows = (
        Dispatch.objects.filter(pk__in=seen, letter__state=LetterState.ISSUED)
        .annotate(
            is_own=Exists(own),
            is_read=Exists(events.filter(kind__in=_ACKNOWLEDGES)),
            is_ended=Exists(events.filter(kind__in=_ENDS)),
        )
        .order_by()
        .values_list("letter__campaign", "is_own", "is_read", "is_ended")
        .annotate(number=Count("pk"))
    )
    return Counter({_Standing(*key): number for *key, number in rows})
