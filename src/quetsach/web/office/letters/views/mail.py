"""The mail: how far the queue is, and what a person has to look after."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from quetsach.web.office.letters.selectors import letters as selectors
from quetsach.web.office.letters.services.settle import (
    letter_handed_over,
    message_retry,
    message_settle,
)
from quetsach.web.office.mail.models import MessageState
from quetsach.web.office.people.current_user import CurrentUser
from quetsach.web.office.refusal import Telling

PAGE = 50


@require_safe
def mail(request: HttpRequest) -> HttpResponse:
    """Counts of the queue, and the messages that failed or are uncertain."""
    visitor = CurrentUser.of(request)
    counts = selectors.mail_counts(visitor.person, day=visitor.day)
    page = Paginator(selectors.mail_in_trouble(visitor.person, day=visitor.day), PAGE).get_page(request.GET.get("page"))
    context = {"counts": [(state.value, counts[state]) for state in MessageState], "page": page, "tab": "mail"}
    return render(request, "office/letters/mail.html", context)


@require_POST
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Decide about one message."""
    visitor = CurrentUser.of(request)
    message = get_object_or_404(selectors.mail_visible(visitor.person, day=visitor.day), pk=pk)
    act = request.POST.get("act", "")
    by, now = visitor.person, visitor.now
    if act in ("was-sent", "send"):
        with Telling(request, _("Noted.")):
            message_settle(message=message, was_sent=act == "was-sent", by=by, now=now)
    elif act == "retry":
        with Telling(request, _("It is sent once more.")):
            message_retry(message=message, by=by, now=now)
    elif act == "handed-over":
        how = request.POST.get("how", "")
        with Telling(request, _("Noted.")):
            letter_handed_over(message=message, how=how, by=by, now=now)
    return redirect("office:letters:mail")
