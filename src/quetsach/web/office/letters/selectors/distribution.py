"""How far a letter and the letters that passed it on have come, as numbers and as a tree to go down."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.functions import TruncDate

from quetsach.campaign.letters.delivery_status import DispatchProgress, Funnel, LevelPace, Stage, Step, funnel, pace
from quetsach.web.office.letters.models import Dispatch, Letter
from quetsach.web.office.letters.services.dispatches import EVENT, courses_read
from quetsach.web.office.people.access import today
from quetsach.web.office.tree.models import Position, Unit

_PLACE = "to_unit__positions__"
_PATH = f"{_PLACE}path"
_ROW = ("pk", "to_unit", "to_unit__key", "level", "made_at", *EVENT)


@dataclass(frozen=True, slots=True)
class Distribution:
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
    def course(self) -> DispatchProgress | None:
        """Where the unit itself stands."""
        return self.step.course if self.step else None

    @property
    def acknowledged(self) -> int:
        """How many units below it acknowledged."""
        return self.below.reached[Stage.ACKNOWLEDGED]


def chain_of(letter: Letter) -> QuerySet[Dispatch]:
    """Return every dispatch of a letter and of the covering letters that passed it on."""
    return Dispatch.objects.filter(Q(letter=letter) | Q(letter__root=letter) | Q(letter__covers=letter))


def distribution_of(letter: Letter, *, below: Unit | None = None) -> Distribution:
    """Return funnel and times of a letter's way down; of what lies at or below one unit if one is given."""
    dispatches = _placed(chain_of(letter), below) if below and below != letter.unit else chain_of(letter)
    steps = _steps(dispatches.order_by().values_list(*_ROW))
    levels = pace(steps.values())
    slowest = Unit.objects.filter(key__in=[level.slowest_unit for level in levels])
    return Distribution(
        funnel(step.course for step in steps.values()), levels, {unit.key: unit.name for unit in slowest}
    )


def levels_of(letters: Collection[Letter]) -> dict[int, list[LevelPace]]:
    """Return the times of the levels of each of several letters' ways down, by the key of the letter."""
    wanted = [letter.pk for letter in letters]
    chains: dict[int, list[Sequence[Any]]] = {pk: [] for pk in wanted}
    chained = Q(letter__in=wanted) | Q(letter__root__in=wanted) | Q(letter__covers__in=wanted)
    rows = Dispatch.objects.filter(chained).values_list("letter", "letter__root", "letter__covers", *_ROW)
    for own, root, covered, *row in rows:
        for pk in {own, root, covered} & chains.keys():
            chains[pk].append(row)
    return {pk: pace(_steps(rows).values()) for pk, rows in chains.items()}


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
    placed = list(dispatches.order_by().values_list(_PATH, *_ROW))
    steps = _steps(row for _path, *row in placed)
    below: dict[str, list[DispatchProgress]] = {}
    for path, receiver in {(path, receiver) for path, _pk, receiver, *_rest in placed}:
        branch, *further = path.split(f"/{unit.key}/", 1)[1].strip("/").split("/")
        if branch:
            below.setdefault(branch, []).extend([steps[receiver].course] if further else [])
    standing = Position.objects.on(tree_day(letter)).filter(parent=unit).values("unit")
    children = Unit.objects.filter(Q(pk__in=standing) | Q(key__in=below)).order_by("code", "opened")
    return [Branch(child, steps.get(child.pk), funnel(below.get(child.key, ()))) for child in children]


def _steps(rows: Iterable[Sequence[Any]]) -> dict[int, Step]:
    """Return each unit's step, counted from the first time that the letter or one that passed it on was sent to it.

    Args:
        rows: ``_ROW`` of each dispatch and event; an event that comes twice counts once.
    """
    known = {tuple(row) for row in rows}
    courses = courses_read((row[1], row[5:]) for row in known)
    sent = sorted((row[:5] for row in known), key=lambda row: (row[4], row[0]), reverse=True)
    return {unit: Step(key, level, courses[unit], made_at) for _pk, unit, key, level, made_at in sent}


def _placed(dispatches: QuerySet[Dispatch], unit: Unit) -> QuerySet[Dispatch]:
    """Keep what went to a unit or below it, each in the tree of the day on which it was sent."""
    return dispatches.annotate(day=TruncDate("made_at")).filter(
        Q(**{f"{_PLACE}until": None}) | Q(**{f"{_PLACE}until__gt": F("day")}),
        **{f"{_PLACE}first__lte": F("day"), f"{_PATH}__contains": f"/{unit.key}/"},
    )
