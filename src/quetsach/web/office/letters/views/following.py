"""Sending a letter and following it down the tree; the register; reminders; mail that a person has to look after."""

from dataclasses import dataclass
from itertools import pairwise

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quetsach.campaign.authority import Permission
from quetsach.campaign.letters.delivery_status import Funnel, Stage
from quetsach.campaign.letters.letter import missing_numbers
from quetsach.web.office.letters.content import header_of
from quetsach.web.office.letters.models import PublishedLetters
from quetsach.web.office.letters.selectors import letters as selectors
from quetsach.web.office.letters.selectors.distribution import branches_of, distribution_of, tree_day
from quetsach.web.office.letters.services.acknowledge import letter_handed_over, message_retry, message_settle
from quetsach.web.office.letters.services.issue import register_continue
from quetsach.web.office.letters.services.remind import POLICY, reminders_plan
from quetsach.web.office.letters.services.send import letter_send
from quetsach.web.office.letters.views.received import tell_sending
from quetsach.web.office.mail.models import MessageState
from quetsach.web.office.people.access import CurrentUser, may_do, require
from quetsach.web.office.refusal import FlashErrors
from quetsach.web.office.tree.models import Unit
from quetsach.web.office.tree.selectors import position_of

# Sending a letter and following it down the tree; the register; reminders.

STAGES = tuple(stage for stage in Stage if stage is not Stage.WAITING)


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a funnel: a stage, how many reached it, their share in percent, how many fewer than before.

    Fewer need not be a loss: a unit with none below it has nobody to pass a letter on to.
    """

    stage: str
    number: int
    percent: float
    fewer: int


def bars(counts: Funnel) -> list[Bar]:
    """Return a funnel as lines."""
    numbers = [counts.total, *(counts.reached[stage] for stage in STAGES)]
    return [
        Bar(stage.name.lower(), number, counts.percent(stage), before - number)
        for stage, (before, number) in zip(STAGES, pairwise(numbers), strict=True)
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def send(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose whom an issued letter goes to."""
    visitor = CurrentUser.of(request)
    letter = selectors.letter_visible(visitor.person, pk, day=visitor.day)
    require(visitor.person, Permission.ISSUE_LETTER, letter.unit, day=visitor.day)
    if request.method == "POST":
        chosen = selectors.audience_units(letter.unit, request.POST.getlist("to"), day=visitor.day)
        if not chosen:
            messages.error(request, _("Nobody was chosen."))
            return redirect("office:letters:send", pk)
        with FlashErrors(request):
            tell_sending(request, letter_send(letter=letter, units=chosen, by=visitor.person, now=visitor.now))
            return redirect("office:letters:progress", pk)
    context = {
        "letter": letter,
        "audiences": selectors.audiences_of(letter.unit, day=visitor.day),
        "sent": letter.dispatches.count(),
        "tab": "letters",
    }
    return render(request, "office/letters/send.html", context)


@require_safe
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a letter has come below a unit: funnel, times of the levels, and the units directly below."""
    visitor = CurrentUser.of(request)
    if key := request.GET.get("unit", ""):
        unit = get_object_or_404(Unit, key=key)
    else:
        unit = selectors.letter_visible(visitor.person, pk, day=visitor.day).unit
    letter = selectors.letter_within_sight(visitor.person, pk, unit, day=visitor.day)
    position = position_of(unit, tree_day(letter))
    cascade = distribution_of(letter, below=unit)
    only = request.GET.get("only", "")
    branches = branches_of(letter, unit)
    if only == "pending":
        branches = [b for b in branches if (b.course and b.course.is_pending) or b.below.waiting]
    context = {
        "letter": letter,
        "unit": unit,
        "above": position.parent if position and unit != letter.unit else None,
        "cascade": cascade,
        "bars": bars(cascade.funnel),
        "queued": selectors.queued_for_mail(letter) if unit == letter.unit else 0,
        "levels": [(level, cascade.names.get(level.slowest_unit, "")) for level in cascade.levels],
        "branches": branches,
        "only": only,
        "plan": reminders_plan(letter, now=visitor.now) if letter.due and unit == letter.unit else None,
        "policy": POLICY,
        "is_published": selectors.is_published(letter.campaign),
        "may_see_letter": may_do(visitor.person, Permission.SEE, letter.unit, day=visitor.day),
        "tab": "letters",
    }
    return render(request, "office/letters/progress.html", context)


@require_safe
def published(request: HttpRequest, campaign: str) -> HttpResponse:
    """How long the letters of an earlier campaign were on their way, as far as they were published."""
    found = get_object_or_404(PublishedLetters, campaign=campaign)
    return render(request, "office/letters/published.html", {"chains": found.chains, "tab": "letters"})


@require_safe
def exchange(request: HttpRequest, pk: int) -> JsonResponse:
    """What a packet of the exchange of documents needs to know of an issued letter."""
    visitor = CurrentUser.of(request)
    letter = selectors.letter_visible(visitor.person, pk, day=visitor.day)
    if not letter.is_issued:
        raise Http404
    header = header_of(letter, selectors.receivers_of(letter))
    return JsonResponse(header.as_json(), json_dumps_params={"ensure_ascii": False})


@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """A unit's register of outgoing letters of a year; one that began on paper is gone on with."""
    visitor = CurrentUser.of(request)
    if request.method == "POST":
        _continue_register(request, visitor)
    units = selectors.own_units(visitor.person, Permission.SEE, day=visitor.day)
    key = request.POST.get("unit") or request.GET.get("unit") or (units[0].key if units else "")
    unit = get_object_or_404(Unit, key=key)
    require(visitor.person, Permission.SEE, unit, day=visitor.day)
    years = selectors.register_years(unit) or [visitor.day.year]
    chosen = request.GET.get("year", "")
    year = int(chosen) if chosen.isascii() and chosen.isdigit() and int(chosen[:5]) in years else years[0]
    letters = list(selectors.register_of(unit, year))
    context = {
        "unit": unit,
        "units": units,
        "year": year,
        "years": years,
        "letters": letters,
        "may_continue": not letters
        and year == visitor.day.year
        and may_do(visitor.person, Permission.ISSUE_LETTER, unit, day=visitor.day),
        "book": selectors.register_book(unit, year),
        "missing": missing_numbers(letter.number for letter in letters if letter.number),
        "tab": "register",
    }
    return render(request, "office/letters/register.html", context)


def _continue_register(request: HttpRequest, visitor: CurrentUser) -> None:
    unit = get_object_or_404(Unit, key=request.POST.get("unit", ""))
    typed = request.POST.get("last", "")
    last = int(typed[:9]) if typed.isascii() and typed.isdigit() else -1
    with FlashErrors(request, _("The next letter gets the number after it.")):
        register_continue(unit=unit, year=visitor.day.year, last=last, by=visitor.person, now=visitor.now)


# The mail: how far the queue is, and what a person has to look after.

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
        with FlashErrors(request, _("Noted.")):
            message_settle(message=message, was_sent=act == "was-sent", by=by, now=now)
    elif act == "retry":
        with FlashErrors(request, _("It is sent once more.")):
            message_retry(message=message, by=by, now=now)
    elif act == "handed-over":
        how = request.POST.get("how", "")
        with FlashErrors(request, _("Noted.")):
            letter_handed_over(message=message, how=how, by=by, now=now)
    return redirect("office:letters:mail")
