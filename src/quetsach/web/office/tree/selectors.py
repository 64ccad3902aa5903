"""Reads of the tree; every one says for which day."""

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import StrIndex, Substr

from quetsach.campaign.units.tree import Tree, positions, roll_up
from quetsach.campaign.units.unit import Unit as UnitRecord
from quetsach.campaign.units.unit import recast
from quetsach.centre.tables import load_former_names, load_tree_snapshot
from quetsach.core.text import LocalText
from quetsach.web.office.reading import kept_while_read
from quetsach.web.office.tree.models import Contact, Group, GroupSet, Position, Unit, UnitKind
from quetsach.web.office.tree.records import succession_records, unit_records

# Figures of one time on the tree of another: the same sum, by units that exist on the day.


@dataclass(frozen=True, slots=True)
class RecastFigure:
    """What a unit of the day has of the figures."""

    unit: UnitRecord
    figure: int


def figures_recast(figures: Mapping[str, int], *, day: date, level: int | None = None) -> list[RecastFigure]:
    """Return figures on the tree of a day, by code.

    Args:
        figures: whole numbers by the key of a unit of any time up to ``day``.
        day: the day of the tree.
        level: add them up to this level of the tree, 1 for provinces and ministries; what stands higher stays.

    Raises:
        UnitsError: an unknown unit, or one that begins after ``day``.
    """
    units = unit_records()
    found = recast(figures, units, succession_records().values(), day=day)
    if level is not None:
        tree = Tree.on(positions(units.values()), day)
        below = {key: {"": figure} for key, figure in found.items() if tree.level(key) > level}
        above = {key: figure for key, figure in found.items() if key not in below}
        totals = roll_up(below, tree, expected=(), level=level)
        found = {
            key: above.get(key, 0) + (totals[key].figures[""] if key in totals else 0) for key in {*above, *totals}
        }
    return [RecastFigure(units[key], found[key]) for key in sorted(found, key=lambda key: (units[key].code, key))]


MOST_FOUND = 50


def unit_names(keys: Collection[str]) -> Mapping[str, str]:
    """Return what the log calls units, by their keys."""
    return {unit.key: unit.name for unit in Unit.objects.filter(key__in=keys)}


@kept_while_read
def root_unit() -> Unit:
    """Return the centre itself, the top of the tree.

    Raises:
        Unit.DoesNotExist: no tree was loaded.
    """
    return Unit.objects.filter(kind="centre").earliest("opened")


def root_path() -> str:
    """Return where the centre stands: the beginning of every path.

    Raises:
        Unit.DoesNotExist: no tree was loaded.
    """
    return f"/{root_unit().key}/"


@kept_while_read
def unit_of(key: str) -> Unit:
    """Return the unit of a key.

    Raises:
        Unit.DoesNotExist: there is none.
    """
    return Unit.objects.get(key=key)


def unit_named(code: str, day: date) -> Unit | None:
    """Return the unit that an official code meant on a day."""
    return Unit.objects.filter(Q(closed=None) | Q(closed__gt=day), code=code, opened__lte=day).first()


def unit_known(key: str) -> Unit | None:
    """Return the unit of a key; ``None`` if there is none."""
    return Unit.objects.filter(key=key).first()


def unit_meant(text: str, day: date) -> Unit | None:
    """Return the unit that somebody means by a key, or by the official code that it had on a day."""
    return unit_known(text) or unit_named(text, day)


@kept_while_read
def position_of(unit: Unit, day: date) -> Position | None:
    """Return where a unit stood on a day; ``None`` if it was not in the tree."""
    return Position.objects.on(day).filter(unit=unit).first()


def children_of(unit: Unit, day: date) -> list[Unit]:
    """Return the units directly below, by code."""
    positions = Position.objects.on(day).filter(parent=unit).select_related("unit")
    return [position.unit for position in positions.order_by("unit__code")]


def has_children(unit: Unit, day: date) -> bool:
    """Whether any unit stands directly below one on a day."""
    return Position.objects.on(day).filter(parent=unit).exists()


def places_within(path: str, day: date) -> QuerySet[Position]:
    """Return the positions at a path of a day's tree and below it."""
    return Position.objects.on(day).filter(path__startswith=path)


def places_at(paths: Collection[str], day: date) -> QuerySet[Position]:
    """Return the positions at some paths of a day's tree, with the units, in the order of the tree."""
    return Position.objects.on(day).filter(path__in=paths).select_related("unit").order_by("path")


def subtree_of(unit: Unit, day: date) -> QuerySet[Position]:
    """Return the positions of a unit and of everything below it on a day; empty if it was not in the tree."""
    there = Position.objects.on(day)
    return there.filter(path__startswith=Subquery(there.filter(unit=unit).values("path")[:1]))


@dataclass(frozen=True, slots=True)
class Branch:
    """A unit directly below another, how many units stand below it, and how many of all these nobody is named for."""

    unit: Unit
    below: int
    unreached: int


def branches_of(top: Position, day: date) -> list[Branch]:
    """Return the units directly below a position on a day, by kind and code, each with the size of its subtree."""
    beneath = Position.objects.on(day).filter(path__startswith=top.path).exclude(path=top.path)
    counts = dict(beneath.values_list(key_below(top)).annotate(Count("pk")).order_by())
    nameless = beneath.filter(unit__contacts=None).values_list(key_below(top)).annotate(Count("pk")).order_by()
    unreached = dict(nameless)
    children = sorted(Unit.objects.filter(key__in=counts), key=_in_order)
    return [Branch(unit, counts[unit.key] - 1, unreached.get(unit.key, 0)) for unit in children]


@dataclass(frozen=True, slots=True)
class Reachable:
    """How many units stand below another, and of how many an e-mail address is known that has not failed."""

    below: int
    reached: int
    directly: int
    reached_directly: int


def reachable_below(unit: Unit, day: date) -> Reachable:
    """Return how many units below one, and directly below it, mail can reach on a day."""
    reached = Exists(Contact.objects.filter(unit=OuterRef("unit"), bounced_on=None).exclude(email=""))
    direct = Q(parent=unit)
    below = subtree_of(unit, day).exclude(unit=unit).annotate(is_reached=reached)
    return Reachable(
        **below.aggregate(
            below=Count("pk"),
            reached=Count("pk", filter=Q(is_reached=True)),
            directly=Count("pk", filter=direct),
            reached_directly=Count("pk", filter=direct & Q(is_reached=True)),
        )
    )


def key_below(top: Position, path: str = "path") -> Combinable:
    """Return the expression for the key of the unit directly below ``top`` that a path leads through.

    Args:
        top: the position whose path the paths begin with.
        path: how the query reaches the paths.
    """
    start = len(top.path) + 1
    return Substr(path, start, StrIndex(Substr(path, start), Value("/")) - 1)


def tree_note(day: date) -> LocalText | None:
    """Return what is to be said beside the tree of a day for which that of another day stands, if one does."""
    snapshot = load_tree_snapshot(settings.CENTER.data)
    if snapshot is None or not snapshot.covers(day):
        return None
    there = Unit.objects.filter(Q(closed=None) | Q(closed__gt=day), opened__lte=day)
    kinds = Count("pk", filter=Q(kind=UnitKind.DISTRICT)), Count("pk", filter=Q(kind=UnitKind.COMMUNE))
    found = there.aggregate(districts=kinds[0], communes=kinds[1])
    return snapshot.note if snapshot.is_of(**found) else None


def line_of(position: Position) -> list[Unit]:
    """Return the units above a position, the centre first, without the unit itself."""
    keys = position.path.strip("/").split("/")[:-1]
    by_key = Unit.objects.in_bulk(keys, field_name="key")
    return [by_key[key] for key in keys]


def units_found(text: str, positions: QuerySet[Position]) -> list[Unit]:
    """Return the units among positions whose code begins with a text or one of whose names holds it, folded.

    Also by the name that lists of 2020 to 2024 have.
    """
    fields = ("unit", "unit__key", "unit__code", "unit__name_vi", "unit__name_en")
    return _named(text, positions.values_list(*fields), most=MOST_FOUND)


def units_ended(text: str, day: date, below: QuerySet[Position] | None = None) -> list[Unit]:
    """Return the units that were no more on a day and that a text names in the same way.

    Args:
        text: what is looked for.
        day: the day on which they were no more.
        below: only those that units at these positions succeeded; ``None``: all.
    """
    ended = Unit.objects.filter(closed__lte=day).order_by()
    if below is not None:
        ended = ended.filter(successors__new__in=below.values("unit")).distinct()
    return _named(text, ended.values_list("pk", "key", "code", "name_vi", "name_en"), most=MOST_FOUND)


def _named(text: str, rows: Iterable[tuple[Any, ...]], *, most: int) -> list[Unit]:
    wanted, former = folded(text), load_former_names(settings.CENTER.data)
    if not wanted:
        return []
    hits = [
        pk
        for pk, key, code, *names in rows
        if code.lower().startswith(wanted) or any(wanted in folded(name) for name in (*names, former.get(key, "")))
    ]
    found = Unit.objects.filter(pk__in=hits[: 4 * most])
    return sorted(found, key=_in_order)[:most]


def folded(text: str) -> str:
    """Return a text's letters and digits without marks and capitals: ``hai phong`` finds ``Hải Phòng``."""
    plain = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(c for c in plain if c.isalnum() and not unicodedata.combining(c))


def _in_order(unit: Unit) -> tuple[int, str]:
    """Sort by what units are, then by their official code: names sort Đ after V."""
    return list(UnitKind).index(UnitKind(unit.kind)), unit.code


def parents_of(units: Collection[int], day: date) -> dict[int, Unit]:
    """Return the unit above each of some units, by their numbers, in a day's tree, with the contacts of both."""
    positions = Position.objects.on(day).filter(unit__in=units).select_related("parent")
    return {one.unit_id: one.parent for one in positions.prefetch_related("parent__contacts") if one.parent}


def has_groups() -> bool:
    """Whether units are divided into any groups."""
    return GroupSet.objects.exists()


@dataclass(frozen=True, slots=True)
class GroupCount:
    """A group, and how many units are in it on a day."""

    group: Group
    units: int


def groups_on(day: date) -> list[tuple[GroupSet, list[GroupCount]]]:
    """Return all sets with their groups, by code, and how many units are in each on a day."""
    held = Q(memberships__first__lte=day) & (Q(memberships__until=None) | Q(memberships__until__gt=day))
    counted: dict[int, list[GroupCount]] = {}
    for group in Group.objects.order_by("code").annotate(units=Count("memberships", filter=held)):
        counted.setdefault(group.group_set_id, []).append(GroupCount(group, group.units))
    return [(group_set, counted.get(group_set.pk, [])) for group_set in GroupSet.objects.order_by("code")]
