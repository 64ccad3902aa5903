"""Pages of decisions, of the baseline and of the evaluation; each is shown whole before it is asked for."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from quetsach.campaign.authority import Permission
from quetsach.campaign.schedule.decision import DecisionKind, decision_days
from quetsach.web.office.campaigns.forms import KIND_TITLES, RECORDED_BY_HAND, BaselineForm, DecisionForm
from quetsach.web.office.campaigns.selectors.botnets import botnet_figures, own_rankings
from quetsach.web.office.campaigns.selectors.decisions import asked_decisions, awaited_subjects, baseline_standing
from quetsach.web.office.campaigns.selectors.evaluations import (
    evaluation_of,
    evaluation_paper,
    evaluation_zip,
    evaluations_of,
    needs_of,
)
from quetsach.web.office.campaigns.services.baseline import baseline_ask, baseline_carry_out
from quetsach.web.office.campaigns.services.decisions import decision_ask, decision_carry_out, decision_draft
from quetsach.web.office.campaigns.services.steps import MOST_KEPT, evaluation_ask
from quetsach.web.office.campaigns.views.campaigns import attachment, opened, page
from quetsach.web.office.people.access import may_do, require
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.plans.selectors import decisions_of
from quetsach.web.office.refusal import FlashErrors
from quetsach.web.office.tree.selectors import root_unit

# The page on which a campaign's baseline is looked at and asked to be frozen.


@require_http_methods(["GET", "HEAD", "POST"])
def baseline(request: HttpRequest, key: str) -> HttpResponse:
    """Show the baseline, its history and which feed has which days; ask that it be frozen."""
    desk, campaign = opened(request, key)
    standing = baseline_standing(campaign)
    if request.method == "POST":
        require(desk.person, Permission.RUN_CAMPAIGN, root_unit(), day=desk.day)
    if request.method == "POST" and request.POST.get("act") == "retry" and standing.not_frozen:
        with FlashErrors(request, _("The baseline is frozen.")):
            baseline_carry_out(standing.not_frozen.approval, desk.now)
        return redirect("office:campaigns:baseline", key)
    named = campaign.plan.feeds or (standing.in_force.basis.feeds if standing.in_force else ())
    form = BaselineForm(request.POST or None, initial={"feeds": "\n".join(named)})
    if form.is_valid():
        with FlashErrors(request, _("Asked. The baseline is frozen as soon as a second person agrees."), form=form):
            baseline_ask(
                campaign=campaign,
                expected=form.named(),
                accepts_gaps=form.cleaned_data["accepts_gaps"],
                reason=form.cleaned_data["reason"],
                by=desk.person,
                now=desk.now,
            )
            return redirect("office:campaigns:baseline", key)
    return page(request, "baseline", desk, {"form": form, "standing": standing}, campaign)


# Pages of decisions: the log, and writing one, which is shown whole before it is asked for.

ASKED = _("Asked. The decision is recorded as soon as a second person agrees.")


@require_http_methods(["GET", "HEAD", "POST"])
def decisions(request: HttpRequest, key: str) -> HttpResponse:
    """The log of decisions, the newest first; record one that was agreed to and is not recorded."""
    desk, campaign = opened(request, key)
    asked = asked_decisions(campaign)
    if request.method == "POST":
        require(desk.person, Permission.RUN_CAMPAIGN, root_unit(), day=desk.day)
        for one in asked:
            if one.is_granted and str(one.approval.pk) == request.POST.get("retry"):
                with FlashErrors(request, _("The decision is recorded.")):
                    decision_carry_out(one.approval, desk.now)
        return redirect("office:campaigns:decisions", key)
    shown = [(d, KIND_TITLES[d.kind]) for d in reversed(decisions_of(campaign))]
    gone = {d.supersedes: d.number for d in decisions_of(campaign) if d.supersedes}
    return page(request, "decisions", desk, {"shown": shown, "gone": gone, "asked": asked}, campaign)


@require_safe
def kinds(request: HttpRequest, key: str) -> HttpResponse:
    """What a decision can be about."""
    desk, campaign = opened(request, key, Permission.RUN_CAMPAIGN)
    return page(request, "decide", desk, {"kinds": [(kind, KIND_TITLES[kind]) for kind in RECORDED_BY_HAND]}, campaign)


@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: HttpRequest, key: str, kind: str) -> HttpResponse:
    """Write a decision down, look at it as it will stand, ask that it be recorded."""
    desk, campaign = opened(request, key, Permission.RUN_CAMPAIGN)
    if kind not in RECORDED_BY_HAND:
        raise Http404
    about = DecisionKind(kind)
    context, rows = _choice(campaign, about)
    decided_on = desk.day if desk.day in decision_days(campaign.plan.days) else None
    initial = {"decided_on": decided_on, "decided_by": str(desk.person)}
    form = DecisionForm(request.POST or None, kind=about, decisions=decisions_of(campaign), rows=rows, initial=initial)
    context["form"] = form
    step = request.POST.get("step", "")
    if form.is_valid() and step != "edit":
        with FlashErrors(request, form=form, field="others"):
            decision = decision_draft(campaign=campaign, kind=about, by=desk.person, now=desk.now, **form.written())
            if step == "ask" and request.POST.get("seen") == decision.digest:
                decision_ask(campaign=campaign, decision=decision, by=desk.person, now=desk.now)
                messages.success(request, str(ASKED))
                return redirect("office:campaigns:decisions", campaign.key)
            context |= {"decision": decision, "sent": _sent(request, form), "has_changed": step == "ask"}
            return page(request, "decide_confirm", desk, context, campaign)
    return page(request, "decide_on", desk, context, campaign)


def _choice(campaign: Campaign, kind: DecisionKind) -> tuple[dict[str, Any], Sequence[Any]]:
    """Return what the page of a kind shows, and what can be ticked on it."""
    context: dict[str, Any] = {"kind": kind, "kind_title": KIND_TITLES[kind]}
    if kind is DecisionKind.BOTNETS:
        figures = botnet_figures(campaign.plan)
        return context | {"figures": figures}, figures.rows
    if kind is DecisionKind.ISPS:
        rankings = own_rankings(campaign.plan)
        return context | {"rankings": rankings}, rankings.isps if rankings else ()
    return context, awaited_subjects(campaign) if kind is DecisionKind.OTHER else ()


def _sent(request: HttpRequest, form: DecisionForm) -> list[tuple[str, str]]:
    return [(name, value) for name in form.fields for value in request.POST.getlist(name)]


# Pages of a campaign's evaluation: what it stands on, asking for it, and what was made.


@require_http_methods(["GET", "HEAD", "POST"])
def evaluation(request: HttpRequest, key: str) -> HttpResponse:
    """Show what was made and what it would stand on now; ask for a new one."""
    desk, campaign = opened(request, key)
    if request.method == "POST":
        with FlashErrors(request, _("Asked. It is made in some minutes, behind the pages: look here again.")):
            evaluation_ask(campaign=campaign, by=desk.person, now=desk.now)
        return redirect("office:campaigns:evaluation", key)
    runs = evaluations_of(campaign)
    context = {
        "runs": runs,
        "under_way": next((one.run for one in runs if one.run.is_under_way), None),
        "needs": needs_of(campaign, day=desk.day),
        "may_ask": may_do(desk.person, Permission.PUBLISH_NUMBERS, root_unit(), day=desk.day),
        "most_kept": MOST_KEPT,
    }
    return page(request, "evaluation", desk, context, campaign)


@require_safe
def evaluation_files(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """All files of one evaluation."""
    _desk, campaign = opened(request, key)
    run = evaluation_of(campaign, number)
    content = evaluation_zip(run) if run else None
    if content is None:
        raise Http404
    return attachment(content, "application/zip", f"{campaign.key}-{number}.zip")


@require_safe
def evaluation_pdf(request: HttpRequest, key: str, number: int, language: str) -> HttpResponse:
    """The paper of one evaluation in a language."""
    _desk, campaign = opened(request, key)
    run = evaluation_of(campaign, number)
    content = evaluation_paper(run, f"evaluation.{language}.pdf") if run else None
    if content is None:
        raise Http404
    return attachment(content, "application/pdf", f"{campaign.key}-{number}.{language}.pdf")
