"""How far a letter and the letters that passed it on have come, as numbers and as a tree to go down."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from quetsach.campaign.letters.course import Course, Stage
from quetsach.campaign.letters.pace import Funnel, LevelPace, Step, funnel, pace
from quetsach.web.office.letters.events import courses_of_units
from quetsach.web.office.letters.models import Dispatch, Letter
from quetsach.web.office.units.models import Position, Unit


@dataclass(frozen=True, slots=True)
class Cascade:
    """A letter's whole way down: those it was sent to, and those whom its covering letters went on to."""

    funnel: Funnel
    levels: list[LevelPace]
    names: dict[str, str]


@dataclass(frozen=True, slots=True)
class Branch:
    """One unit in the tree: its own course, ``None`` if the letter has not come there; and all that is below it."""

    unit: Unit
    course: Course | None
    below: Funnel

    @property
    def acknowledged(self) -> int:
        """How many units below it acknowledged."""
        return self.below.reached[Stage.ACKNOWLEDGED]


def chain_of(letter: Letter) -> QuerySet[Dispatch]:
    """Return every dispatch of a letter and of the covering letters that passed it on."""
    return Dispatch.objects.filter(Q(letter=letter) | Q(letter__root=letter) | Q(letter__covers=letter))


def cascade_of(letter: Letter, *, within: str = "", day: date | None = None) -> Cascade:
    """Return funnel and times of a letter's way down, of the subtree below a path if one is given."""
    dispatches = chain_of(letter)
    if within and day:
        dispatches = _within(dispatches, within, day)
    courses = courses_of_units(dispatches)
    units = {unit: (key, level) for unit, key, level in dispatches.values_list("to_unit", "to_unit__key", "level")}
    levels = pace(Step(key, level, courses[unit]) for unit, (key, level) in units.items())
    slowest = Unit.objects.filter(key__in=[level.slowest_unit for level in levels])
    return Cascade(funnel(courses.values()), levels, {unit.key: unit.name for unit in slowest})


def branches_of(letter: Letter, unit: Unit, *, day: date) -> list[Branch]:
    """Return the units directly below one, each with its course and the funnel of what lies below it."""
    top = Position.objects.on(day).filter(unit=unit).first()
    if top is None:
        return []
    courses = courses_of_units(_within(chain_of(letter), top.path, day))
    children = list(Position.objects.on(day).filter(parent=unit).select_related("unit").order_by("unit__code"))
    below: dict[str, list[Course]] = {child.path: [] for child in children}
    for place, receiver in Position.objects.on(day).filter(path__startswith=top.path).values_list("path", "unit"):
        branch = "/".join(place.split("/")[: top.level + 3]) + "/"
        if receiver in courses and branch in below and place != branch:
            below[branch].append(courses[receiver])
    return [Branch(child.unit, courses.get(child.unit_id), funnel(below[child.path])) for child in children]


def _within(dispatches: QuerySet[Dispatch], path: str, day: date) -> QuerySet[Dispatch]:
    places = Position.objects.on(day).filter(path__startswith=path).values("unit")
    return dispatches.filter(to_unit__in=places)
