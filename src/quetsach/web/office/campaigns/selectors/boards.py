"""How a campaign stands: evidence for the conditions of its plan, what its letters came to, and its boards."""

import logging
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from django.conf import settings
from django.db.models import Count, Exists, OuterRef

from quetsach.assess import FrozenBaseline
from quetsach.campaign.letters.delivery_status import EventKind
from quetsach.campaign.schedule.decision import Decision as Decided
from quetsach.campaign.schedule.decision import DecisionKind, decided_botnets, in_force
from quetsach.campaign.schedule.outcome import ChainFact, LetterFact, LevelFact
from quetsach.campaign.schedule.plan import Evidence, Need
from quetsach.campaign.schedule.status import (
    Board,
    PlanStatus,
    Progress,
    Shelved,
    botnets_board,
    deployment_board,
    isps_board,
    plan_status,
    tools_board,
)
from quetsach.centre.baseline import baseline_in_force
from quetsach.centre.tables import load_families
from quetsach.core.errors import QuetsachError
from quetsach.core.text import NO_TEXT, LocalText, Number, Text
from quetsach.web.api.selectors import report_tally
from quetsach.web.office.campaigns.selectors.botnets import own_rankings
from quetsach.web.office.letters.models import Dispatch, DispatchEvent, Letter, LetterState
from quetsach.web.office.letters.selectors.distribution import levels_of
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.plans.selectors import decisions_of, steps_taken
from quetsach.web.office.reading import kept_while_read
from quetsach.web.office.returns.selectors.publication import campaigns_with_totals, returns_of
from quetsach.web.office.tree.models import UnitKind
from quetsach.web.published.family import page_of
from quetsach.web.published.selectors import offered_files, pack_of

# What a campaign's letters came to, as far as anyone may know it.

_ISSUED = (LetterState.ISSUED, LetterState.REPLACED)
_READ = (EventKind.ACKNOWLEDGED, EventKind.FORWARDED, EventKind.REPORTED)
MOST_LETTERS = 1000
"""Letters that an archive lists; covering letters of communes are beyond counting and say nothing new."""


def issued_by_the_centre(key: str) -> int:
    """Return how many letters of a campaign the centre itself has issued and not taken back."""
    return _issued_by_the_centre().get(key, 0)


@kept_while_read
def _issued_by_the_centre() -> dict[str, int]:
    issued = Letter.objects.filter(state__in=_ISSUED, unit__kind=UnitKind.CENTRE)
    return dict(issued.values_list("campaign").annotate(Count("pk")).order_by())


@kept_while_read
def letters_of(key: str) -> tuple[LetterFact, ...]:
    """Return a campaign's issued letters with how many units they went to and how many of these have read them."""
    letters = Letter.objects.filter(campaign=key, state__in=_ISSUED).order_by("issued_on", "pk")[:MOST_LETTERS]
    read = DispatchEvent.objects.filter(dispatch=OuterRef("pk"), kind__in=_READ)
    dispatches = Dispatch.objects.filter(letter__in=[letter.pk for letter in letters])
    sent = dict(dispatches.values_list("letter").annotate(Count("pk")))
    seen = dict(dispatches.filter(Exists(read)).values_list("letter").annotate(Count("pk")))
    return tuple(
        LetterFact(
            number=letter.number_sign,
            issued_on=letter.issued_on,
            issuer=letter.agency,
            subject=letter.subject,
            addressed=sent.get(letter.pk, 0),
            acknowledged=seen.get(letter.pk, 0),
        )
        for letter in letters
        if letter.issued_on
    )


def chains_of(key: str) -> tuple[ChainFact, ...]:
    """Return how the centre's letters of a campaign went down the tree; what was sent to nobody is left out."""
    letters = Letter.objects.filter(campaign=key, state__in=_ISSUED, unit__kind=UnitKind.CENTRE)
    sent = list(letters.filter(dispatches__isnull=False).distinct().order_by("issued_on", "pk"))
    levels = levels_of(sent)
    return tuple(
        ChainFact(
            number=letter.number_sign,
            issued_on=letter.issued_on,
            issuer=letter.agency,
            levels=tuple(
                LevelFact(pace.level, pace.total, pace.acknowledged, pace.half, pace.slowest)
                for pace in levels[letter.pk]
            ),
        )
        for letter in sent
        if letter.issued_on
    )


# What the centre can show for the conditions of a plan, and how the plan stands by it.
#
# Each count comes from where the thing itself is kept.

_logger = logging.getLogger("quetsach.web.office.campaigns")


def evidence_of(campaign: Campaign, decisions: Sequence[Decided]) -> Evidence:
    """Return what holds now."""
    standing = in_force(decisions)
    botnets = decided_botnets(decisions)

    def subjects(kind: DecisionKind) -> frozenset[str]:
        return frozenset(s for d in standing if d.kind is kind for s in d.subjects)

    counts = {
        Need.BASELINE_FROZEN: int(frozen_baseline(campaign.key) is not None),
        Need.BOTNETS_DECIDED: len(botnets),
        Need.ISPS_ASSESSED: len(subjects(DecisionKind.ISPS)),
        Need.PACKS_PUBLISHED: sum(pack.removes > 0 for pack in shelved(botnets).values()),
        Need.TOOL_OFFERED: int(bool(offered_files())),
        Need.LETTERS_ISSUED: issued_by_the_centre(campaign.key),
        Need.RETURNS_PUBLISHED: int(campaign.key in campaigns_with_totals()),
        Need.EVALUATION_PUBLISHED: sum(d.kind is DecisionKind.EVALUATION for d in standing),
    }
    return Evidence(counts, subjects(DecisionKind.OTHER))


def shelved(families: Sequence[str]) -> dict[str, Shelved]:
    """Return the published packs that are about these families."""
    found = {}
    for family in families:
        if pack := pack_of(family):
            page = page_of(pack, ())
            found[family] = Shelved(pack.family, page.traces, page.removed)
    return found


def frozen_baseline(key: str) -> FrozenBaseline | None:
    """Return a campaign's frozen baseline; ``None`` while it has none, or one that is damaged, which is logged."""
    data: Path | None = settings.CENTER.data
    try:
        return baseline_in_force(data, key) if data else None
    except QuetsachError as error:
        _logger.error("baseline: %s", error)  # noqa: TRY400
        return None


@kept_while_read
def standing_of(campaign: Campaign, *, day: date) -> PlanStatus:
    """Return how a campaign's plan stands on a day."""
    opened = frozenset(steps_taken(campaign))
    return plan_status(campaign.plan, day, evidence_of(campaign, decisions_of(campaign)), opened=opened)


# The boards of the middle phase, from the published figures, the shelf of packs, letters, returns and tool reports.


def boards_of(campaign: Campaign) -> tuple[Board, ...]:
    """Return the four boards as they are now."""
    decisions = decisions_of(campaign)
    botnets = decided_botnets(decisions)
    isps = [s for d in in_force(decisions) if d.kind is DecisionKind.ISPS for s in d.subjects]
    rankings, names = own_rankings(campaign.plan), _names()
    return (
        botnets_board(rankings.families if rankings else (), botnets, names),
        isps_board(rankings.isps if rankings else (), isps),
        tools_board(botnets, names, shelved(botnets)),
        deployment_board(_channels(campaign.key)),
    )


def _names() -> dict[str, LocalText]:
    return {key: LocalText(f.name, f.name) for key, f in load_families(settings.CENTER.data).families.items()}


def _channels(key: str) -> list[Progress]:
    tool = next(iter(offered_files()), None)
    letters = letters_of(key)
    channels = [
        Progress(
            "tool",
            Text("Tool offered for download"),
            int(tool is not None),
            1,
            Text("version {version}", version=tool.version) if tool else NO_TEXT,
        ),
        Progress(
            "letters",
            Text("Recipients of letters that acknowledged"),
            sum(letter.acknowledged for letter in letters),
            sum(letter.addressed for letter in letters),
            Text("{count} letter", many="{count} letters", count=Number(len(letters))),
        ),
    ]
    returns = returns_of(key)
    channels.append(
        Progress(
            "returns",
            Text("Returns approved"),
            returns.approved if returns else 0,
            returns.expected if returns else 0,
            NO_TEXT if returns else Text("not published"),
        )
    )
    tally = report_tally()
    channels.append(
        Progress(
            "reports",
            Text("Machines that sent the tool's report (voluntary)"),
            tally.installs if tally else 0,
            0,
            Text("{count} run", many="{count} runs", count=Number(tally.reports)) if tally else NO_TEXT,
            is_work=False,
        )
    )
    return channels
