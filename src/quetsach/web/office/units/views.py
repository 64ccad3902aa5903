"""Pages about units."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quetsach.campaign.authority import Permission, scope
from quetsach.campaign.units.tree import is_top
from quetsach.campaign.units.unit import UnitKind
from quetsach.core.period import read_day
from quetsach.web.office.people.access import current_person, duties_of, may_do, require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.refusal import FlashErrors
from quetsach.web.office.tree.models import Succession, Unit
from quetsach.web.office.tree.selectors import (
    branches_of,
    groups_on,
    has_groups,
    line_of,
    places_at,
    position_of,
    root_unit,
    tree_note,
    units_ended,
    units_found,
)
from quetsach.web.office.units.forms import (
    CloseForm,
    ContactForm,
    GroupForm,
    GroupSetForm,
    ImportForm,
    JoinForm,
    MoveForm,
    NewContactForm,
    NewUnitForm,
    UnitChangeForm,
)
from quetsach.web.office.units.selectors import (
    TABLES,
    answering,
    as_csv,
    as_xlsx,
    contacts_of,
    export_tables,
    import_draft,
    places_in_sight,
    require_sight,
)
from quetsach.web.office.units.services.contacts import (
    contact_add,
    contact_change,
    contact_remove,
    reached_by,
)
from quetsach.web.office.units.services.importing import (
    draft_drop,
    draft_keep,
    import_preview,
    units_import,
)
from quetsach.web.office.units.services.unit import (
    corrected,
    group_add,
    group_set_add,
    require_centre,
    unit_add,
    unit_change,
    unit_close,
    unit_join,
    unit_move,
)

# Looking at the tree: where one begins, a unit's page, the tree of another day.


@require_safe
def units(request: HttpRequest) -> HttpResponse:
    """Where somebody begins: the tops of what he sees, and a search below them."""
    now = today(datetime.now(UTC))
    day, text = _day(request) or now, request.GET.get("q", "").strip()[:100]
    tops = scope(duties_of(current_person(request), day=now), Permission.SEE)
    starts = [position.unit for position in places_at(tops, now)]
    if len(starts) == 1 and not text:
        return redirect("office:units:unit", starts[0].key)
    sight = places_in_sight(current_person(request), tops, day, now)
    found = units_found(text, sight) if text else []
    ended = units_ended(text, day, None if any(map(is_top, tops)) else sight) if text else []
    context = {"starts": starts, "found": found, "ended": ended, "text": text, "day": day, "today": now}
    context["tree_note"] = tree_note(day)
    return render(request, "office/units/units.html", context)


@require_safe
def unit(request: HttpRequest, key: str) -> HttpResponse:
    """Return one unit on one day: facts, what stands below it, contacts, groups, its past."""
    now = today(datetime.now(UTC))
    found = get_object_or_404(Unit, key=key)
    require_sight(current_person(request), found, day=now)
    day = _day(request) or _day_of(found, now)
    position = position_of(found, day)
    branches = branches_of(position, day) if position else []
    person: Person = current_person(request)
    context = {
        "unit": found,
        "day": day,
        "today": now,
        "tree_note": tree_note(day),
        "position": position,
        "line": [above for above in line_of(position) if _sees(person, above, now)] if position else [],
        "branches": branches,
        "unreached": sum(branch.unreached for branch in branches),
        "all_below": sum(branch.below + 1 for branch in branches) if any(branch.below for branch in branches) else 0,
        "contacts": found.contacts.order_by("-is_primary", "name"),
        "memberships": found.memberships.on(day).select_related("group__group_set").order_by("group__group_set__code"),
        "parents": found.edges.select_related("parent").order_by("first"),
        "successors": _seen(person, found.successors.select_related("new"), "new", now),
        "predecessors": _seen(person, found.predecessors.select_related("old"), "old", now),
        "has_groups": has_groups(),
        "may_edit": may_do(person, Permission.EDIT_UNITS, root_unit(), day=now),
        "may_edit_contacts": may_do(person, Permission.EDIT_CONTACTS, found, day=now),
    }
    return render(request, "office/units/unit.html", context)


def _day(request: HttpRequest) -> date | None:
    """Return the day that was asked for; one that is none is as if none was."""
    try:
        return read_day(request.GET.get("day", ""))
    except ValueError:
        return None


def _day_of(unit: Unit, now: date) -> date:
    """Return today, or the nearest day on which the unit existed."""
    if unit.closed is not None and unit.closed <= now:
        return unit.closed - timedelta(days=1)
    return max(unit.opened, now)


def _sees(person: Person, unit: Unit, now: date) -> bool:
    return may_do(person, Permission.SEE, answering(unit, day=now), day=now)


def _seen(person: Person, rows: QuerySet[Succession], side: str, now: date) -> list[tuple[Succession, Unit, bool]]:
    """Return successions with the unit of the other side, and whether its page is open to the person."""
    return [(row, other, _sees(person, other, now)) for row in rows if (other := getattr(row, side))]


# Tables of units out and in.

_MOST_SHOWN = 200
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_safe
def export(request: HttpRequest) -> HttpResponseBase:
    """Return what the person sees as XLSX, which goes out while it is written, or one table of it as CSV."""
    day = today(datetime.now(UTC))
    tables = export_tables(current_person(request), day=day)
    name = request.GET.get("table", "")
    if name in TABLES:
        return HttpResponse(as_csv(tables[name]), "text/csv; charset=utf-8", headers=_as_file(f"{name}-{day}.csv"))
    return StreamingHttpResponse(as_xlsx(tables), content_type=_XLSX, headers=_as_file(f"units-{day}.xlsx"))


def _as_file(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


@require_http_methods(["GET", "POST"])
def bring(request: HttpRequest) -> HttpResponse:
    """Take a file; the next page reads it, once, and shows what it would change."""
    now = datetime.now(UTC)
    require_centre(current_person(request), now=now)
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        draft_keep(file=(file.name, file.read()), by=current_person(request), now=now)
        return redirect("office:units:preview")
    return render(request, "office/units/import.html", {"form": form, "tables": TABLES})


@require_http_methods(["GET", "POST"])
def preview(request: HttpRequest) -> HttpResponse:
    """Show what the kept file would change; apply it, or throw it away."""
    now = datetime.now(UTC)
    require_centre(current_person(request), now=now)
    draft = import_draft(current_person(request))
    if draft is None:
        return redirect("office:units:import")
    files = [(draft.name, bytes(draft.content))]
    if request.method == "POST":
        if request.POST.get("wants") != "apply":
            draft_drop(by=current_person(request))
            return redirect("office:units:import")
        with FlashErrors(request, _("The file is applied.")):
            units_import(files=files, expected=request.POST.get("digest", ""), by=current_person(request), now=now)
            draft_drop(by=current_person(request))
            return redirect("office:units:list")
        return redirect("office:units:preview")
    shown = {"draft": draft, "most": _MOST_SHOWN, "first": f":{_MOST_SHOWN}"}
    with FlashErrors(request):
        found = import_preview(files=files, by=current_person(request), now=now)
        return render(request, "office/units/preview.html", {**shown, "preview": found, "plan": found.plan})
    draft_drop(by=current_person(request))
    return redirect("office:units:import")


# Changing the tree: adding, correcting, moving and ending units. For the centre's operators.


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
        with FlashErrors(request, _("Saved."), form=form):
            saved = save(dict(form.cleaned_data), datetime.now(UTC))
            return redirect("office:units:unit", saved.key)
    return render(request, "office/units/form.html", {"unit": unit, "form": form, "title": title})


# Contacts of a unit.


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, key: str) -> HttpResponse:
    """Add a contact."""
    now = datetime.now(UTC)
    unit = get_object_or_404(Unit, key=key)
    require(current_person(request), Permission.EDIT_CONTACTS, unit, day=today(now))
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
    require(current_person(request), Permission.EDIT_CONTACTS, contact.unit, day=today(now))
    form = ContactForm(request.POST or None, stored=reached_by(contact))
    if request.method == "POST" and form.is_valid():
        with FlashErrors(request, _("Saved."), form=form):
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


# Groups across the tree.


@require_http_methods(["GET", "POST"])
def groups(request: HttpRequest) -> HttpResponse:
    """All sets and groups, with how many units are in each today; forms for one more of either."""
    now = datetime.now(UTC)
    require_centre(current_person(request), now=now)
    wants = request.POST.get("wants", "")
    set_form = GroupSetForm(request.POST if wants == "set" else None, prefix="set")
    group_form = GroupForm(request.POST if wants == "group" else None, prefix="group")
    form: forms.Form = set_form if wants == "set" else group_form
    if form.is_bound and form.is_valid():
        add = group_set_add if wants == "set" else group_add
        with FlashErrors(request, _("Saved."), form=form):
            add(by=current_person(request), now=now, **form.cleaned_data)
            return redirect("office:units:groups")
    context = {"sets": groups_on(today(now)), "set_form": set_form, "group_form": group_form}
    return render(request, "office/units/groups.html", context)
