"""Contacts of a unit."""

from datetime import UTC, datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from quetsach.campaign.authority import Act
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.current_user import current_person
from quetsach.web.office.refusal import Telling
from quetsach.web.office.tree.models import Unit
from quetsach.web.office.units.forms import ContactForm, NewContactForm
from quetsach.web.office.units.selectors.reach import contacts_of
from quetsach.web.office.units.services.contacts import (
    contact_add,
    contact_change,
    contact_remove,
    reached_by,
)


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, key: str) -> HttpResponse:
    """Add a contact."""
    now = datetime.now(UTC)
    unit = get_object_or_404(Unit, key=key)
    require(current_person(request), Act.EDIT_CONTACTS, unit, day=today(now))
    form = NewContactForm(request.POST or None, initial={"is_primary": not unit.contacts.exists()})
    if request.method == "POST" and form.is_valid():
        contact_add(unit=unit, by=current_person(request), now=now, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("office:units:unit", key)
    context = {"unit": unit, "form": form, "title": _("Add a contact")}
    return render(request, "office/units/form.html", context)


@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """Change a contact."""
    now = datetime.now(UTC)
    contact = get_object_or_404(contacts_of(key), pk=number)
    require(current_person(request), Act.EDIT_CONTACTS, contact.unit, day=today(now))
    form = ContactForm(request.POST or None, stored=reached_by(contact))
    if request.method == "POST" and form.is_valid():
        with Telling(request, _("Saved."), form=form):
            contact_change(contact=contact, by=current_person(request), now=now, **form.cleaned_data)
            return redirect("office:units:unit", key)
    context = {"unit": contact.unit, "form": form, "title": _("Change the contact"), "contact": contact}
    return render(request, "office/units/form.html", context)


@require_POST
def remove(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """Remove a contact."""
    contact = get_object_or_404(contacts_of(key), pk=number)
    contact_remove(contact=contact, by=current_person(request), now=datetime.now(UTC))
    messages.success(request, _("The contact is removed."))
    return redirect("office:units:unit", key)
