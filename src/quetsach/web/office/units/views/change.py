"""Changing the tree: adding, correcting, moving and ending units. For the centre's operators."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from quetsach.campaign.units.unit import UnitKind
from quetsach.web.office.people.access import today
from quetsach.web.office.people.current_user import current_person
from quetsach.web.office.refusal import Telling
from quetsach.web.office.tree.models import Unit
from quetsach.web.office.units.forms import CloseForm, JoinForm, MoveForm, NewUnitForm, UnitChangeForm
from quetsach.web.office.units.services.groups import unit_join
from quetsach.web.office.units.services.unit import (
    corrected,
    require_centre,
    unit_add,
    unit_change,
    unit_close,
    unit_move,
)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, key: str) -> HttpResponse:
    """Correct names, decree and the code of the exchange."""
    unit = _opened(request, key)
    form = UnitChangeForm(request.POST or None, stored=corrected(unit))
    return _done(
        request,
        unit,
        form,
        _("Correct the unit"),
        lambda values, now: unit_change(unit=unit, by=current_person(request), now=now, **values),
    )


@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, key: str) -> HttpResponse:
    """Add a unit below another."""
    parent = _opened(request, key)
    form = NewUnitForm(request.POST or None)

    def save(values: dict[str, Any], now: datetime) -> Unit:
        kind = UnitKind(str(values.pop("kind")))
        return unit_add(parent=parent, kind=kind, by=current_person(request), now=now, **values)

    return _done(request, parent, form, _("Add a unit below"), save)


@require_http_methods(["GET", "POST"])
def move(request: HttpRequest, key: str) -> HttpResponse:
    """Let a unit report to another."""
    unit = _opened(request, key)
    return _done(
        request,
        unit,
        MoveForm(request.POST or None),
        _("Let it report to another unit"),
        lambda values, now: unit_move(unit=unit, by=current_person(request), now=now, **values),
    )


@require_http_methods(["GET", "POST"])
def close(request: HttpRequest, key: str) -> HttpResponse:
    """End a unit."""
    unit = _opened(request, key)
    return _done(
        request,
        unit,
        CloseForm(request.POST or None),
        _("End the unit"),
        lambda values, now: unit_close(unit=unit, by=current_person(request), now=now, **values),
    )


@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, key: str) -> HttpResponse:
    """Put a unit into a group."""
    unit = _opened(request, key)

    def save(values: dict[str, Any], now: datetime) -> Unit:
        unit_join(unit=unit, by=current_person(request), now=now, **values)
        return unit

    form = JoinForm(request.POST or None, initial={"since": today(datetime.now(UTC))})
    return _done(request, unit, form, _("Put it into a group"), save)


def _opened(request: HttpRequest, key: str) -> Unit:
    """Return the unit, for operators alone; others are refused before they see a form."""
    require_centre(current_person(request), now=datetime.now(UTC))
    return get_object_or_404(Unit, key=key)


def _done(
    request: HttpRequest,
    unit: Unit,
    form: forms.Form,
    title: str | Promise,
    save: Callable[[dict[str, Any], datetime], Unit],
) -> HttpResponse:
    """Show the form, or save what it holds and go to the unit."""
    if request.method == "POST" and form.is_valid():
        with Telling(request, _("Saved."), form=form):
            saved = save(dict(form.cleaned_data), datetime.now(UTC))
            return redirect("office:units:unit", saved.key)
    return render(request, "office/units/form.html", {"unit": unit, "form": form, "title": title})
