"""The page that a unit without an account answers a letter on. Looking changes nothing; every button is a POST."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Concatenate

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from quetsach.campaign.errors import LetterError
from quetsach.web.office.blob_store import BlobError
from quetsach.web.office.letters.models import Dispatch
from quetsach.web.office.letters.selectors.letters import children_without
from quetsach.web.office.letters.services.acknowledge import (
    dispatch_acknowledge,
    dispatch_open,
    dispatch_refuse,
)
from quetsach.web.office.letters.services.dispatches import LinkError, course_of, dispatch_of, returns_owed, token_of
from quetsach.web.office.letters.services.send import Actor, dispatch_forward, own_copy, refuse_due
from quetsach.web.office.letters.views.drafts import file_answer, pdf_answer
from quetsach.web.office.letters.views.received import confirmation, read_choice, typed
from quetsach.web.office.people.access import today
from quetsach.web.office.refusal import refusal_text

HAND = Actor(None, "link")

type _View[**P] = Callable[Concatenate[HttpRequest, Dispatch, datetime, P], HttpResponse]


def _by_link[**P](view: _View[P]) -> Callable[..., HttpResponse]:
    """Open the dispatch of the link for a view, or say why nothing opens.

    The address of such a page is a key: nobody keeps the page, no one is told the address.
    """

    @wraps(view)
    def opened(request: HttpRequest, token: str, *arguments: P.args, **named: P.kwargs) -> HttpResponse:
        now = datetime.now(UTC)
        try:
            response = view(request, dispatch_of(token, now=now), now, *arguments, **named)
        except LinkError as error:
            response = _refused(request, 410 if error.is_over else 404)
        except BlobError:
            response = _refused(request, 503)
        response["Cache-Control"] = "private, no-store"
        response["X-Robots-Tag"] = "noindex"
        return response

    return opened


@require_http_methods(["GET", "HEAD", "POST"])
@_by_link
def letter_page(request: HttpRequest, dispatch: Dispatch, now: datetime) -> HttpResponse:
    """Show the letter and what can be done, or do it."""
    fault = ""
    if request.method == "POST" and request.POST.get("act") == "report":
        return _report(request, dispatch, now)
    if request.method == "POST":
        try:
            if request.POST.get("act") == "forward" and not request.POST.get("confirmed"):
                return _confirm_forward(request, dispatch, now)
            _ACTS.get(request.POST.get("act", ""), _nothing)(request, dispatch, now)
        except LetterError as error:
            fault = refusal_text(error)
        else:
            return redirect("letter-link", token=token_of(dispatch))
    page = {
        "dispatch": dispatch,
        "letter": dispatch.letter,
        "course": course_of(dispatch),
        "children": children_without(dispatch, day=today(now)),
        "owed": returns_owed().owed(dispatch, now=now),
        "upcoming": returns_owed().upcoming(dispatch, now=now),
        "fault": fault,
        "kept": typed(request),
        "token": token_of(dispatch),
        "attachments": dispatch.letter.attachments.order_by("name"),
    }
    return render(request, "office/letters/link.html", page, status=400 if fault else 200)


@require_POST
@_by_link
def letter_pdf(_request: HttpRequest, dispatch: Dispatch, now: datetime) -> HttpResponse:
    """Hand out the unit's copy and note that it was opened."""
    content = own_copy(dispatch)
    dispatch_open(dispatch=dispatch, hand=HAND, now=now)
    return pdf_answer(content, dispatch.letter.number_sign)


@require_POST
@_by_link
def letter_file(_request: HttpRequest, dispatch: Dispatch, now: datetime, number: int) -> HttpResponse:
    """Hand out a file that goes with the letter and note that the letter was opened."""
    answer = file_answer(get_object_or_404(dispatch.letter.attachments, pk=number))
    dispatch_open(dispatch=dispatch, hand=HAND, now=now)
    return answer


def _acknowledge(_request: HttpRequest, dispatch: Dispatch, now: datetime) -> None:
    dispatch_acknowledge(dispatch=dispatch, hand=HAND, now=now)


def _refuse(request: HttpRequest, dispatch: Dispatch, now: datetime) -> None:
    dispatch_refuse(dispatch=dispatch, reason=request.POST.get("reason", ""), hand=HAND, now=now)


def _confirm_forward(request: HttpRequest, dispatch: Dispatch, now: datetime) -> HttpResponse:
    choice = read_choice(request, children_without(dispatch, day=today(now)))
    refuse_due(choice.due, dispatch, today(now))
    return render(request, "office/letters/link_forward.html", confirmation(dispatch, choice))


def _forward(request: HttpRequest, dispatch: Dispatch, now: datetime) -> None:
    choice = read_choice(request, children_without(dispatch, day=today(now)))
    dispatch_forward(dispatch=dispatch, units=choice.units, note=choice.note, due=choice.due, hand=HAND, now=now)


def _report(request: HttpRequest, dispatch: Dispatch, now: datetime) -> HttpResponse:
    """Lead from the letter to the unit's return: whoever holds the one link may have the other."""
    address = returns_owed().lead(dispatch, request.POST.get("period", ""), now=now)
    return redirect(address) if address else redirect("letter-link", token=token_of(dispatch))


def _nothing(_request: HttpRequest, _dispatch: Dispatch, _now: datetime) -> None:
    raise LetterError(_("this form is not known"))


_ACTS: dict[str, Callable[[HttpRequest, Dispatch, datetime], None]] = {
    "acknowledge": _acknowledge,
    "refuse": _refuse,
    "forward": _forward,
}


def _refused(request: HttpRequest, status: int) -> HttpResponse:
    return render(request, "office/letters/link_refused.html", {"status": status}, status=status)
