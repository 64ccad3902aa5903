"""Putting a form to use."""

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from quetsach.campaign.authority import Act
from quetsach.campaign.returns.period import PeriodKind
from quetsach.web.office.people.access import may_do, require, today
from quetsach.web.office.people.here import person_here
from quetsach.web.office.refusal import Telling
from quetsach.web.office.returns.forms import KIND_TITLES, AssignmentForm, PolicyForm
from quetsach.web.office.returns.models import Assignment
from quetsach.web.office.returns.selectors.plan import off_plan
from quetsach.web.office.returns.services.assignment import (
    Target,
    assignment_follow_plan,
    assignment_make,
    assignment_remind,
    reminded_on,
)
from quetsach.web.office.units.models import UnitKind
from quetsach.web.office.units.selectors import root_unit


@require_http_methods(["GET", "HEAD", "POST"])
def assign(request: HttpRequest) -> HttpResponse:
    """Make units owe returns."""
    person, now = person_here(request), datetime.now(UTC)
    require(person, Act.RUN_CAMPAIGN, root_unit(), day=today(now))
    form = AssignmentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        with Telling(request, _("The units owe returns now."), form=form):
            made = assignment_make(
                by=person,
                campaign=given["campaign"],
                form=given["form"],
                period_kind=PeriodKind(given["period_kind"]),
                periods=given["periods"],
                targets=[Target(root_unit(), UnitKind(kind)) for kind in given["kinds"]],
                due_days=given["due_days"],
                lock_days=given["lock_days"],
                now=now,
            )
            return redirect("office:returns:assignment", made.pk)
    return render(request, "office/returns/assign.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def assignment(request: HttpRequest, assignment: int) -> HttpResponse:
    """An assignment: who owes what until when, when they are reminded, and the way to its periods."""
    person, now = person_here(request), datetime.now(UTC)
    one = _assignment(assignment)
    may_run = may_do(person, Act.RUN_CAMPAIGN, root_unit(), day=today(now))
    form = PolicyForm(request.POST or None, stored=reminded_on(one))
    if request.method == "POST" and form.is_valid():
        with Telling(request, _("Reminders follow these days from now on."), form=form):
            assignment_remind(
                assignment=one,
                policy=form.cleaned_data["policy"],
                by=person,
                now=now,
                edition=form.cleaned_data["edition"],
            )
            return redirect("office:returns:assignment", one.pk)
    targets = [
        (t.top, KIND_TITLES.get(UnitKind(t.kind)) if t.kind else None) for t in one.targets.select_related("top")
    ]
    names = {phase.id: phase.name for phase in one.campaign.plan.phases}
    context = {
        "assignment": one,
        "form": one.form.form,
        "targets": targets,
        "periods": one.periods.all(),
        "policy_form": form if may_run else None,
        "off_plan": [(names[period.key], period) for period in off_plan(one)] if may_run else (),
    }
    return render(request, "office/returns/assignment.html", context, status=422 if form.errors else 200)


@require_POST
def follow_plan(request: HttpRequest, assignment: int) -> HttpResponse:
    """Give the periods the days of the plan."""
    one = _assignment(assignment)
    with Telling(request, _("The periods have the days of the plan now.")):
        assignment_follow_plan(assignment=one, by=person_here(request), now=datetime.now(UTC))
    return redirect("office:returns:assignment", one.pk)


def _assignment(pk: int) -> Assignment:
    return get_object_or_404(Assignment.objects.select_related("campaign", "form"), pk=pk)
