"""How far a letter and the letters that passed it on have come, as numbers and as a tree to go down."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import F, Q, QuerySet
from django.db.models.functions import TruncDate

from quetsach.campaign.letters.course import Course, Stage
from quetsach.campaign.letters.pace import Funnel, LevelPace, Step, funnel, pace
from quetsach.web.office.letters.events import courses_of_units
from quetsach.web.office.letters.models import Dispatch, Letter
from quetsach.web.office.people.access import today
from quetsach.web.office.units.models import Position, Unit

_PLACE = "to_unit__positions__"
_PATH = f"{_PLACE}path"


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


def cascade_of(letter: Letter, *, below: Unit | None = None) -> Cascade:
    """Return funnel and times of a letter's way down; of what lies at or below one unit if one is given."""
    dispatches = _placed(chain_of(letter), below) if below and below != letter.unit else chain_of(letter)
    courses = courses_of_units(dispatches)
    levels = pace(_steps(dispatches, courses).values())
    slowest = Unit.objects.filter(key__in=[level.slowest_unit for level in levels])
    return Cascade(funnel(courses.values()), levels, {unit.key: unit.name for unit in slowest})


def came_to(letter: Letter, unit: Unit) -> bool:
    """Whether a letter came to a unit, or to one that stood below it when it came there."""
    return _placed(chain_of(letter), unit).exists()


def tree_day(letter: Letter) -> date:
    """Return the day whose tree the letter goes down: that of its issue."""
    return letter.issued_on or today(letter.written_at)


def branches_of(letter: Letter, unit: Unit) -> list[Branch]:
    """Return the units directly below one, each with its course and the funnel of what lies below it.

    They are those of the day of the letter, and those that it came through on a later day, in the tree of that day.
    """
    dispatches = _placed(chain_of(letter), unit)
    courses = courses_of_units(dispatches)
    steps = _steps(dispatches, courses)
    below: dict[str, list[Course]] = {}
    for path, receiver in set(dispatches.values_list(_PATH, "to_unit")):
        branch, *further = path.split(f"/{unit.key}/", 1)[1].strip("/").split("/")
        if branch:
            below.setdefault(branch, []).extend([courses[receiver]] if further else [])
    standing = Position.objects.on(tree_day(letter)).filter(parent=unit).values("unit")
    children = Unit.objects.filter(Q(pk__in=standing) | Q(key__in=below)).order_by("code", "opened")
    return [Branch(child, steps.get(child.pk), funnel(below.get(child.key, ()))) for child in children]


def _steps(dispatches: QuerySet[Dispatch], courses: Mapping[int, Course]) -> dict[int, Step]:
    """Return each unit's step, counted from the first time that the letter or one that passed it on was sent to it."""
    rows = dispatches.order_by("-made_at", "-pk").values_list("to_unit", "to_unit__key", "level", "made_at")
    return {unit: Step(key, level, courses[unit], made_at) for unit, key, level, made_at in rows}


def _placed(dispatches: QuerySet[Dispatch], unit: Unit) -> QuerySet[Dispatch]:
    """Keep what went to a unit or below it, each in the tree of the day on which it was sent."""
    return dispatches.annotate(day=TruncDate("made_at")).filter(
        Q(**{f"{_PLACE}until": None}) | Q(**{f"{_PLACE}until__gt": F("day")}),
        **{f"{_PLACE}first__lte": F("day"), f"{_PATH}__contains": f"/{unit.key}/"},
    )
