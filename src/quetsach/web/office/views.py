"""The dashboard: what waits for somebody, by room, each counted by one selector of its room."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from quetsach.campaign.authority import Permission, scope
from quetsach.campaign.returns.state import ReturnStatus
from quetsach.web.limits import is_office
from quetsach.web.office.approvals.selectors import waiting_for as approvals_waiting_for
from quetsach.web.office.campaign_status import status_of
from quetsach.web.office.figures.selectors import figures_not_out, figures_to_ask_for
from quetsach.web.office.helpdesk.selectors import state_counts
from quetsach.web.office.letters.selectors.answers import unanswered
from quetsach.web.office.letters.selectors.letters import (
    mail_in_trouble,
    own_keys_to_renew,
)
from quetsach.web.office.operation.selectors import Step, first_steps
from quetsach.web.office.packs.selectors import is_anything_waiting
from quetsach.web.office.people.access import current_person, duties_of, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.people.selectors import kept_form_count, to_vouch_for
from quetsach.web.office.returns.selectors.owing import owed_of, submitted_below
from quetsach.web.portal.views import error

# What waits for somebody, by room: counted when the dashboard is opened, each by one selector of its room.


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something to do: what, how many, where, and whether another person's work waits for the decision."""

    title: str | Promise
    count: int
    url: str
    is_decision: bool = False


@dataclass(frozen=True, slots=True)
class Dashboard:
    """What a person finds: what is to be decided, what else waits, and the first steps of a centre still to be taken.

    ``steps`` are all of them while one is open, done ones too, for whoever runs the centre; else none.
    """

    to_decide: tuple[Waiting, ...]
    to_do: tuple[Waiting, ...]
    steps: tuple[Step, ...] = ()

    @property
    def waiting(self) -> tuple[Waiting, ...]:
        """All that waits."""
        return self.to_decide + self.to_do


def dashboard_of(person: Person, *, now: datetime) -> Dashboard:
    """Return what waits for a person; nothing that there is none of."""
    day = today(now)
    waiting = [one for one in _all_of(person, now) if one.count]
    runs = bool(scope(duties_of(person, day=day), Permission.RUN_CAMPAIGN))
    steps = first_steps(day=day, now=now) if runs else ()
    return Dashboard(
        tuple(one for one in waiting if one.is_decision),
        tuple(one for one in waiting if not one.is_decision),
        () if all(step.is_done for step in steps) else steps,
    )


def _all_of(person: Person, now: datetime) -> Iterator[Waiting]:
    day = today(now)
    duties = duties_of(person, day=day)
    yield Waiting(
        _("Approvals to decide"),
        approvals_waiting_for(person, day=day).count(),
        reverse("office:approvals:list"),
        is_decision=True,
    )
    yield Waiting(
        _("Forms kept for you, not saved yet"),
        kept_form_count(person, now=now),
        reverse("office:people:kept-forms"),
    )
    vouching = to_vouch_for(person, day=day)
    yield Waiting(_("People to vouch for"), vouching, reverse("office:people:list"), is_decision=True)
    yield Waiting(_("Letters to acknowledge"), unanswered(person, day=day), reverse("office:letters:inbox"))
    yield Waiting(
        _("Mail that did not get through"), mail_in_trouble(person, day=day).count(), reverse("office:letters:mail")
    )
    to_renew = own_keys_to_renew(person, now=now)
    yield Waiting(_("Signing keys to be renewed"), len(to_renew), reverse("office:letters:list"))
    owed = owed_of(person, now=now)
    sent_back = sum(one.standing is ReturnStatus.SENT_BACK for one in owed)
    yield Waiting(_("Returns that were sent back to you"), sent_back, reverse("office:returns:list"))
    yield Waiting(_("Returns to write"), len(owed) - sent_back, reverse("office:returns:list"))
    submitted = submitted_below(person, day=day)
    yield Waiting(_("Returns to decide on"), submitted, reverse("office:returns:list"), is_decision=True)
    if scope(duties, Permission.ANSWER_CASES):
        count = state_counts(person, day=day)["to-do"]
        yield Waiting(_("Cases to answer"), count, reverse("office:helpdesk:list"))
    if scope(duties, Permission.PUBLISH_NUMBERS):
        figures = reverse("office:figures:figures")
        yield Waiting(_("New figures to ask for"), figures_to_ask_for(), figures, is_decision=True)
        yield Waiting(_("Figures agreed to, not out yet"), figures_not_out(), figures)
    if scope(duties, Permission.PUBLISH_PACKS):
        yield Waiting(
            _("Packs to publish"), int(is_anything_waiting()), reverse("office:packs:packs"), is_decision=True
        )


# The dashboard: the first page of the office.


def failed(status: int) -> Callable[..., HttpResponse]:
    """Return the view that explains one kind of failure: inside the office in its own page, else in the public one."""
    public = error(status)

    def view(request: HttpRequest, *arguments: object, **named: object) -> HttpResponse:
        if is_office(request.path):
            return render(request, "office/error.html", {"status": status}, status=status)
        return public(request, *arguments, **named)

    return view


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """What waits for the person who is signed in, and how the campaign that runs stands."""
    person, now = current_person(request), datetime.now(UTC)
    context = {"dashboard": dashboard_of(person, now=now), "campaign": status_of(person, day=today(now))}
    return render(request, "office/dashboard.html", context)
