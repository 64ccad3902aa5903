"""Pages about partners: what they sent and what it adds up to, apart from everything else that is counted."""

from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quetsach.campaign.authority import Permission
from quetsach.web.office.partners import selectors
from quetsach.web.office.partners.forms import DeclarationForm, PartnerForm, PeriodForm, ReportForm, TokenForm
from quetsach.web.office.partners.models import Partner
from quetsach.web.office.partners.services import partner as services
from quetsach.web.office.partners.services.intake import (
    AT_ONCE_RECORDS,
    delivery_receive,
    delivery_take_in,
)
from quetsach.web.office.partners.wording import REFUSALS
from quetsach.web.office.people.access import current_person, may_do, require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.refusal import FlashErrors
from quetsach.web.office.tree.selectors import root_unit

_FAULTS_A_PAGE = 100
_DELIVERIES_SHOWN = 20


def _open(request: HttpRequest) -> tuple[Person, datetime, dict[str, Any]]:
    """Let whoever sees the whole country in; say whether the person may change something here."""
    person, now = current_person(request), datetime.now(UTC)
    require(person, Permission.SEE, root_unit(), day=today(now))
    return person, now, {"may_run": may_do(person, Permission.RUN_CAMPAIGN, root_unit(), day=today(now))}


def _partner(key: str) -> Partner:
    return get_object_or_404(Partner, key=key)


def _period(request: HttpRequest, states: tuple[selectors.PartnerState, ...], now: datetime) -> dict[str, Any]:
    newest = max((state.newest_day for state in states if state.newest_day), default=today(now))
    form = PeriodForm(request.GET if "first" in request.GET else None)
    period = form.period(newest)
    if not form.is_bound:
        form = PeriodForm(initial={"first": period.first, "last": period.last})
    return {"period": period, "period_form": form}


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """All partners: how they stand, and their totals side by side."""
    _person, now, context = _open(request)
    states = selectors.partner_states()
    context |= _period(request, states, now)
    each, over_all = selectors.all_totals(context["period"])
    context |= {"states": states, "each": each, "over_all": over_all if len(each) > 1 else ()}
    return render(request, "office/partners/listing.html", context)


@require_safe
def partner(request: HttpRequest, key: str) -> HttpResponse:
    """One partner: totals, method, files, tokens."""
    _person, now, context = _open(request)
    found = _partner(key)
    states = tuple(state for state in selectors.partner_states() if state.partner == found)
    context |= _period(request, states, now)
    context |= {
        "partner": found,
        "totals": selectors.partner_totals(found, context["period"]),
        "places": selectors.totals_by_place(found, context["period"]),
        "declarations": [(stored, stored.method) for stored in found.declarations.order_by("-version")],
        "deliveries": found.deliveries.order_by("-pk")[:_DELIVERIES_SHOWN],
        "tokens": found.tokens.filter(revoked_at=None).order_by("pk"),
        "token_form": TokenForm(),
        "report_form": ReportForm(),
    }
    return render(request, "office/partners/partner.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Add a partner."""
    person, now, context = _open(request)
    require(person, Permission.RUN_CAMPAIGN, root_unit(), day=today(now))
    form = PartnerForm(request.POST or None)
    if form.is_valid():
        with FlashErrors(request, _("The partner was added. Next: how it counts."), form=form, words=REFUSALS):
            made = services.partner_add(**form.cleaned_data, by=person, now=now)
            return redirect("office:partners:declare", made.key)
    return render(request, "office/partners/add.html", {**context, "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def declare(request: HttpRequest, key: str) -> HttpResponse:
    """Add the next version of how a partner counts."""
    person, now, context = _open(request)
    require(person, Permission.RUN_CAMPAIGN, root_unit(), day=today(now))
    found = _partner(key)
    form = DeclarationForm(request.POST or None)
    if form.is_valid():
        version = found.declarations.count() + 1
        with FlashErrors(request, _("The declaration was added."), form=form, words=REFUSALS):
            services.declaration_add(partner=found, content=form.content(version), by=person, now=now)
            return redirect("office:partners:partner", key)
    return render(request, "office/partners/declare.html", {**context, "partner": found, "form": form})


@require_POST
def send(request: HttpRequest, key: str) -> HttpResponse:
    """Take a partner's report in as a file."""
    person, now, context = _open(request)
    found = _partner(key)
    form = ReportForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["file"]
        with FlashErrors(request, form=form, field="file", words=REFUSALS):
            delivery, is_new = delivery_receive(
                partner=found, name=file.name, chunks=file.chunks(), channel="page", by=person, now=now
            )
            if is_new and delivery.records <= AT_ONCE_RECORDS:
                delivery_take_in(delivery=delivery, now=now)
            if not is_new:
                messages.info(request, _("This file was taken in before; nothing changes."))
            return redirect("office:partners:delivery", key, delivery.pk)
    return render(request, "office/partners/send.html", {**context, "partner": found, "form": form}, status=422)


@require_safe
def delivery(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """What became of one file, and every record that was set aside."""
    _person, _now, context = _open(request)
    found = get_object_or_404(selectors.deliveries_of(key), pk=number)
    page = Paginator(found.faults.order_by("line"), _FAULTS_A_PAGE).get_page(request.GET.get("page"))
    context |= {"delivery": found, "page": page, "reasons": selectors.set_aside_counts(found)}
    return render(request, "office/partners/delivery.html", context)


@require_POST
def token(request: HttpRequest, key: str) -> HttpResponse:
    """Make a token and show it, this once."""
    person, now, context = _open(request)
    found = _partner(key)
    form = TokenForm(request.POST)
    if form.is_valid():
        with FlashErrors(request, form=form, words=REFUSALS):
            context["secret"] = services.token_make(partner=found, label=form.cleaned_data["label"], by=person, now=now)
    return render(request, "office/partners/token.html", {**context, "partner": found, "form": form})


@require_POST
def revoke(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """End a token."""
    person, now, _context = _open(request)
    found = get_object_or_404(selectors.tokens_of(key), pk=number)
    services.token_revoke(token=found, by=person, now=now)
    messages.success(request, _("The token is revoked."))
    return redirect("office:partners:partner", key)
