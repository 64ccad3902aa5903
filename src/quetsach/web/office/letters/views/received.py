"""What came to a unit: its inbox, a letter with what the unit can do about it, and passing it on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from quetsach.campaign.authority import Permission
from quetsach.campaign.errors import LetterError
from quetsach.core.period import read_day
from quetsach.web.design.words import figure
from quetsach.web.office.letters.models import Dispatch
from quetsach.web.office.letters.selectors import letters as selectors
from quetsach.web.office.letters.services.acknowledge import (
    dispatch_acknowledge,
    dispatch_close,
    dispatch_open,
    dispatch_refuse,
    link_renew,
)
from quetsach.web.office.letters.services.dispatches import course_of
from quetsach.web.office.letters.services.send import (
    MAX_NOTE_LENGTH,
    Actor,
    Sending,
    dispatch_forward,
    own_copy,
    refuse_due,
)
from quetsach.web.office.letters.views.drafts import file_answer, pdf_answer
from quetsach.web.office.people.access import CurrentUser, may_do, require
from quetsach.web.office.refusal import FlashErrors
from quetsach.web.office.tree.models import Unit

# Passing a letter on as it is: what was chosen, and the page that asks once more before anything goes out.


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody chose: to whom, with what words, and a day of its own if there is one."""

    units: list[Unit]
    note: str
    due: date | None


def read_choice(request: HttpRequest, offered: list[Unit]) -> Choice:
    """Read the form of passing on.

    Raises:
        LetterError: nobody is chosen, or it cannot be told whom; the day is none.
    """
    ticked, is_all = set(request.POST.getlist("unit")), request.POST.get("to") == "all"
    units = offered if is_all else [unit for unit in offered if unit.key in ticked]
    if is_all and ticked:
        raise LetterError(
            _("single units are ticked, and all are chosen"), hint=_("choose either all, or only the ticked ones")
        )
    if not units:
        raise LetterError(_("no unit is chosen"), hint=_("choose all, or tick at least one"))
    return Choice(units, request.POST.get("note", "").strip()[:MAX_NOTE_LENGTH], _day(request.POST.get("due", "")))


def typed(request: HttpRequest) -> dict[str, Any]:
    """Return what was typed, to be shown again."""
    post = request.POST
    return {
        "to": post.get("to", ""),
        "ticked": set(post.getlist("unit")),
        "note": post.get("note", ""),
        "due": post.get("due", ""),
    }


def confirmation(dispatch: Dispatch, choice: Choice) -> dict[str, Any]:
    """Return what the page shows that asks once more."""
    return {"dispatch": dispatch, "letter": dispatch.letter, "choice": choice, "due": choice.due or dispatch.due}


def tell_sending(request: HttpRequest, made: Sending) -> None:
    """Say above the next page what became of it: mail is queued and not sent yet."""
    if not made.total:
        messages.info(request, _("Nobody new: all of them have the letter already."))
        return
    values = {"mail": figure(made.by_mail), "inbox": figure(made.in_inbox)}
    messages.success(request, _("Queued for mail: %(mail)s. Put into the inbox of the office: %(inbox)s.") % values)


def _day(text: str) -> date | None:
    try:
        return read_day(text) if text else None
    except ValueError as error:
        raise LetterError(
            _("the day to answer by is no day"), hint=_("write day/month/year, such as 23/11/2026")
        ) from error


# What came to a unit: its inbox, and one letter with what the unit can do about it.

PAGE = 50


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """What came to a unit of the person's, the newest first."""
    visitor = CurrentUser.of(request)
    units = selectors.own_units(visitor.person, Permission.SEE, day=visitor.day)
    if key := request.GET.get("unit", ""):
        unit = get_object_or_404(Unit, key=key)
        require(visitor.person, Permission.SEE, unit, day=visitor.day)
    elif units:
        unit = units[0]
    else:
        raise Http404
    page = Paginator(selectors.inbox_of(unit), PAGE).get_page(request.GET.get("page"))
    courses = selectors.courses_among(page)
    context = {
        "unit": unit,
        "units": units,
        "page": page,
        "rows": [(dispatch, courses[dispatch.pk]) for dispatch in page],
        "tab": "inbox",
    }
    return render(request, "office/letters/inbox.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def received(request: HttpRequest, pk: int) -> HttpResponse:
    """One letter that came to a unit: look, acknowledge, refuse, pass on."""
    visitor = CurrentUser.of(request)
    dispatch = selectors.dispatch_visible(visitor.person, pk, day=visitor.day)
    may_handle = may_do(visitor.person, Permission.HANDLE_LETTER, dispatch.to_unit, day=visitor.day)
    if request.method == "POST" and request.POST.get("act") == "forward":
        if answer := _forward(request, visitor, dispatch):
            return answer
    elif request.method == "POST":
        _act(request, visitor, dispatch)
        return redirect("office:letters:received", pk)
    if may_handle and _is_own(visitor, dispatch):
        dispatch_open(dispatch=dispatch, hand=Actor(visitor.person, "inbox"), now=visitor.now)
    context = {
        "dispatch": dispatch,
        "letter": dispatch.letter,
        "course": course_of(dispatch),
        "events": dispatch.events.select_related("by").order_by("at", "pk"),
        "attachments": dispatch.letter.attachments.order_by("name"),
        "children": selectors.children_without(dispatch, day=visitor.day),
        "kept": typed(request),
        "passed_on": dispatch.below.count(),
        "may_handle": may_handle,
        "may_close": may_do(visitor.person, Permission.ISSUE_LETTER, dispatch.from_unit, day=visitor.day),
        "tab": "inbox",
    }
    return render(request, "office/letters/received.html", context)


@require_safe
def received_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The unit's copy on paper."""
    visitor = CurrentUser.of(request)
    dispatch = selectors.dispatch_visible(visitor.person, pk, day=visitor.day)
    return pdf_answer(own_copy(dispatch), dispatch.letter.number_sign)


@require_safe
def received_file(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """A file that came with the letter."""
    visitor = CurrentUser.of(request)
    dispatch = selectors.dispatch_visible(visitor.person, pk, day=visitor.day)
    return file_answer(get_object_or_404(dispatch.letter.attachments, pk=number))


def _is_own(visitor: CurrentUser, dispatch: Dispatch) -> bool:
    """Whether it came to the person's own unit: who looks from above has not opened it for the unit."""
    own = selectors.own_units(visitor.person, Permission.HANDLE_LETTER, day=visitor.day)
    return dispatch.to_unit in own


def _forward(request: HttpRequest, visitor: CurrentUser, dispatch: Dispatch) -> HttpResponse | None:
    """Ask once more, then pass on; ``None`` where something was refused: the form is shown with what was typed."""
    require(visitor.person, Permission.HANDLE_LETTER, dispatch.to_unit, day=visitor.day)
    with FlashErrors(request):
        choice = read_choice(request, selectors.children_without(dispatch, day=visitor.day))
        if not request.POST.get("confirmed"):
            refuse_due(choice.due, dispatch, visitor.day)
            return render(request, "office/letters/forward.html", confirmation(dispatch, choice))
        made = dispatch_forward(
            dispatch=dispatch,
            units=choice.units,
            note=choice.note,
            due=choice.due,
            hand=Actor(visitor.person, "inbox"),
            now=visitor.now,
        )
        tell_sending(request, made)
        return redirect("office:letters:received", dispatch.pk)
    return None


def _act(request: HttpRequest, visitor: CurrentUser, dispatch: Dispatch) -> None:
    hand, now = Actor(visitor.person, "inbox"), visitor.now
    reason = request.POST.get("reason", "")
    acts: dict[str, tuple[Callable[[], object], str]] = {
        "acknowledge": (lambda: dispatch_acknowledge(dispatch=dispatch, hand=hand, now=now), _("Acknowledged.")),
        "refuse": (
            lambda: dispatch_refuse(dispatch=dispatch, reason=reason, hand=hand, now=now),
            _("Refused; the sender sees the reason."),
        ),
        "close": (
            lambda: dispatch_close(dispatch=dispatch, reason=reason, by=visitor.person, now=now),
            _("No answer is waited for any more."),
        ),
        "renew": (
            lambda: link_renew(dispatch=dispatch, by=visitor.person, now=now),
            _("A new link is on its way; the old one no longer opens."),
        ),
    }
    if found := acts.get(request.POST.get("act", "")):
        act, done = found
        with FlashErrors(request, done):
            act()
