"""The page that a unit without an account answers a letter on. Looking changes nothing; every button is a POST."""

from collections.abc import Callable
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from quetsach.campaign.letters.errors import LetterError
from quetsach.web.office.letters.answering import dispatch_acknowledge, dispatch_open, dispatch_refuse
from quetsach.web.office.letters.copies import own_copy
from quetsach.web.office.letters.events import course_of
from quetsach.web.office.letters.links import LinkError, dispatch_of, token_of
from quetsach.web.office.letters.models import Dispatch
from quetsach.web.office.letters.selectors import children_without
from quetsach.web.office.letters.sending import Hand, dispatch_forward
from quetsach.web.office.letters.views.answer import pdf_answer
from quetsach.web.office.letters.views.writing import file_answer
from quetsach.web.office.people.access import today
from quetsach.web.office.returns.selectors.owed import owed_by
from quetsach.web.office.returns.services.link import link_from_letter
from quetsach.web.office.returns.services.link import token_of as return_token_of

HAND = Hand(None, "link")
REPORT_DAYS = 30
"""How long the link to a return lives that was made from the link to a letter."""


@require_http_methods(["GET", "HEAD", "POST"])
def letter_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show the letter and what can be done, or do it."""
    now = datetime.now(UTC)
    try:
        dispatch = dispatch_of(token, now=now)
    except LinkError as error:
        return _refused(request, error)
    fault = ""
    if request.method == "POST" and request.POST.get("act") == "report":
        return _report(request, dispatch, now)
    if request.method == "POST":
        try:
            _ACTS.get(request.POST.get("act", ""), _nothing)(request, dispatch, now)
        except LetterError as error:
            fault = error.what
        else:
            return redirect("letter-link", token=token_of(dispatch))
    page = {
        "dispatch": dispatch,
        "letter": dispatch.letter,
        "course": course_of(dispatch),
        "children": children_without(dispatch, day=today(now)),
        "owed": owed_by(dispatch.to_unit, campaign=dispatch.letter.campaign, now=now),
        "fault": fault,
        "token": token,
        "attachments": dispatch.letter.attachments.order_by("name"),
    }
    return _private(render(request, "office/letters/link.html", page, status=400 if fault else 200))


@require_POST
def letter_pdf(request: HttpRequest, token: str) -> HttpResponse:
    """Hand out the unit's copy and note that it was opened."""
    now = datetime.now(UTC)
    try:
        dispatch = dispatch_of(token, now=now)
    except LinkError as error:
        return _refused(request, error)
    content = own_copy(dispatch)
    dispatch_open(dispatch=dispatch, hand=HAND, now=now)
    return _private(pdf_answer(content, dispatch.letter.number_sign))


@require_POST
def letter_file(request: HttpRequest, token: str, number: int) -> HttpResponse:
    """Hand out a file that goes with the letter and note that the letter was opened."""
    now = datetime.now(UTC)
    try:
        dispatch = dispatch_of(token, now=now)
    except LinkError as error:
        return _refused(request, error)
    answer = file_answer(get_object_or_404(dispatch.letter.attachments, pk=number))
    dispatch_open(dispatch=dispatch, hand=HAND, now=now)
    return _private(answer)


def _acknowledge(_request: HttpRequest, dispatch: Dispatch, now: datetime) -> None:
    dispatch_acknowledge(dispatch=dispatch, hand=HAND, now=now)


def _refuse(request: HttpRequest, dispatch: Dispatch, now: datetime) -> None:
    dispatch_refuse(dispatch=dispatch, reason=request.POST.get("reason", ""), hand=HAND, now=now)


def _forward(request: HttpRequest, dispatch: Dispatch, now: datetime) -> None:
    note = request.POST.get("note", "")
    dispatch_forward(dispatch=dispatch, units=children_without(dispatch, day=today(now)), note=note, hand=HAND, now=now)


def _report(request: HttpRequest, dispatch: Dispatch, now: datetime) -> HttpResponse:
    """Lead from the letter to the unit's return: whoever holds the one link may have the other."""
    owed = {str(p.pk): p for p in owed_by(dispatch.to_unit, campaign=dispatch.letter.campaign, now=now)}
    period = owed.get(request.POST.get("period", ""))
    if period is None:
        return redirect("letter-link", token=token_of(dispatch))
    link = link_from_letter(period=period, unit=dispatch.to_unit, days=REPORT_DAYS, now=now)
    return redirect("return-link", token=return_token_of(link))


def _nothing(_request: HttpRequest, _dispatch: Dispatch, _now: datetime) -> None:
    raise LetterError(_("this form is not known"))


_ACTS: dict[str, Callable[[HttpRequest, Dispatch, datetime], None]] = {
    "acknowledge": _acknowledge,
    "refuse": _refuse,
    "forward": _forward,
}


def _refused(request: HttpRequest, error: LinkError) -> HttpResponse:
    status = 410 if error.is_over else 404
    return _private(render(request, "office/letters/link_refused.html", {"is_over": error.is_over}, status=status))


def _private(response: HttpResponse) -> HttpResponse:
    """The address of this page is a key: nobody keeps the page, no one is told the address."""
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response
