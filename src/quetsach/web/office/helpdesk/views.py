"""The help desk in the office: the queue, a case, and what is counted."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from quetsach.campaign.authority import Permission
from quetsach.campaign.errors import CaseError
from quetsach.campaign.helpdesk import CaseState, steps_from
from quetsach.web.office.helpdesk import selectors, services
from quetsach.web.office.helpdesk.check_result import CheckResult
from quetsach.web.office.helpdesk.forms import HandOverForm, TextForm
from quetsach.web.office.helpdesk.models import Case
from quetsach.web.office.helpdesk.wording import KINDS, REFUSALS, SHORT_KINDS, answers_for, filled_answer
from quetsach.web.office.people.access import current_person, may_do, require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.refusal import FlashErrors
from quetsach.web.office.tree.selectors import root_unit, unit_meant

_CASES_A_PAGE = 50
_COUNTED_DAYS = 30
_STATES = frozenset({"to-do", "all", *CaseState})


def _who(request: HttpRequest) -> tuple[Person, datetime, date]:
    now = datetime.now(UTC)
    return current_person(request), now, today(now)


def _case(request: HttpRequest, code: str) -> Case:
    """Return a case that the person may answer; another is not found."""
    person, _now, day = _who(request)
    found = get_object_or_404(selectors.cases(), code=code)
    require(person, Permission.ANSWER_CASES, found.unit, day=day)
    return found


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """The queue: what waits for the office, the longest first."""
    person, _now, day = _who(request)
    state = request.GET.get("state", "to-do")
    kind = request.GET.get("kind", "")
    filters = selectors.Filters(
        state="" if state == "all" else state if state in _STATES else "to-do",
        kind=kind if kind in KINDS else "",
        is_mine="mine" in request.GET,
    )
    page = Paginator(selectors.queue(person, filters, day=day), _CASES_A_PAGE).get_page(request.GET.get("page"))
    counts = selectors.state_counts(person, day=day)
    context = {
        "page": page,
        "filters": filters,
        "counts": counts,
        "kinds": SHORT_KINDS.items(),
        "states": list(CaseState),
        "may_reword": may_do(person, Permission.ANSWER_CASES, root_unit(), day=day),
    }
    return render(request, "office/helpdesk/listing.html", context)


@require_safe
def case(request: HttpRequest, code: str) -> HttpResponse:
    """One case: what was written, and what can be done. ``?answer=`` puts a ready answer into the form."""
    found = _case(request, code)
    text = filled_answer(request.GET.get("answer", ""), found)
    return _shown(request, found, {"reply_form": TextForm(initial={"text": text} if text else None)})


def _shown(request: HttpRequest, found: Case, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    asker = getattr(found, "asker", None)
    context = {
        "case": found,
        "steps": {step.name for step in steps_from(found.case_state)} if found.erased_at is None else set(),
        "thread": found.messages.select_related("by"),
        "answers": answers_for(found),
        "has_contact": bool(asker and asker.contact),
        "slip": CheckResult.from_json(asker.check_answer) if asker and asker.check_answer else None,
        "colleagues": selectors.colleagues(found.unit, day=today(datetime.now(UTC))),
        "reply_form": TextForm(),
        "note_form": TextForm(auto_id="note_%s"),
        "hand_over_form": HandOverForm(auto_id="over_%s"),
        **context,
    }
    return render(request, "office/helpdesk/case.html", context, status=status)


@require_POST
def step(request: HttpRequest, code: str) -> HttpResponse:
    """Take one step; which one the button says."""
    found = _case(request, code)
    person, now, _day = _who(request)
    take = _STEPS.get(request.POST.get("do", ""))
    if take is None:
        return _shown(request, found, {}, status=400)
    with FlashErrors(request, words=REFUSALS):
        context = take(request, found, person, now)
        if context is not None:
            return _shown(request, found, context, status=200 if "contact" in context else 422)
    return redirect("office:helpdesk:case", code)


def _reply(request: HttpRequest, found: Case, person: Person, now: datetime) -> dict[str, Any] | None:
    form = TextForm(request.POST)
    if not form.is_valid():
        return {"reply_form": form}
    is_question = request.POST["do"] == "ask"
    services.case_reply(case=found, text=form.cleaned_data["text"], is_question=is_question, by=person, now=now)
    messages.success(request, _("The question was sent.") if is_question else _("The answer was sent."))
    return None


def _note(request: HttpRequest, found: Case, person: Person, now: datetime) -> dict[str, Any] | None:
    form = TextForm(request.POST, auto_id="note_%s")
    if not form.is_valid():
        return {"note_form": form}
    services.case_note(case=found, text=form.cleaned_data["text"], by=person, now=now)
    return None


def _hand_over(request: HttpRequest, found: Case, person: Person, now: datetime) -> dict[str, Any] | None:
    form = HandOverForm(request.POST, auto_id="over_%s")
    if not form.is_valid():
        return {"hand_over_form": form}
    typed = form.cleaned_data["unit"]
    unit = unit_meant(typed, today(now))
    if unit is None:
        raise CaseError("there is no such unit", code="unit")
    services.case_hand_over(case=found, unit=unit, text=form.cleaned_data["text"], by=person, now=now)
    messages.success(request, _("The case was handed over."))
    return None


def _give(request: HttpRequest, found: Case, person: Person, now: datetime) -> None:
    typed = request.POST.get("colleague", "")
    colleague = (
        selectors.colleagues(found.unit, day=today(now))
        .filter(pk=int(typed) if typed.isdecimal() and len(typed) < 19 else 0)
        .first()
    )
    if colleague is None:
        raise CaseError("this colleague may not answer the unit's cases", code="colleague")
    services.case_take(case=found, by=person, now=now, assignee=colleague)


def _simple(request: HttpRequest, found: Case, person: Person, now: datetime) -> None:
    act = {"take": services.case_take, "close": services.case_close, "reopen": services.case_reopen}[request.POST["do"]]
    act(case=found, by=person, now=now)


def _contact(_request: HttpRequest, found: Case, person: Person, now: datetime) -> dict[str, Any]:
    return {"contact": services.contact_show(case=found, by=person, now=now) or _("It cannot be read any more.")}


_STEPS = {
    "answer": _reply,
    "ask": _reply,
    "note": _note,
    "hand-over": _hand_over,
    "take": _simple,
    "give": _give,
    "close": _simple,
    "reopen": _simple,
    "contact": _contact,
}


@require_safe
def counted(request: HttpRequest) -> HttpResponse:
    """How many ask, about what, from where, and how long they wait for the first answer."""
    person, _now, day = _who(request)
    found = selectors.numbers(person, first=day - timedelta(days=_COUNTED_DAYS - 1), last=day, day=day)
    largest = max((row.arrived for row in found.by_day), default=0)
    return render(request, "office/helpdesk/counted.html", {"numbers": found, "largest": largest})
