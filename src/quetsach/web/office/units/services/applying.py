"""Writes what an import or a single change was found to do."""

from datetime import date

from django.db import connection

from quetsach.campaign.units.comparison import Plan
from quetsach.web.office.tree import models
from quetsach.web.office.tree.records import (
    store_positions,
    store_successions,
    store_units,
    unit_ids,
)

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
