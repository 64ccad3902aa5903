"""Changes of the tree. Every one is worked out by the rules first, so that no fault ever reaches the tables."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from django.db import connection, transaction

from quetsach.campaign.authority import Permission
from quetsach.campaign.errors import UnitsError
from quetsach.campaign.units.comparison import Plan, compare
from quetsach.campaign.units.table import Tables
from quetsach.campaign.units.unit import Succession, Unit, UnitKind
from quetsach.core.text import Text
from quetsach.web.office.editions import refuse_clash
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.refusal import AccessError
from quetsach.web.office.tree import models
from quetsach.web.office.tree.models import Group, GroupSet, Membership
from quetsach.web.office.tree.records import (
    hold_tree,
    standing,
    store_positions,
    store_successions,
    store_units,
    unit_ids,
    unit_records,
)
from quetsach.web.office.tree.selectors import root_unit

_MANY = 1000
"""From so many new units on PostgreSQL takes its statistics: it plans by them, and tables just filled have none."""


def apply_plan(plan: Plan) -> None:
    """Write a plan, inside the caller's transaction.

    Raises:
        UnitsError: the tree has a fault (a plan without faults gives none).
    """
    if plan.added or plan.changed:
        store_units(plan.added, plan.changed)
        store_positions(plan.units)
    for old, new in plan.dropped:
        models.Succession.objects.filter(old__key=old, new__key=new).delete()
    if plan.successions:
        store_successions(plan.successions)
    if plan.contacts:
        _store_contacts(plan)
    if plan.members:
        _store_members(plan)
    if len(plan.added) >= _MANY and connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def _store_contacts(plan: Plan) -> None:
    """Give each named unit the plan's contacts; that mail to an address came back is not forgotten."""
    ids = unit_ids()
    old = models.Contact.objects.filter(unit__key__in=plan.contacts)
    bounced: dict[tuple[int, str], date | None] = {
        (unit, email): day for unit, email, day in old.values_list("unit", "email", "bounced_on") if email
    }
    old.delete()
    models.Contact.objects.bulk_create(
        models.Contact(
            unit_id=ids[key],
            name=contact.name,
            title=contact.title,
            email=contact.email,
            phone=contact.phone,
            is_primary=contact.is_primary,
            bounced_on=bounced.get((ids[key], contact.email)),
        )
        for key, contacts in plan.contacts.items()
        for contact in contacts
    )


def _store_members(plan: Plan) -> None:
    ids = unit_ids()
    groups = {
        (group.group_set.code, group.code): group.pk for group in models.Group.objects.select_related("group_set")
    }
    for member in plan.members:
        models.Membership.objects.update_or_create(
            unit_id=ids[member.unit],
            group_id=groups[member.group_set, member.group],
            first=member.first,
            defaults={"until": member.until},
        )


_GONE = Text("has closed already")
_TAKEN = Text("this key names another unit")


def require_centre(by: Person | None, *, now: datetime) -> None:
    """Let pass who may change the tree: the centre's operators, and the centre itself at its own machine (``None``).

    Raises:
        AccessError: somebody else.
    """
    if by is None:
        return
    try:
        root = root_unit()
    except models.Unit.DoesNotExist:
        raise AccessError(Text("there is no tree yet"), is_hidden=True) from None
    require(by, Permission.EDIT_UNITS, root, day=today(now))


@transaction.atomic
def unit_add(
    *,
    key: str,
    code: str,
    name_vi: str,
    name_en: str,
    kind: UnitKind,
    parent: models.Unit,
    opened: date,
    decree: str,
    exchange_code: str,
    by: Person | None,
    now: datetime,
) -> models.Unit:
    """Add a unit below another, from a day on.

    Raises:
        AccessError: not an operator of the centre.
        UnitsError: the key or the code is taken, or the parent does not exist since that day.
    """
    _begin(by, now)
    if models.Unit.objects.filter(key=key).exists():
        raise UnitsError(_TAKEN, where=key)
    record = Unit(key, code, name_vi, name_en, kind, opened, None, decree, ((opened, parent.key),), exchange_code)
    return _change(record, act="unit-add", detail={"parent": parent.key, "opened": str(opened)}, by=by, now=now)


@transaction.atomic
def unit_change(
    *,
    unit: models.Unit,
    name_vi: str,
    name_en: str,
    decree: str,
    exchange_code: str,
    by: Person | None,
    now: datetime,
    edition: str = "",
) -> models.Unit:
    """Correct the names, the decree or the code of the exchange of a unit; it stays the same one.

    Raises:
        AccessError: not an operator of the centre.
        ClashError: the unit was corrected since ``edition``.
        UnitsError: the code of the exchange is another unit's.
    """
    _begin(by, now)
    before = corrected(models.Unit.objects.get(pk=unit.pk))
    refuse_clash(edition, before)
    there = unit_records()[unit.key]
    record = replace(there, name_vi=name_vi, name_en=name_en, decree=decree, exchange_code=exchange_code)
    return _change(record, act="unit-change", detail={"before": before}, by=by, now=now)


def corrected(unit: models.Unit) -> dict[str, str]:
    """Return what of a unit can be corrected, as it stands."""
    return {name: getattr(unit, name) for name in ("name_vi", "name_en", "decree", "exchange_code")}


@transaction.atomic
def unit_move(*, unit: models.Unit, parent: models.Unit, since: date, by: Person | None, now: datetime) -> models.Unit:
    """Let a unit report to another from a day on; what was before that day stays as it was.

    Raises:
        AccessError: not an operator of the centre.
        UnitsError: the tree cannot be so: a ring, a parent that does not exist then, a day outside the unit's own.
    """
    _begin(by, now)
    record = unit_records()[unit.key]
    kept = tuple((first, key) for first, key in record.parents if first < since)
    record = replace(record, parents=(*kept, (since, parent.key)))
    return _change(record, act="unit-move", detail={"parent": parent.key, "since": str(since)}, by=by, now=now)


@transaction.atomic
def unit_close(
    *,
    unit: models.Unit,
    on: date,
    successors: Sequence[tuple[models.Unit, int]],
    decree: str,
    by: Person | None,
    now: datetime,
) -> models.Unit:
    """End a unit; ``on`` is the first day without it.

    Args:
        unit: what ends.
        on: the first day on which it is no more.
        successors: who takes over, with shares in millionths that add up to one whole; none if it is abolished.
        decree: the act that ends it.
        by: who does it.
        now: the time (UTC).

    Raises:
        AccessError: not an operator of the centre.
        UnitsError: it has closed, units still report to it then, or the shares do not add up.
    """
    _begin(by, now)
    if unit.closed is not None:
        raise UnitsError(_GONE, where=unit.key)
    record = unit_records()[unit.key]
    parents = tuple((first, key) for first, key in record.parents if first < on)
    record = replace(record, closed=on, decree=decree or record.decree, parents=parents)
    follow = [Succession(unit.key, new.key, on, share, decree) for new, share in successors]
    heirs = {row.new: row.millionths for row in follow}
    return _change(record, follow, act="unit-close", detail={"on": str(on), "successors": heirs}, by=by, now=now)


@transaction.atomic
def positions_rebuild() -> int:
    """Work out every position from the edges; return how many there are.

    Raises:
        UnitsError: the edges are no tree.
    """
    return store_positions(unit_records())


def _begin(by: Person | None, now: datetime) -> None:
    """Let pass who may, then let one change wait for another before anything is read."""
    require_centre(by, now=now)
    hold_tree()


def _change(
    record: Unit,
    successions: Sequence[Succession] = (),
    *,
    act: str,
    detail: Mapping[str, object],
    by: Person | None,
    now: datetime,
) -> models.Unit:
    """Compare one changed unit with all there is, refuse what does not fit, write it and the log."""
    tables = Tables(units={record.key: record}, successions={(row.old, row.new): row for row in successions})
    plan = compare(tables, standing())
    if tables.faults:
        fault = tables.faults[0]
        raise UnitsError(fault.what, where=record.key, advice=fault.hint)
    apply_plan(plan)
    unit = models.Unit.objects.get(key=record.key)
    log_append(by=by, act=act, subject=f"unit:{record.key}", unit=unit, detail=detail, now=now)
    return unit


# Groups across the tree, such as by sector: a unit is in at most one group of a set at a time.

_CODE_TAKEN = Text("this code is taken")
_OUTSIDE = Text("the unit does not exist on that day")


@transaction.atomic
def group_set_add(*, code: str, name_vi: str, name_en: str, by: Person | None, now: datetime) -> GroupSet:
    """Add a way to divide units.

    Raises:
        AccessError: not an operator of the centre.
        UnitsError: the code is taken.
    """
    require_centre(by, now=now)
    if GroupSet.objects.filter(code=code).exists():
        raise UnitsError(_CODE_TAKEN, where=code)
    added = GroupSet.objects.create(code=code, name_vi=name_vi, name_en=name_en)
    log_append(by=by, act="group-set-add", subject=f"group-set:{code}", unit=None, detail={}, now=now)
    return added


@transaction.atomic
def group_add(*, group_set: GroupSet, code: str, name_vi: str, name_en: str, by: Person | None, now: datetime) -> Group:
    """Add a group to a set.

    Raises:
        AccessError: not an operator of the centre.
        UnitsError: the set has a group of that code.
    """
    require_centre(by, now=now)
    if group_set.groups.filter(code=code).exists():
        raise UnitsError(_CODE_TAKEN, where=code)
    added = Group.objects.create(group_set=group_set, code=code, name_vi=name_vi, name_en=name_en)
    log_append(by=by, act="group-add", subject=f"group:{group_set.code}/{code}", unit=None, detail={}, now=now)
    return added


@transaction.atomic
def unit_join(
    *, unit: models.Unit, group_set: GroupSet, group: Group | None, since: date, by: Person | None, now: datetime
) -> None:
    """Put a unit into a group of a set from a day on, or into none; what was before that day stays as it was.

    Raises:
        AccessError: not an operator of the centre.
        UnitsError: the unit does not exist on that day.
    """
    require_centre(by, now=now)
    if since < unit.opened or (unit.closed is not None and since >= unit.closed):
        raise UnitsError(_OUTSIDE, where=unit.key)
    of_set = Membership.objects.filter(unit=unit, group__group_set=group_set)
    of_set.filter(first__gte=since).delete()
    of_set.on(since).update(until=since)
    if group is not None:
        Membership.objects.create(unit=unit, group=group, first=since, until=unit.closed)
    detail = {"group_set": group_set.code, "group": group.code if group else None, "since": str(since)}
    log_append(by=by, act="unit-join", subject=f"unit:{unit.key}", unit=unit, detail=detail, now=now)
