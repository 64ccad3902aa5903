"""Reads of the tree; every one says for which day."""

from datetime import date

from django.db.models import Q, QuerySet

from quetsach.web.office.units.models import Position, Unit


def root_unit() -> Unit:
    """Return the centre itself, the top of the tree.

    Raises:
        Unit.DoesNotExist: no tree was loaded.
    """
    return Unit.objects.filter(kind="centre").earliest("opened")


def unit_of(key: str) -> Unit:
    """Return the unit of a key.

    Raises:
        Unit.DoesNotExist: there is none.
    """
    return Unit.objects.get(key=key)


def unit_named(code: str, day: date) -> Unit | None:
    """Return the unit that an official code meant on a day."""
    return Unit.objects.filter(Q(closed=None) | Q(closed__gt=day), code=code, opened__lte=day).first()


def position_of(unit: Unit, day: date) -> Position | None:
    """Return where a unit stood on a day; ``None`` if it was not in the tree."""
    return Position.objects.on(day).filter(unit=unit).first()


def children_of(unit: Unit, day: date) -> list[Unit]:
    """Return the units directly below, by code."""
    positions = Position.objects.on(day).filter(parent=unit).select_related("unit")
    return [position.unit for position in positions.order_by("unit__code")]


def subtree_of(unit: Unit, day: date) -> QuerySet[Position]:
    """Return the positions of a unit and of everything below it on a day; empty if it was not in the tree."""
    top = position_of(unit, day)
    if top is None:
        return Position.objects.none()
    return Position.objects.on(day).filter(path__startswith=top.path)
