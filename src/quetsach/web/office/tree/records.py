"""Between the tables of the database and the records that the rules work on."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Model

from quetsach.campaign.units.comparison import ExistingUnits
from quetsach.campaign.units.table import Contact, Member
from quetsach.campaign.units.tree import positions
from quetsach.campaign.units.unit import WHOLE, Succession, Unit, UnitKind
from quetsach.web.office.tree import models

BATCH = 2000


def unit_records() -> dict[str, Unit]:
    """Return every unit with whom it reports to, by key."""
    parents: dict[str, list[tuple[date, str]]] = defaultdict(list)
    edges = models.Edge.objects.order_by("first").values_list("unit__key", "first", "parent__key")
    for key, first, parent in edges:
        parents[key].append((first, parent))
    return {
        row["key"]: Unit(**{**row, "kind": UnitKind(row["kind"])}, parents=tuple(parents.get(row["key"], ())))
        for row in models.Unit.objects.order_by("pk").values(*_COLUMNS)
    }


def succession_records() -> dict[tuple[str, str], Succession]:
    """Return who succeeded whom, by both keys, in the order in which the parts of a split unit were named."""
    columns = ("old__key", "new__key", "on", "share", "decree")
    return {
        (old, new): Succession(old, new, on, int(share * WHOLE), decree)
        for old, new, on, share, decree in models.Succession.objects.order_by("pk").values_list(*columns)
    }


def contact_records() -> dict[str, tuple[Contact, ...]]:
    """Return the contacts of each unit."""
    found: dict[str, list[Contact]] = defaultdict(list)
    columns = ("unit__key", "name", "title", "email", "phone", "is_primary")
    for row in models.Contact.objects.order_by("pk").values_list(*columns):
        found[row[0]].append(Contact(*row))
    return {key: tuple(contacts) for key, contacts in found.items()}


def member_records() -> list[Member]:
    """Return which unit belongs to which group, and when."""
    columns = ("group__group_set__code", "group__code", "unit__key", "first", "until")
    return [Member(*row) for row in models.Membership.objects.order_by("pk").values_list(*columns)]


def standing() -> ExistingUnits:
    """Return everything that an import is compared with."""
    groups = models.Group.objects.values_list("group_set__code", "code")
    return ExistingUnits(unit_records(), succession_records(), contact_records(), member_records(), set(groups))


def hold_tree() -> None:
    """Let one change of the tree wait for another, for the rest of the transaction: each is judged by all there is."""
    list(models.Unit.objects.select_for_update().filter(kind=UnitKind.CENTRE).values_list("pk"))


def store_units(added: Iterable[Unit], changed: Iterable[Unit]) -> None:
    """Write units and whom they report to. What stands where is worked out afterwards, by ``store_positions``."""
    new, other = list(added), list(changed)
    _insert(models.Unit, _COLUMNS, [tuple(getattr(unit, column) for column in _COLUMNS) for unit in new])
    ids = unit_ids()
    rows = [models.Unit(ids[unit.key], **{column: getattr(unit, column) for column in _COLUMNS}) for unit in other]
    models.Unit.objects.bulk_update(rows, [*_COLUMNS[1:]], batch_size=200)
    models.Edge.objects.filter(unit__in=[row.pk for row in rows]).delete()
    edges = (edge for unit in (*new, *other) for edge in unit.edges())
    spans = [(ids[edge.unit], ids[edge.parent], edge.first, edge.until) for edge in edges]
    _insert(models.Edge, ("unit_id", "parent_id", "first", "until"), spans)


def store_successions(successions: Iterable[Succession]) -> None:
    """Write who succeeded whom; a pair that is there gets the new day, share and decree."""
    ids = unit_ids()
    there = {(old, new): pk for pk, old, new in models.Succession.objects.values_list("pk", "old", "new")}
    columns = ("on", "decree", "share")
    fresh, other = [], []
    for row in successions:
        pair, values = (ids[row.old], ids[row.new]), (row.on, row.decree, Decimal(row.millionths) / WHOLE)
        if pair in there:
            on, decree, share = values
            other.append(models.Succession(pk=there[pair], on=on, decree=decree, share=share))
        else:
            fresh.append((*pair, *values))
    _insert(models.Succession, ("old_id", "new_id", *columns), fresh)
    models.Succession.objects.bulk_update(other, columns, batch_size=200)


def store_positions(units: Mapping[str, Unit]) -> int:
    """Work out where every unit stands and write what differs; return how many positions there are.

    Raises:
        UnitsError: the tree has a fault.
    """
    ids = unit_ids()
    wanted = {
        (ids[p.unit], None if p.parent is None else ids[p.parent], p.path, p.level, p.first, p.until)
        for p in positions(units.values())
    }
    columns = ("unit_id", "parent_id", "path", "level", "first", "until")
    stored = {row[1:]: row[0] for row in models.Position.objects.values_list("pk", *columns)}
    stale = [stored[row] for row in stored.keys() - wanted]
    if len(stale) == len(stored):
        models.Position.objects.all().delete()
    else:
        for start in range(0, len(stale), BATCH):
            models.Position.objects.filter(pk__in=stale[start : start + BATCH]).delete()
    fresh = sorted(wanted - stored.keys(), key=lambda row: (row[2], row[4]))
    _insert(models.Position, columns, fresh)
    return len(wanted)


def unit_ids() -> dict[str, int]:
    """Return the database's number of every unit, by key."""
    return dict(models.Unit.objects.values_list("key", "pk"))


_COLUMNS = ("key", "code", "name_vi", "name_en", "kind", "opened", "closed", "decree", "exchange_code")


def _insert(model: type[Model], columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert many rows at once: the tree has tens of thousands, and making a model of each is most of the time."""
    table = connection.ops.quote_name(model._meta.db_table)  # noqa: SLF001  (Django's own word for it, documented)
    names = ", ".join(connection.ops.quote_name(column) for column in columns)
    marks = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608
