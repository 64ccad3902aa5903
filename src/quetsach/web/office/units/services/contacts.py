"""How a unit is reached: kept by whoever edits the unit or something above it."""

from datetime import datetime
from typing import Any

from django.db import transaction

from quetsach.campaign.authority import Permission
from quetsach.web.office.editions import refuse_clash
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.tree.models import Contact, Unit


@transaction.atomic
def contact_add(
    *,
    unit: Unit,
    name: str,
    title: str,
    email: str,
    phone: str,
    is_primary: bool,
    by: Person,
    now: datetime,
) -> Contact:
    """Add a contact; a new first one takes the place of the old.

    Raises:
        AccessError: the unit is not the person's to edit.
    """
    contact = Contact(unit=unit)
    return _save(contact, name, title, email, phone, is_primary=is_primary, act="contact-add", by=by, now=now)


@transaction.atomic
def contact_change(
    *,
    contact: Contact,
    name: str,
    title: str,
    email: str,
    phone: str,
    is_primary: bool,
    by: Person,
    now: datetime,
    edition: str = "",
) -> Contact:
    """Change a contact; a new address has not bounced yet.

    Raises:
        AccessError: the unit is not the person's to edit.
        ClashError: the contact was changed since ``edition``.
    """
    contact = Contact.objects.select_for_update().select_related("unit").get(pk=contact.pk)
    require(by, Permission.EDIT_CONTACTS, contact.unit, day=today(now))
    refuse_clash(edition, reached_by(contact))
    if email != contact.email:
        contact.bounced_on = None
    return _save(contact, name, title, email, phone, is_primary=is_primary, act="contact-change", by=by, now=now)


def reached_by(contact: Contact) -> dict[str, Any]:
    """Return what of a contact can be changed, as it stands."""
    return {name: getattr(contact, name) for name in ("name", "title", "email", "phone", "is_primary")}


@transaction.atomic
def contact_remove(*, contact: Contact, by: Person, now: datetime) -> None:
    """Remove a contact.

    Raises:
        AccessError: the unit is not the person's to edit.
    """
    require(by, Permission.EDIT_CONTACTS, contact.unit, day=today(now))
    log_append(by=by, act="contact-remove", subject=f"unit:{contact.unit.key}", unit=contact.unit, detail={}, now=now)
    contact.delete()


def _save(
    contact: Contact,
    name: str,
    title: str,
    email: str,
    phone: str,
    *,
    is_primary: bool,
    act: str,
    by: Person,
    now: datetime,
) -> Contact:
    require(by, Permission.EDIT_CONTACTS, contact.unit, day=today(now))
    contact.name, contact.title, contact.email, contact.phone = name, title, email, phone
    contact.is_primary = is_primary
    if is_primary:
        Contact.objects.filter(unit=contact.unit, is_primary=True).exclude(pk=contact.pk).update(is_primary=False)
    contact.save()
    # The log is for ever and contacts are people: it says that a contact was changed, not to what.
    log_append(by=by, act=act, subject=f"unit:{contact.unit.key}", unit=contact.unit, detail={}, now=now)
    return contact
