"""What the addresses of returns name: assignment, period, unit, and the return itself."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from quetsach.campaign.authority import Permission
from quetsach.campaign.errors import ReturnError
from quetsach.campaign.returns.state import Act as ReturnAct
from quetsach.campaign.returns.state import ReturnStatus, Scope, State
from quetsach.core.period import read_day
from quetsach.web.design.words import day, day_off
from quetsach.web.identity import site
from quetsach.web.office.people.access import current_person, may_do, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.refusal import FlashErrors
from quetsach.web.office.returns.models import Period, Return
from quetsach.web.office.returns.page import ACTS, SCOPES, STANDINGS, STATES, form_view
from quetsach.web.office.returns.selectors.filed import (
    fleet_report,
    link_by,
    links_open,
    period_of,
    return_of,
    sign_offs,
)
from quetsach.web.office.returns.selectors.owing import deadline_of
from quetsach.web.office.returns.selectors.tally import Tally, decider_of, missing_units, path_on, tally_of
from quetsach.web.office.returns.services.decision import (
    extension_give,
    missing_sign_off,
    return_decide,
)
from quetsach.web.office.returns.services.entry import read_return
from quetsach.web.office.returns.services.link import LINK_DAYS, link_make, link_withdraw, token_of
from quetsach.web.office.returns.services.remind import address_of
from quetsach.web.office.tree.models import Unit
from quetsach.web.office.tree.selectors import unit_known
from quetsach.web.office.units.selectors import answering, require_sight


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for what, and when."""

    person: Person
    period: Period
    unit: Unit
    now: datetime

    @property
    def day(self) -> date:
        """Today in Viet Nam."""
        return today(self.now)

    def may(self, act: Permission, unit: Unit | None = None) -> bool:
        """Whether the person may do something to the unit of the address, or to another."""
        return may_do(self.person, act, unit or self.unit, day=self.day)

    @property
    def filed(self) -> Return | None:
        """The return as it is stored."""
        return return_of(self.unit, self.period)


def asked(request: HttpRequest, assignment: int, period: str, unit: str) -> Asked:
    """Return what an address names, if the person may see it.

    Raises:
        Http404: there is no such period or unit.
        AccessError: the unit lies outside what the person sees.
    """
    found = find_period(assignment, period)
    one = unit_known(unit)
    if one is None:
        raise Http404
    person, now = current_person(request), datetime.now(UTC)
    require_sight(person, one, day=today(now))
    return Asked(person, found, one, now)


def find_period(assignment: int, key: str) -> Period:
    """Return a period of an assignment.

    Raises:
        Http404: there is none.
    """
    period = period_of(assignment, key)
    if period is None:
        raise Http404
    return period


# One return: what it says, where it stands, its history, and what the unit above does with it.

_MOST_NAMED = 500


@require_safe
def filed(request: HttpRequest, assignment: int, period: str, unit: str) -> HttpResponse:
    """Show a unit's return of a period."""
    at = asked(request, assignment, period, unit)
    tally = tally_of(at.period, now=at.now, around=path_on(at.unit, at.period))
    path = tally.path_of(at.unit)
    one = at.filed
    standing = tally.survey.standings[path] if path else None
    decider = decider_of(at.unit, at.period, day=at.day)
    decides = at.may(Permission.APPROVE_RETURN, decider)
    answers = read_return(at.period, at.unit, one.cells, now=at.now) if one else None
    context = {
        "period": at.period,
        "unit": at.unit,
        "filed": one,
        "state": STATES[State(one.state)] if one else None,
        "scope": SCOPES[Scope(one.scope)] if one else None,
        "standing": STANDINGS[standing] if standing else None,
        "covered_by": tally.places[tally.survey.covered_by[path]]
        if standing is ReturnStatus.COVERED and path
        else None,
        "deadline": deadline_of(at.period, at.unit),
        "sections": form_view(
            at.period.assignment.form.form, one.cells if one else {}, answers.notes if answers else ()
        ),
        "history": _history(at),
        "fleet": fleet_report(at.unit, at.period),
        "may_write": at.may(Permission.ENTER_RETURN) and path is not None and not (one and one.state == State.APPROVED),
        "may_decide": decides and one is not None,
        "is_submitted": one is not None and one.state == State.SUBMITTED,
        "is_approved": one is not None and one.state == State.APPROVED,
        "may_extend": decides and path is not None and standing is not ReturnStatus.APPROVED,
        "may_link": at.may(Permission.ENTER_RETURN, decider) and path is not None,
        "links": links_open(at.unit, at.period, now=at.now),
        **_below(at, tally, path),
    }
    return render(request, "office/returns/filed.html", context)


@require_POST
def decide(request: HttpRequest, assignment: int, period: str, unit: str) -> HttpResponse:
    """Approve a return, send it back or open it again."""
    at = asked(request, assignment, period, unit)
    one = at.filed
    acts = {"approve": ReturnAct.APPROVE, "return": ReturnAct.RETURN, "reopen": ReturnAct.REOPEN}
    act = next((acts[name] for name in acts if name in request.POST), None)
    if one is None or act is None:
        return redirect("office:returns:filed", assignment, period, unit)
    reason = request.POST.get("reason", "")
    seen = request.POST.get("revision", "")
    if seen.isascii() and seen.isdigit():
        one.revision = int(seen[:9])  # the one that the page showed

    with FlashErrors(request, f"{ACTS[act]}".capitalize() + "."):
        return_decide(filed=one, act=act, reason=reason, by=at.person, now=at.now)
        if act is ReturnAct.RETURN:
            told = _("A mail with the reason and a link waits to be sent to the unit.")
            untold = _("No mail reaches the unit: please telephone.")
            messages.info(request, told if address_of(at.unit) else untold)
    return _back(at)


@require_POST
def sign_off(request: HttpRequest, assignment: int, period: str, unit: str) -> HttpResponse:
    """Stand for named missing returns directly below."""
    at = asked(request, assignment, period, unit)
    named = _named(request, at)
    reason = request.POST.get("reason", "")
    with FlashErrors(request, _("The missing returns are signed off by name.")):
        missing_sign_off(period=at.period, unit=at.unit, missing=named, reason=reason, by=at.person, now=at.now)
    return _back(at)


@require_POST
def extend(request: HttpRequest, assignment: int, period: str, unit: str) -> HttpResponse:
    """Give a unit more time."""
    at = asked(request, assignment, period, unit)
    return _extend(request, at, [at.unit], _("The unit has more time, until %(day)s."))


@require_POST
def extend_below(request: HttpRequest, assignment: int, period: str, unit: str) -> HttpResponse:
    """Give named units directly below more time."""
    at = asked(request, assignment, period, unit)
    return _extend(request, at, _named(request, at), _("The units have more time, until %(day)s."))


def _extend(request: HttpRequest, at: Asked, units: list[Unit], done: str) -> HttpResponse:
    reason = request.POST.get("reason", "")
    with FlashErrors(request):
        try:
            until = read_day(request.POST.get("until", ""))
        except ValueError as error:
            raise ReturnError(_("not a day"), hint=_("write day/month/year, such as 23/11/2026")) from error
        extension_give(period=at.period, units=units, until=until, reason=reason, by=at.person, now=at.now)
        messages.success(request, done % {"day": f"{day(until)}{day_off(until)}"})
    return _back(at)


def _named(request: HttpRequest, at: Asked) -> list[Unit]:
    """Return the units that were ticked, or all that have not reported."""
    keys = None if "all" in request.POST else request.POST.getlist("missing")[:_MOST_NAMED]
    return missing_units(at.period, at.unit, keys, now=at.now)


@require_POST
def link(request: HttpRequest, assignment: int, period: str, unit: str) -> HttpResponse:
    """Make a link to the return without an account, and show it this once; or withdraw one."""
    at = asked(request, assignment, period, unit)
    if "withdraw" in request.POST:
        known = link_by(at.unit, at.period, request.POST["withdraw"])
        with FlashErrors(request, _("The link no longer opens.")):
            if known is not None:
                link_withdraw(link=known, by=at.person, now=at.now)
        return _back(at)
    with FlashErrors(request):
        made = link_make(period=at.period, unit=at.unit, days=LINK_DAYS, by=at.person, now=at.now)
        address = f"{site()}{reverse('return-link', args=[token_of(made)])}"
        context = {"period": at.period, "unit": at.unit, "link": made, "address": address}
        return render(request, "office/returns/link_made.html", context)
    return _back(at)


def _back(at: Asked) -> HttpResponse:
    return redirect("office:returns:filed", at.period.assignment_id, at.period.key, at.unit.key)


def _history(at: Asked) -> list[dict[str, Any]]:
    """Return revisions and decisions in order, with what changed in each revision."""
    one = at.filed
    if one is None:
        return []
    entries: list[dict[str, Any]] = []
    before: dict[str, str] = {}
    for revision in one.revisions.select_related("submitted_by"):
        changed = sorted(n for n in {*before, *revision.cells} if before.get(n) != revision.cells.get(n))
        entries.append(
            {
                "at": revision.submitted_at,
                "act": ACTS[ReturnAct.SUBMIT],
                "by": revision.submitted_by or _("by link"),
                "revision": revision.number,
                "changes": [(n, before.get(n, "–"), revision.cells.get(n, "–")) for n in changed] if before else [],
            }
        )
        before = revision.cells
    entries += [
        {
            "at": decision.decided_at,
            "act": ACTS[ReturnAct(decision.act)],
            "by": decision.decided_by,
            "revision": decision.revision,
            "reason": decision.reason,
        }
        for decision in one.decisions.select_related("decided_by")
    ]
    return sorted(entries, key=lambda entry: entry["at"])


def _below(at: Asked, tally: Tally, path: str | None) -> dict[str, Any]:
    """Return what the unit's own return waits for, and who stands for whom."""
    survey = tally.survey
    silent = set(survey.missing_below(path)) if path else set()
    waiting = [tally.places[below] for below in survey.waiting_for(path)] if path else []
    signed = sign_offs(at.period)
    return {
        "waiting": [(place, STANDINGS[survey.standings[place.path]], place.path in silent) for place in waiting],
        "silent_count": len(silent),
        "sign_offs": signed.filter(unit=at.unit),
        "stood_for": signed.filter(missing=at.unit),
        "may_sign_off": bool(silent) and at.may(Permission.APPROVE_RETURN, answering(at.unit, day=at.day)),
    }
