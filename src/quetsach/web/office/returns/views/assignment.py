"""Putting a form to use."""

from datetime import UTC, date, datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from quetsach.campaign.authority import Act
from quetsach.campaign.returns.period import PeriodKind
from quetsach.web.office.people.access import may_do, require, today
from quetsach.web.office.people.current_user import current_person
from quetsach.web.office.refusal import Telling
from quetsach.web.office.returns.forms import KIND_TITLES, AssignmentForm, PolicyForm
from quetsach.web.office.returns.models import Assignment
from quetsach.web.office.returns.selectors.asking import (
    asking,
    asking_of,
    assignment_request,
    assignments,
    centre_phone,
    submitted_count,
)
from quetsach.web.office.returns.selectors.plan import off_plan
from quetsach.web.office.returns.services.assignment import (
    MOST_UNITS_ALONE,
    Target,
    assignment_follow_plan,
    assignment_make,
    assignment_remind,
    assignment_withdraw,
    reminded_on,
)
from quetsach.web.office.tree.models import UnitKind
from quetsach.web.office.tree.selectors import root_unit


@require_http_methods(["GET", "HEAD", "POST"])
def assign(request: HttpRequest) -> HttpResponse:
    """Make units owe returns: first the form, then what it comes to, and only then the asking."""
    person, now = current_person(request), datetime.now(UTC)
    require(person, Act.RUN_CAMPAIGN, root_unit(), day=today(now))
    form = AssignmentForm(request.POST or None)
    if request.method != "POST" or not form.is_valid() or "again" in request.POST:
        return render(request, "office/returns/assign.html", {"form": form}, status=422 if form.errors else 200)
    chosen = set(request.POST.getlist("chosen"))
    if chosen and "ask" in request.POST:
        given = form.cleaned_data
        with Telling(request, form=form):
            made = assignment_make(
                by=person,
                campaign=given["campaign"],
                form=given["form"],
                period_kind=PeriodKind(given["period_kind"]),
                periods=[period for period in given["periods"] if period.key in chosen],
                targets=_targets(form),
                due_days=given["due_days"],
                lock_days=given["lock_days"],
                letter=given["letter"],
                now=now,
            )
            asked = _("The units owe these returns now; invitations go out by and by.")
            waits = _("A second person must agree before the units are asked; it stands among the approvals.")
            messages.success(request, asked if made.is_in_force else waits)
            return redirect("office:returns:assignment", made.pk)
    return _preview(request, form, today(now), is_asked="ask" in request.POST)


def _preview(request: HttpRequest, form: AssignmentForm, day: date, *, is_asked: bool) -> HttpResponse:
    """Show what the form comes to: how many units and returns, and which periods are over already."""
    given = form.cleaned_data
    targets = [(target.top.pk, target.kind or "") for target in _targets(form)]
    last = given["campaign"].plan.days.last
    found = asking(
        targets, given["periods"], due_days=given["due_days"], lock_days=given["lock_days"], on=day, last=last
    )
    context = {
        "form": form,
        "typed": [(name, value) for name in form.fields for value in request.POST.getlist(name)],
        "asking": found,
        "kinds": [(KIND_TITLES[UnitKind(kind)], count) for kind, count in found.kinds],
        "campaign": given["campaign"],
        "ended_on": last if day > last else None,
        "letter": given["letter"],
        "phone": centre_phone(),
        "needs_second": found.units > MOST_UNITS_ALONE,
        "is_asked": is_asked,
    }
    return render(request, "office/returns/assign_preview.html", context, status=422 if is_asked else 200)


def _targets(form: AssignmentForm) -> list[Target]:
    return [Target(root_unit(), UnitKind(kind)) for kind in form.cleaned_data["kinds"]]


@require_http_methods(["GET", "HEAD", "POST"])
def assignment(request: HttpRequest, assignment: int) -> HttpResponse:
    """An assignment: who owes what until when, when they are reminded, and the way to its periods."""
    person, now = current_person(request), datetime.now(UTC)
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
    may_change = may_run and one.is_in_force
    context = {
        "assignment": one,
        "form": one.form.form,
        "targets": targets,
        "asking": asking_of(one),
        "request_for": assignment_request(one),
        "submitted": submitted_count(one),
        "invited": one.invitations.count(),
        "policy_form": form if may_change else None,
        "off_plan": off_plan(one) if may_change else (),
        "may_withdraw": may_run and one.withdrawn_at is None,
    }
    return render(request, "office/returns/assignment.html", context, status=422 if form.errors else 200)


@require_POST
def withdraw(request: HttpRequest, assignment: int) -> HttpResponse:
    """Take an assignment back."""
    one = _assignment(assignment)
    with Telling(request, _("These returns are not asked for any more.")):
        reason = request.POST.get("reason", "")
        assignment_withdraw(assignment=one, reason=reason, by=current_person(request), now=datetime.now(UTC))
    return redirect("office:returns:assignment", one.pk)


@require_POST
def follow_plan(request: HttpRequest, assignment: int) -> HttpResponse:
    """Give the periods the days of the plan."""
    one = _assignment(assignment)
    with Telling(request, _("The periods have the days of the plan now.")):
        assignment_follow_plan(assignment=one, by=current_person(request), now=datetime.now(UTC))
    return redirect("office:returns:assignment", one.pk)


def _assignment(pk: int) -> Assignment:
    return get_object_or_404(assignments(), pk=pk)
