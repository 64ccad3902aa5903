"""One's own account: accepting an invitation, name, second factors, sessions."""

from datetime import UTC, datetime
from functools import partial

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quetsach.web.office.autosave import autosaved, is_autosave, not_autosaved
from quetsach.web.office.people import selectors
from quetsach.web.office.people.access import today
from quetsach.web.office.people.current_user import current_person
from quetsach.web.office.people.errors import PeopleError
from quetsach.web.office.people.forms import JoinForm, PersonForm
from quetsach.web.office.people.kept_page import page_words
from quetsach.web.office.people.services.account import person_name, sessions_end
from quetsach.web.office.people.services.invitation import invitation_accept, invitation_of
from quetsach.web.office.people.services.keeping import DRAFT, draft_keep, form_drop, page_of_draft
from quetsach.web.office.people.sign_in.session import ends_at
from quetsach.web.office.people.sign_in.session_store import stored_name
from quetsach.web.office.people.words import ROLE_TITLES


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
