"""Pages of the people below somebody: who they are, what they may do, who is invited, who leaves."""

from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quetsach.campaign.authority import Role
from quetsach.web.office.people import selectors
from quetsach.web.office.people.access import today
from quetsach.web.office.people.current_user import current_person
from quetsach.web.office.people.errors import PeopleError
from quetsach.web.office.people.forms import DutyForm, InvitationForm
from quetsach.web.office.people.models import Invitation, Person
from quetsach.web.office.people.power import may_give_over, may_manage, may_vouch
from quetsach.web.office.people.services.account import person_leave, person_vouch
from quetsach.web.office.people.services.duty import duty_end, duty_give
from quetsach.web.office.people.services.invitation import invitation_issue, invitation_renew, invitation_withdraw
from quetsach.web.office.people.sign_in.views import require_again
from quetsach.web.office.people.words import ROLE_PURPOSES, ROLE_TITLES
from quetsach.web.office.refusal import Telling
from quetsach.web.office.tree.models import Unit
from quetsach.web.office.tree.selectors import unit_meant
from quetsach.web.public_address import site

_A_PAGE = 50
_LINK = "office.invitation-link"
"""Where the session keeps a new link until it was shown, which happens once."""


@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Who works in the subtrees of the person who is signed in."""
    by = current_person(request)
    now = datetime.now(UTC)
    day, text, role = today(now), request.GET.get("q", "").strip()[:100], request.GET.get("role", "")
    found = selectors.duties_below(by, day=day, text=text, role=role if role in ROLE_TITLES else "")
    context = {
        "duties": Paginator(found, _A_PAGE).get_page(request.GET.get("page")),
        "invitations": selectors.invitations_below(by, now=now, day=day),
        "roles": [(r.value, ROLE_TITLES[r]) for r in Role],
        "text": text,
        "role": role,
        "link": request.session.pop(_LINK, None),
    }
    return render(request, "office/people/people.html", context)


@require_http_methods(["GET", "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    """Invite somebody to a duty."""
    by = current_person(request)
    require_again(request)
    now = datetime.now(UTC)
    form = InvitationForm(request.POST or None, initial=_asked(request), **_choices(by, now))
    if form.is_valid():
        with Telling(request, form=form):
            unit = _unit(form.cleaned_data["unit"], now)
            role = Role(form.cleaned_data["role"])
            invitation, token = invitation_issue(email=form.cleaned_data["email"], role=role, unit=unit, by=by, now=now)
            return _show_link(request, invitation, token)
    return render(request, "office/people/invite.html", {"form": form, "purposes": _purposes(form)})


@require_safe
def person(request: HttpRequest, key: int) -> HttpResponse:
    """One person: duties, sign-in, what can be done."""
    by = current_person(request)
    now = datetime.now(UTC)
    day = today(now)
    who = selectors.person_below(by, key, day=day)
    held = selectors.duties_below(by, day=day).filter(person=who)
    is_whole = may_manage(by, who, day=day)
    context = {
        "person": who,
        "duties": [
            (
                duty,
                who != by and may_give_over(by, Role(duty.role), duty.unit, day=day),
            )
            for duty in held
        ],
        "is_whole": is_whole,
        "may_vouch": may_vouch(by, who, day=day),
        "has_more": who.is_active and not is_whole,
        "factors": len(selectors.second_factors_of(who)),
    }
    return render(request, "office/people/person.html", context)


@require_http_methods(["GET", "POST"])
def give(request: HttpRequest, key: int) -> HttpResponse:
    """Give a person another duty."""
    by = current_person(request)
    require_again(request)
    now = datetime.now(UTC)
    who = selectors.person_below(by, key, day=today(now))
    form = DutyForm(request.POST or None, initial=_asked(request), **_choices(by, now))
    if form.is_valid():
        with Telling(request, _("The duty is given."), form=form):
            unit = _unit(form.cleaned_data["unit"], now)
            duty_give(person=who, role=Role(form.cleaned_data["role"]), unit=unit, by=by, now=now)
            return redirect("office:people:person", key)
    return render(request, "office/people/give.html", {"form": form, "person": who, "purposes": _purposes(form)})


@require_POST
def end(request: HttpRequest, key: int) -> HttpResponse:
    """End a duty."""
    by = current_person(request)
    require_again(request)
    duty = get_object_or_404(selectors.duties(), pk=key)
    with Telling(request, _("The duty is ended.")):
        duty_end(duty=duty, by=by, now=datetime.now(UTC))
    return redirect("office:people:list")


@require_POST
def renew(request: HttpRequest, key: int) -> HttpResponse:
    """Make a link with which a person sets password and second factor anew."""
    by = current_person(request)
    require_again(request)
    now = datetime.now(UTC)
    who = selectors.person_below(by, key, day=today(now))
    with Telling(request):
        invitation, token = invitation_renew(person=who, by=by, now=now)
        return _show_link(request, invitation, token)
    return redirect("office:people:person", key)


@require_POST
def vouch(request: HttpRequest, key: int) -> HttpResponse:
    """Say that an account belongs to a person of its own."""
    by = current_person(request)
    require_again(request)
    now = datetime.now(UTC)
    who = selectors.person_below(by, key, day=today(now))
    with Telling(request, _("You have vouched for %(name)s.") % {"name": who}):
        person_vouch(person=who, by=by, now=now)
    return redirect("office:people:person", key)


@require_POST
def withdraw(request: HttpRequest, key: int) -> HttpResponse:
    """Withdraw an invitation."""
    by = current_person(request)
    require_again(request)
    invitation_withdraw(invitation=get_object_or_404(Invitation, pk=key), by=by, now=datetime.now(UTC))
    messages.success(request, _("The link does not work any more."))
    return redirect("office:people:list")


@require_http_methods(["GET", "POST"])
def leave(request: HttpRequest, key: int) -> HttpResponse:
    """Show what a departure ends and leaves behind; then do it."""
    by = current_person(request)
    require_again(request)
    now = datetime.now(UTC)
    who = selectors.person_below(by, key, day=today(now))
    if request.method == "POST":
        with Telling(request, _("%(name)s has left. Duties, sessions and links are ended.") % {"name": who}):
            person_leave(person=who, by=by, now=now)
            return redirect("office:people:list")
    left = selectors.left_behind(who, day=today(now), now=now)
    return render(request, "office/people/leave.html", {"person": who, "left": left})


def _choices(by: Person, now: datetime) -> dict[str, Any]:
    """Return the roles and units that somebody can give at all; the service checks each pair."""
    day = today(now)
    units = selectors.units_to_choose(by, day=day)
    tops = [duty.unit for duty in selectors.duties().on(day).filter(person=by)]
    roles = [role for role in Role if any(may_give_over(by, role, top, day=day) for top in tops)]
    return {"roles": roles, "units": units}


def _asked(request: HttpRequest) -> dict[str, str]:
    return {"unit": request.GET.get("unit", "")[:40], "role": Role.EDITOR.value}


def _purposes(form: DutyForm) -> list[tuple[Any, Any]]:
    return [(title, ROLE_PURPOSES[Role(role)]) for role, title in form.fields["role"].choices]  # type: ignore[attr-defined]


def _unit(text: str, now: datetime) -> Unit:
    """Return the unit of a key or code."""
    unit = unit_meant(text.strip(), today(now))
    if unit is None:
        raise PeopleError(_("there is no such unit"), hint=_("look its code up in the tree of units"))
    return unit


def _show_link(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    """Keep the link for the next page alone: nothing but its digest is stored."""
    path = reverse("office:people:accept", args=[token])
    address = f"{site()}{path}"
    request.session[_LINK] = {"address": address, "email": invitation.email}
    return redirect("office:people:list")
