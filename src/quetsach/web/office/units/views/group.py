"""Groups across the tree."""

from datetime import UTC, datetime

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from quetsach.web.office.people.access import today
from quetsach.web.office.people.current_user import current_person
from quetsach.web.office.refusal import Telling
from quetsach.web.office.tree.selectors import groups_on
from quetsach.web.office.units.forms import GroupForm, GroupSetForm
from quetsach.web.office.units.services.groups import group_add, group_set_add
from quetsach.web.office.units.services.unit import require_centre


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
        with Telling(request, _("Saved."), form=form):
            add(by=current_person(request), now=now, **form.cleaned_data)
            return redirect("office:units:groups")
    context = {"sets": groups_on(today(now)), "set_form": set_form, "group_form": group_form}
    return render(request, "office/units/groups.html", context)
