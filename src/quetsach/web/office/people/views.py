"""Pages of people below somebody, and of one's own account."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quetsach.campaign.authority import Role
from quetsach.web.identity import site
from quetsach.web.office.editions import autosaved, is_autosave, not_autosaved
from quetsach.web.office.people import selectors
from quetsach.web.office.people.access import current_person, may_give_over, may_manage, may_vouch, today
from quetsach.web.office.people.forms import DutyForm, InvitationForm, JoinForm, PersonForm
from quetsach.web.office.people.kept_page import page_words
from quetsach.web.office.people.models import ROLE_PURPOSES, ROLE_TITLES, Invitation, PeopleError, Person
from quetsach.web.office.people.services.account import (
    duty_end,
    duty_give,
    person_leave,
    person_name,
    person_vouch,
    sessions_end,
)
from quetsach.web.office.people.services.invitation import (
    invitation_accept,
    invitation_issue,
    invitation_of,
    invitation_renew,
    invitation_withdraw,
)
from quetsach.web.office.people.services.keeping import DRAFT, draft_keep, form_drop, page_of_draft
from quetsach.web.office.people.sessions import ends_at, stored_name
from quetsach.web.office.people.sign_in_views import require_again
from quetsach.web.office.refusal import FlashErrors
from quetsach.web.office.tree.models import Unit
from quetsach.web.office.tree.selectors import unit_meant

# One's own account: accepting an invitation, name, second factors, sessions.


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Join with an invitation. Looking at it uses nothing up: mail filters open links as well."""
    now = datetime.now(UTC)
    invitation = invitation_of(token, now=now)
    if invitation is None:
        return render(request, "office/people/link_over.html", status=404)
    form = JoinForm(request.POST or None, instance=invitation.person, email=invitation.email)
    if form.is_valid():
        facts = {name: form.cleaned_data[name] for name in ("name", "title", "language", "password")}
        try:
            person = invitation_accept(token=token, **facts, now=now)
        except PeopleError:
            return render(request, "office/people/link_over.html", status=404)
        request.session.flush()
        record_authentication(request, person, method="password", reauthenticated=True)
        perform_login(request, Login(user=person, email=person.email))
        return redirect("office:people:account")
    return render(request, "office/people/accept.html", {"form": form, "invitation": invitation})


@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Name, duties, second factors and sessions of the person who is signed in."""
    me = current_person(request)
    form = PersonForm(request.POST or None, instance=me)
    if form.is_valid():
        person_name(person=me, **form.cleaned_data, now=datetime.now(UTC))
        messages.success(request, _("Saved."))
        return redirect("office:people:account")
    factors = selectors.second_factors_of(me)
    held = selectors.duties().on(today(datetime.now(UTC))).filter(person=me)
    context = {
        "form": form,
        "duties": [(ROLE_TITLES[duty.role], duty) for duty in held],  # type: ignore[index]
        "app": next((factor for factor in factors if factor.type == Authenticator.Type.TOTP), None),
        "passkeys": [factor for factor in factors if factor.type == Authenticator.Type.WEBAUTHN],
        "codes_left": selectors.recovery_codes_left(me),
        "sessions": selectors.sessions_of(me),
        "this_session": stored_name(request.session.session_key),
    }
    return render(request, "office/people/account.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def kept_forms(request: HttpRequest) -> HttpResponse:
    """What the person sent when a session had ended: to be sent again, or thrown away."""
    me, now = current_person(request), datetime.now(UTC)
    if request.method == "POST":
        if form_drop(person=me, key=request.POST.get("drop", "")):
            messages.success(request, _("Thrown away."))
        return redirect(page_of_draft(request.POST.get(DRAFT, "")) or "office:people:kept-forms")
    forms = selectors.kept_forms_of(me, words=partial(page_words, request), now=now)
    return render(request, "office/people/kept_forms.html", {"forms": forms})


@require_POST
def draft(request: HttpRequest) -> HttpResponse:
    """Keep what stands in a form so far: asked for by the script, or sent again after a session had ended."""
    me, now = current_person(request), datetime.now(UTC)
    kept = draft_keep(person=me, fields=request.POST, now=now)
    if is_autosave(request):
        return autosaved("", now=now) if kept else not_autosaved(_("there is nothing in it, or too much."))
    return redirect(page_of_draft(kept.path) if kept else "office:people:kept-forms")


@require_safe
def extend(request: HttpRequest) -> HttpResponse:
    """Go on with the session: asking for any page does that, and this one says until when."""
    ends = ends_at(request.session)
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"seconds": int((ends - datetime.now(UTC)).total_seconds()) if ends else 0})
    return render(request, "office/people/extended.html", {"ends": ends})


@require_POST
def end_session(request: HttpRequest, key: int) -> HttpResponse:
    """End one of one's own sessions."""
    sessions_end(current_person(request), only=key)
    messages.success(request, _("The session is ended."))
    return redirect("office:people:account")


@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """End all of one's own sessions but this one."""
    sessions_end(current_person(request), but=request.session.session_key or "")
    messages.success(request, _("All other sessions are ended."))
    return redirect("office:people:account")


# Pages of the people below somebody: who they are, what they may do, who is invited, who leaves.

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
        with FlashErrors(request, form=form):
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
        with FlashErrors(request, _("The duty is given."), form=form):
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
    with FlashErrors(request, _("The duty is ended.")):
        duty_end(duty=duty, by=by, now=datetime.now(UTC))
    return redirect("office:people:list")


@require_POST
def renew(request: HttpRequest, key: int) -> HttpResponse:
    """Make a link with which a person sets password and second factor anew."""
    by = current_person(request)
    require_again(request)
    now = datetime.now(UTC)
    who = selectors.person_below(by, key, day=today(now))
    with FlashErrors(request):
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
    with FlashErrors(request, _("You have vouched for %(name)s.") % {"name": who}):
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
        with FlashErrors(request, _("%(name)s has left. Duties, sessions and links are ended.") % {"name": who}):
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
