"""How far a letter and the letters that passed it on have come, as numbers and as a tree to go down."""

from collections.abc import Mapping
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
    """One unit in the tree: its own step, ``None`` if the letter has not come there; and all that is below it."""

    unit: Unit
    step: Step | None
    below: Funnel

    @property
    def course(self) -> Course | None:
        """Where the unit itself stands."""
        return self.step.course if self.step else None

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
    levels = pace(_steps(dispatches, courses).values())
    slowest = Unit.objects.filter(key__in=[level.slowest_unit for level in levels])
    return Cascade(funnel(courses.values()), levels, {unit.key: unit.name for unit in slowest})


def branches_of(letter: Letter, unit: Unit, *, day: date) -> list[Branch]:
    """Return the units directly below one, each with its course and the funnel of what lies below it."""
    top = Position.objects.on(day).filter(unit=unit).first()
    if top is None:
        return []
    dispatches = _within(chain_of(letter), top.path, day)
    courses = courses_of_units(dispatches)
    steps = _steps(dispatches, courses)
    children = list(Position.objects.on(day).filter(parent=unit).select_related("unit").order_by("unit__code"))
    below: dict[str, list[Course]] = {child.path: [] for child in children}
    for place, receiver in Position.objects.on(day).filter(path__startswith=top.path).values_list("path", "unit"):
        branch = "/".join(place.split("/")[: top.level + 3]) + "/"
        if receiver in courses and branch in below and place != branch:
            below[branch].append(courses[receiver])
    return [Branch(child.unit, steps.get(child.unit_id), funnel(below[child.path])) for child in children]


def _steps(dispatches: QuerySet[Dispatch], courses: Mapping[int, Course]) -> dict[int, Step]:
    """Return each unit's step, counted from the first time that the letter or one that passed it on was sent to it."""
    rows = dispatches.order_by("-made_at", "-pk").values_list("to_unit", "to_unit__key", "level", "made_at")
    return {unit: Step(key, level, courses[unit], made_at) for unit, key, level, made_at in rows}


def _within(dispatches: QuerySet[Dispatch], path: str, day: date) -> QuerySet[Dispatch]:
    places = Position.objects.on(day).filter(path__startswith=path).values("unit")
    return dispatches.filter(to_unit__in=places)
