"""Forms of returns, and putting one to use: the list, one version, a new one from a file, who owes a return on it."""

import json
from dataclasses import asdict
from datetime import UTC, date, datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quetsach.campaign.authority import Permission
from quetsach.campaign.returns.form import Form, read_form
from quetsach.campaign.returns.period import PeriodKind
from quetsach.web.office.people.access import current_person, may_do, require, today
from quetsach.web.office.refusal import FlashErrors
from quetsach.web.office.returns.forms import KIND_TITLES, AssignmentForm, FormFileForm, FormTextForm, PolicyForm
from quetsach.web.office.returns.models import Assignment, ReturnForm
from quetsach.web.office.returns.page import COUNTS, KINDS, SPANS
from quetsach.web.office.returns.selectors.asking import (
    asking,
    asking_of,
    assignment_request,
    assignments,
    centre_phone,
    off_plan,
    submitted_count,
)
from quetsach.web.office.returns.selectors.filed import changes_since, form_uses, form_versions, rules_of
from quetsach.web.office.returns.services.assignment import (
    MOST_UNITS_ALONE,
    Target,
    assignment_follow_plan,
    assignment_make,
    assignment_remind,
    assignment_withdraw,
    form_take_in,
    reminded_on,
)
from quetsach.web.office.tree.models import UnitKind
from quetsach.web.office.tree.selectors import root_unit

# Putting a form to use.


@require_http_methods(["GET", "HEAD", "POST"])
def assign(request: HttpRequest) -> HttpResponse:
    """Make units owe returns: first the form, then what it comes to, and only then the asking."""
    person, now = current_person(request), datetime.now(UTC)
    require(person, Permission.RUN_CAMPAIGN, root_unit(), day=today(now))
    form = AssignmentForm(request.POST or None)
    if request.method != "POST" or not form.is_valid() or "again" in request.POST:
        return render(request, "office/returns/assign.html", {"form": form}, status=422 if form.errors else 200)
    chosen = set(request.POST.getlist("chosen"))
    if chosen and "ask" in request.POST:
        given = form.cleaned_data
        with FlashErrors(request, form=form):
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
    may_run = may_do(person, Permission.RUN_CAMPAIGN, root_unit(), day=today(now))
    form = PolicyForm(request.POST or None, stored=reminded_on(one))
    if request.method == "POST" and form.is_valid():
        with FlashErrors(request, _("Reminders follow these days from now on."), form=form):
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
    with FlashErrors(request, _("These returns are not asked for any more.")):
        reason = request.POST.get("reason", "")
        assignment_withdraw(assignment=one, reason=reason, by=current_person(request), now=datetime.now(UTC))
    return redirect("office:returns:assignment", one.pk)


@require_POST
def follow_plan(request: HttpRequest, assignment: int) -> HttpResponse:
    """Give the periods the days of the plan."""
    one = _assignment(assignment)
    with FlashErrors(request, _("The periods have the days of the plan now.")):
        assignment_follow_plan(assignment=one, by=current_person(request), now=datetime.now(UTC))
    return redirect("office:returns:assignment", one.pk)


def _assignment(pk: int) -> Assignment:
    return get_object_or_404(assignments(), pk=pk)


# Forms of returns: the list, one version in words and as files, and a new one from a file that one looks at first.

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_safe
def forms(request: HttpRequest) -> HttpResponse:
    """All forms with their versions."""
    context = {"versions": form_versions(), "may_take_in": _may_take_in(request)}
    return render(request, "office/returns/forms.html", context)


@require_safe
def form(request: HttpRequest, code: str) -> HttpResponse:
    """One version in words: what it asks, what must hold, where it is used."""
    kept = get_object_or_404(ReturnForm, code=code)
    return render(
        request, "office/returns/form_version.html", {"kept": kept, "uses": form_uses(kept), **_shown(kept.form)}
    )


@require_http_methods(["GET", "HEAD", "POST"])
def take_in(request: HttpRequest) -> HttpResponse:
    """Take a form or a new version in: first what the file asks, then the taking."""
    person, now = current_person(request), datetime.now(UTC)
    require(person, Permission.RUN_CAMPAIGN, root_unit(), day=today(now))
    if "document" in request.POST:
        agreed = FormTextForm(request.POST)
        if agreed.is_valid():
            with FlashErrors(
                request, _("The form is here. Units are asked for returns on it when you say so."), form=agreed
            ):
                kept = form_take_in(content=agreed.content(), by=person, now=now)
                return redirect("office:returns:form", kept.code)
        return render(request, "office/returns/form_new.html", {"form": agreed}, status=422)
    chosen = FormFileForm(request.POST or None, request.FILES or None)
    if not chosen.is_valid():
        return render(request, "office/returns/form_new.html", {"form": chosen}, status=422 if chosen.errors else 200)
    content: bytes = chosen.cleaned_data["file"]
    context = {"document": content.decode(), **_shown(read_form(content, file=_("file")))}
    return render(request, "office/returns/form_preview.html", context)


@require_safe
def toml(_request: HttpRequest, code: str) -> HttpResponse:
    """The file as it was taken in."""
    kept = get_object_or_404(ReturnForm, code=code)
    return _file(kept.document.encode(), f"{kept.code}.toml", "application/toml")


@require_safe
def as_json(_request: HttpRequest, code: str) -> HttpResponse:
    """The form as JSON, for programs."""
    kept = get_object_or_404(ReturnForm, code=code)
    text = json.dumps(asdict(kept.form), ensure_ascii=False, indent=2) + "\n"
    return _file(text.encode(), f"{kept.code}.json", "application/json")


@require_safe
def xlsx(_request: HttpRequest, code: str) -> HttpResponse:
    """The form as an empty spreadsheet, to look at: units get their own with name and period."""
    from quetsach.web.office.returns.sheet import write_blank  # noqa: PLC0415 - slow to load

    kept = get_object_or_404(ReturnForm, code=code)
    return _file(write_blank(kept.form), f"{kept.code}.xlsx", _XLSX)


def _shown(found: Form) -> dict[str, object]:
    sections = [
        (
            section.title,
            [
                (
                    element,
                    KINDS[element.kind],
                    COUNTS[element.counts] if element.counts else "",
                    SPANS[element.span] if element.span else "",
                )
                for element in section.elements
            ],
        )
        for section in found.sections
    ]
    return {"shown": found, "sections": sections, "rules": rules_of(found), "changes": changes_since(found)}


def _may_take_in(request: HttpRequest) -> bool:
    return may_do(current_person(request), Permission.RUN_CAMPAIGN, root_unit(), day=today(datetime.now(UTC)))


def _file(content: bytes, name: str, kind: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
