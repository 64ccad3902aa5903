"""Plays the story once: through the services, as people would do it, at the times of 2020."""

from datetime import date

from django.conf import settings
from django.db import transaction

from quetsach.campaign.errors import ScheduleError
from quetsach.campaign.schedule.decision import DecisionKind
from quetsach.centre.errors import BaselineError
from quetsach.core.period import Period
from quetsach.web.office.campaigns.selectors.boards import frozen_baseline
from quetsach.web.office.campaigns.selectors.decisions import baseline_subject, decision_subject
from quetsach.web.office.campaigns.services.baseline import baseline_ask
from quetsach.web.office.campaigns.services.decisions import decision_ask, decision_draft
from quetsach.web.office.campaigns.services.plans import campaign_begin, plan_move
from quetsach.web.office.campaigns.services.steps import gate_ask
from quetsach.web.office.demonstration.scenes import Cast, at, grant, hire, send_letters, send_returns, story
from quetsach.web.office.plans.models import Campaign


def is_played() -> bool:
    """Whether the demonstration's campaign is there; it comes with everything else or not at all."""
    return Campaign.objects.filter(key=settings.COUNTRY.demonstration).exists()


@transaction.atomic
def demonstration_office(*, campaign: bytes, form: bytes) -> bool:
    """Fill an office whose units are loaded and in which this campaign does not exist; all of it or nothing.

    Call it after the lake is filled and the repository published: the baseline is frozen from the lake, and the gate of
    the middle phase wants packs. Where they are missing the gate stays shut, and the office shows why.

    Args:
        campaign: its ``campaign.toml``.
        form: the form of the returns, ``unit-return-1.toml``.

    Returns:
        Whether anything was done.
    """
    if is_played():
        return False
    cast = hire()
    made = campaign_begin(document=campaign, by=cast["an"], now=at("2020-07-10 09:00"))
    _open(made, "before", cast, "2020-07-14 09:00", "2020-07-14 15:00")
    _freeze(made, cast)
    _decide(made, cast)
    _open(made, "during", cast, "2020-09-15 09:00", "2020-09-16 10:00")
    send_letters(made.key, cast)
    move = story()["move"]
    day: date = move["to"]
    plan_move(
        campaign=made, days={move["item"]: Period(day, day)}, reason=move["reason"], by=cast["an"], now=move["at"]
    )
    send_returns(made, form, cast)
    _open(made, "after", cast, "2020-12-15 09:00", "2020-12-15 16:00")
    return True


def _open(campaign: Campaign, phase: str, cast: Cast, asked: str, granted: str) -> None:
    try:
        passage = gate_ask(campaign=campaign, phase=phase, by=cast["an"], now=at(asked))
    except ScheduleError:
        return  # its conditions do not hold here, which the page of the campaign tells
    grant(passage.subject, cast["binh"], granted)


def _freeze(campaign: Campaign, cast: Cast) -> None:
    """Freeze the baseline, unless it was before: by people of the office, as everybody must."""
    if frozen_baseline(campaign.key) is not None:
        return
    told = story()["baseline"]
    try:
        baseline_ask(
            campaign=campaign,
            expected=told["feeds"],
            accepts_gaps=False,
            reason=told["reason"],
            by=cast["an"],
            now=told["asked"],
        )
    except BaselineError:
        return  # the lake does not hold the window, which the page of the baseline tells
    grant(baseline_subject(campaign), cast["binh"], told["granted"])


def _decide(campaign: Campaign, cast: Cast) -> None:
    told = story()["decision"]
    decision = decision_draft(
        campaign=campaign,
        kind=DecisionKind.BOTNETS,
        title=told["title"],
        grounds=told["grounds"].strip(),
        decided_on=told["on"],
        decided_by=told["by"],
        subjects=told["families"],
        supersedes=None,
        by=cast["an"],
        now=told["asked"],
    )
    passage = decision_ask(campaign=campaign, decision=decision, by=cast["an"], now=told["asked"])
    grant(decision_subject(passage), cast["binh"], told["granted"])
